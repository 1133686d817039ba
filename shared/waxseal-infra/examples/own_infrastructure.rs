//! `cargo run --profile ci -p waxseal-infra --example own_infrastructure`: an application that uses every
//! extension point of its infrastructure, one service for each. It writes the templates into
//! `tests/examples`, where the linters read them.

use std::{error::Error, path::PathBuf};

use serde_json::json;
use waxseal::{Channel, Declared, catalog::Entry};
use waxseal_catalog::{App, Architecture, Deployed, Entrance, HttpRoute, Secret, Statement};
use waxseal_infra::{check, templates, write};

/// A service with one command.
fn service(name: &'static str, command: &'static str) -> Deployed {
    let command = Declared::new(command, name, Channel::Queue(name));
    Deployed::of_catalog(name, vec![Entry::new(name, "handle", command, &[])])
}

/// Permissions beside those that follow from its messages.
fn permissions() -> Deployed {
    service("permit", "read-form")
        .statement(Statement::allow(["s3:GetObject"]).on(["arn:${AWS::Partition}:s3:::prices-${Stage}/*"]))
        .statement(
            Statement::allow(["textract:AnalyzeDocument"]).on_everything("Textract knows no resources"),
        )
        .statement(
            Statement::allow(["ses:SendEmail"])
                .on(["arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/example.org"])
                .when(json!({ "StringEquals": { "ses:FromAddress": "shop@example.org" } })),
        )
}

/// Secrets that are read at init.
fn secrets() -> Deployed {
    let token = Secret::manager("GATEWAY_TOKEN", "own/${Stage}/gateway", "the token of the gateway");
    let login = Secret::parameter("SMTP_LOGIN", "/own/${Stage}/smtp", "user and password of the mail server");
    service("secret", "charge-card").secret(token.key("alias/own-${Stage}")).secret(login)
}

/// A network that each stage brings.
fn network() -> Deployed {
    service("inside", "book-entry").in_vpc()
}

/// Layers, another processor, memory and storage.
fn parts() -> Deployed {
    let insights =
        "arn:${AWS::Partition}:lambda:${AWS::Region}:580247275435:layer:LambdaInsightsExtension:53";
    let scans = service("scan", "scan-page").layer(insights).architecture(Architecture::X86_64);
    scans.memory(1024).storage(2048)
}

/// Ready instances behind an alias, and routes of the entrance that lead there.
fn ready() -> Deployed {
    let health = HttpRoute::public("GET /health");
    service("ready", "place-order")
        .provisioned(2)
        .route("POST /orders")
        .route("GET /orders/{id}")
        .route(health)
}

/// A function URL on an alias.
fn url() -> Deployed {
    let mut url = service("link", "shorten-link").provisioned(1);
    url.answers_http = true;
    url
}

/// A change of the finished template, for what no method says.
fn hook() -> Deployed {
    service("hooked", "index-page").template(|template| {
        template["Resources"]["Table"]["Properties"]["ContributorInsightsSpecification"] =
            json!({ "Enabled": true });
        template["Resources"]["Search"] = json!({
            "Type": "AWS::SSM::Parameter",
            "Properties": { "Type": "String", "Value": { "Fn::GetAtt": ["Table", "Arn"] } },
        });
    })
}

/// One entrance for callers with a token.
fn entrance() -> Entrance {
    Entrance::new().jwt().throttle(50, 100).header("x-customer", "$context.authorizer.claims.sub")
}

/// The application.
pub(crate) fn app() -> App {
    let services = [permissions(), secrets(), network(), parts(), ready(), url(), hook()];
    let mut app = services.into_iter().fold(App::new("own").entrance(entrance()), App::service);
    "cargo run --profile ci -p waxseal-infra --example own_infrastructure".clone_into(&mut app.command);
    app
}

/// The folder of its templates.
pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/examples")
}

fn main() -> Result<(), Box<dyn Error>> {
    let stacks = templates(&app())?;
    assert_eq!(check(&app(), &stacks), []);
    for (file, what) in write(&stacks, &folder())? {
        println!("{file}: {what}, written");
    }
    Ok(())
}

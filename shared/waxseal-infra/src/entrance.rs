//! The entrance of an application: one HTTP API, in the stack that all services share.
//!
//! The API lies there, and each service adds its routes. So services never wait for each other's stacks.
//! A stage may take function URLs instead: LocalStack knows no HTTP APIs.

use serde_json::{Value, json};
use waxseal_catalog::{App, Entrance};

use crate::names::{self, attribute, named, reference, sub, tag_map};

/// Holds where a stage has the API.
pub(crate) const HAS_API: &str = "HasApi";
/// Holds where it has function URLs instead.
pub(crate) const HAS_URL: &str = "HasUrl";
/// The parameter that says which.
const PARAMETER: &str = "HttpEntrance";

/// The export of the API's id.
pub(crate) fn export_name(app: &App) -> String {
    named(app, "bus-api")
}

/// The export of its authorizer's id.
pub(crate) fn authorizer_export(app: &App) -> String {
    named(app, "bus-api-authorizer")
}

/// The parameter that says whether a stage has the API or function URLs.
pub(crate) fn parameter() -> (String, Value) {
    let parameter = json!({
        "Type": "String",
        "Default": "api",
        "AllowedValues": ["api", "url"],
        "Description": "What callers reach: the application's HTTP API, or a URL of each function where there is no such API",
    });
    (PARAMETER.to_owned(), parameter)
}

/// The condition of what is there with the API alone.
pub(crate) fn has_api() -> (String, Value) {
    (HAS_API.to_owned(), is("api"))
}

/// The condition of what is there without it alone.
pub(crate) fn has_url() -> (String, Value) {
    (HAS_URL.to_owned(), is("url"))
}

fn is(what: &str) -> Value {
    json!({ "Fn::Equals": [reference(PARAMETER), what] })
}

/// The parameters of the bus's stack for it.
pub(crate) fn parameters(entrance: &Entrance) -> Vec<(String, Value)> {
    let mut all = vec![parameter()];
    if entrance.jwt {
        let about = "JWT_ISSUER, the issuer of the callers' tokens, such as https://login.example.org/";
        all.push((
            "JwtIssuer".to_owned(),
            json!({ "Type": "String", "AllowedPattern": "^https://.+$", "Description": about }),
        ));
        let about = "JWT_AUDIENCE, the audiences that a token may be for, comma-separated";
        all.push(("JwtAudience".to_owned(), json!({ "Type": "CommaDelimitedList", "Description": about })));
    }
    all
}

/// The resources of the bus's stack for it.
pub(crate) fn resources(app: &App, entrance: &Entrance) -> Vec<(&'static str, Value)> {
    let mut all = vec![
        (
            "Api",
            json!({
                "Type": "AWS::ApiGatewayV2::Api",
                "Condition": HAS_API,
                "Properties": {
                    "Name": sub(named(app, "api")),
                    "ProtocolType": "HTTP",
                    "Tags": tag_map(&app.name, "bus"),
                },
            }),
        ),
        (
            "ApiLogs",
            json!({
                "Type": "AWS::Logs::LogGroup",
                "Condition": HAS_API,
                "DeletionPolicy": "Delete",
                "UpdateReplacePolicy": "Delete",
                "Properties": {
                    // Groups of that name share one policy, which has a limit otherwise. Source: CloudWatch
                    // Logs user guide, "Log group resource policy size limit considerations".
                    "LogGroupName": sub(format!("/aws/vendedlogs/{}", named(app, "api"))),
                    "RetentionInDays": app.retention.logs,
                    "Tags": names::tags(&app.name, "bus"),
                },
            }),
        ),
        ("ApiStage", stage(app, entrance)),
    ];
    if entrance.jwt {
        all.push(("ApiAuthorizer", authorizer()));
    }
    all
}

/// The outputs of the bus's stack for it.
pub(crate) fn outputs(app: &App, entrance: &Entrance) -> Vec<(String, Value)> {
    let export = |value: Value, name: String| json!({ "Condition": HAS_API, "Value": value, "Export": { "Name": sub(name) } });
    let url = json!({ "Condition": HAS_API, "Value": attribute("Api", "ApiEndpoint") });
    let mut all =
        vec![("ApiId".to_owned(), export(reference("Api"), export_name(app))), ("ApiUrl".to_owned(), url)];
    if entrance.jwt {
        let id = attribute("ApiAuthorizer", "AuthorizerId");
        all.push(("ApiAuthorizerId".to_owned(), export(id, authorizer_export(app))));
    }
    all
}

/// The stage of the API: every change of a route is deployed, and what is too much is refused.
pub(crate) fn stage(app: &App, entrance: &Entrance) -> Value {
    // No query, no header and no body: they may hold personal data.
    let line = json!({
        "requestId": "$context.requestId",
        "time": "$context.requestTime",
        "route": "$context.routeKey",
        "status": "$context.status",
        "latency": "$context.responseLatency",
        "error": "$context.error.message",
        "integrationError": "$context.integrationErrorMessage",
    });
    json!({
        "Type": "AWS::ApiGatewayV2::Stage",
        "Condition": HAS_API,
        "Properties": {
            "ApiId": reference("Api"),
            // Without a name in the path: handlers see the paths of their routes.
            "StageName": "$default",
            "AutoDeploy": true,
            "DefaultRouteSettings": {
                "ThrottlingRateLimit": entrance.rate,
                "ThrottlingBurstLimit": entrance.burst,
                "DetailedMetricsEnabled": true,
            },
            "AccessLogSettings": { "DestinationArn": attribute("ApiLogs", "Arn"), "Format": line.to_string() },
            "Tags": tag_map(&app.name, "bus"),
        },
    })
}

/// The authorizer: a token of the stage's issuer, for one of its audiences.
pub(crate) fn authorizer() -> Value {
    json!({
        "Type": "AWS::ApiGatewayV2::Authorizer",
        "Condition": HAS_API,
        "Properties": {
            "ApiId": reference("Api"),
            "Name": "jwt",
            "AuthorizerType": "JWT",
            "IdentitySource": ["$request.header.Authorization"],
            "JwtConfiguration": { "Issuer": reference("JwtIssuer"), "Audience": reference("JwtAudience") },
        },
    })
}

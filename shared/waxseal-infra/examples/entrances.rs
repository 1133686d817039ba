//! `cargo run --profile ci -p waxseal-infra --example entrances`: one application behind a REST API, and the same
//! behind a load balancer. It writes the templates into `tests/examples`, where the linters read them.

use std::{error::Error, path::PathBuf};

use waxseal::{Channel, Declared, catalog::Entry};
use waxseal_catalog::{App, Deployed, Entrance, HttpRoute};
use waxseal_infra::{check, templates, write};

/// A service with one command, and ready instances or none.
fn service(name: &'static str, command: &'static str, provisioned: u32) -> Deployed {
    let command = Declared::new(command, name, Channel::Queue(name));
    Deployed::of_catalog(name, vec![Entry::new(name, "handle", command, &[])]).provisioned(provisioned)
}

/// Two services behind an entrance. An API finds the most exact route itself, and its routes have no priorities.
fn behind(name: &'static str, entrance: Entrance, routes: [HttpRoute; 4]) -> App {
    let [place, show, health, scan] = routes;
    let orders = service("orders", "place-order", 1).route(place).route(show).route(health);
    let mut app = App::new(name)
        .entrance(entrance)
        .service(orders)
        .service(service("scan", "scan-page", 0).route(scan));
    "cargo run --profile ci -p waxseal-infra --example entrances".clone_into(&mut app.command);
    app
}

fn routes() -> [HttpRoute; 4] {
    [
        HttpRoute::new("POST /orders"),
        HttpRoute::new("GET /orders/{id}"),
        HttpRoute::public("GET /health"),
        HttpRoute::new("ANY /scans/{proxy+}"),
    ]
}

/// Behind a REST API, for callers with a token of a user pool.
pub(crate) fn rest_api() -> App {
    behind("rest", Entrance::rest_api().jwt().throttle(50, 100), routes())
}

/// Behind a listener that checks tokens.
pub(crate) fn load_balancer() -> App {
    let mut priority = 0;
    let numbered = routes().map(|route| {
        priority += 10;
        route.priority(priority)
    });
    behind("alb", Entrance::load_balancer().jwt(), numbered)
}

/// The folder of an application's templates.
pub(crate) fn folder(app: &App) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/examples").join(&app.name)
}

fn main() -> Result<(), Box<dyn Error>> {
    for app in [rest_api(), load_balancer()] {
        let stacks = templates(&app)?;
        assert_eq!(check(&app, &stacks), []);
        for (file, what) in write(&stacks, &folder(&app))? {
            println!("{}/{file}: {what}, written", app.name);
        }
    }
    Ok(())
}

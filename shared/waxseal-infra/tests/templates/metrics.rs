//! Metrics that a service leaves out.

use serde_json::{Value, json};
use waxseal::{Channel, Declared};
use waxseal_catalog::App;
use waxseal_infra::{check, templates};

use crate::support::service;

const PLACED: Declared = Declared::new("order.placed", "orders", Channel::Bus);
const VARIABLES: &str = "/Resources/Function/Properties/Environment/Variables";

/// `orders` counts, and `mail` does not.
fn app() -> App {
    let orders = service("orders", &[(PLACED, &[PLACED])]);
    App::new("shop").service(orders).service(service("mail", &[(PLACED, &[])]).without_metrics())
}

fn template(app: &App, stack: &str) -> Value {
    templates(app).unwrap().into_iter().find(|one| one.name == stack).unwrap().template
}

#[test]
fn a_service_without_metrics_has_no_namespace_and_no_place_on_the_dashboard() {
    let app = app();
    assert!(check(&app, &templates(&app).unwrap()).is_empty());
    let namespace = |stack| template(&app, stack).pointer(VARIABLES).unwrap()["WAXSEAL_METRICS"].clone();
    assert_eq!(namespace("orders"), json!({ "Fn::Sub": "shop-${Stage}" }));
    assert_eq!(namespace("mail"), Value::Null);

    let mut silent = app.clone();
    silent.find_mut("orders").unwrap().metrics = false;
    let board = |app: &App| template(app, "bus").to_string();
    assert!(board(&app).contains("Records handled") && !board(&silent).contains("Records handled"));
    // The dimension of `orders` is there, and that of `mail` is not.
    let counted =
        |service: &str| board(&app).replace('\\', "").contains(&format!("\"Service\",\"{service}\""));
    assert!(counted("orders") && !counted("mail"), "{}", board(&app));
}

#[test]
fn a_namespace_that_the_application_does_not_want_is_found() {
    let app = app();
    for (stack, value) in [("mail", json!({ "Fn::Sub": "shop-${Stage}" })), ("orders", Value::Null)] {
        let mut stacks = templates(&app).unwrap();
        let function = stacks.iter_mut().find(|one| one.name == stack).unwrap();
        function.template.pointer_mut(VARIABLES).unwrap()["WAXSEAL_METRICS"] = value;
        let found = check(&app, &stacks);
        assert_eq!(found.len(), 1, "{stack}: {found:?}");
        assert!(found[0].to_string().contains("WAXSEAL_METRICS is "), "{}", found[0]);
    }
}

//! A setting is changed in one place: the embedded environment, the templates and the checks follow.
#![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

use std::collections::BTreeSet;

use order_events::{Currency, PaymentRefunded};
use order_platform::DEPLOYED;
use serde_json::{Value, json};
use waxseal::Envelope;
use waxseal_catalog::{App, Deployed};
use waxseal_infra::{Stack, check, templates};
use waxseal_local::Local;

/// The platform with one service declared otherwise.
fn changed(service: &str, change: impl FnOnce(Deployed) -> Deployed) -> App {
    let mut app = infra::platform(DEPLOYED);
    let deployed = app.find_mut(service).unwrap();
    *deployed = change(deployed.clone());
    app
}

/// A property of a resource of the templates.
fn property<'a>(stacks: &'a [Stack], stack: &str, pointer: &str) -> &'a Value {
    let stack = stacks.iter().find(|one| one.name == stack).unwrap();
    stack.template["Resources"].pointer(pointer).unwrap()
}

/// The checks that templates of one application break when they are compared with another.
fn findings(app: &App, stacks: &[Stack]) -> BTreeSet<&'static str> {
    check(app, stacks).iter().map(|finding| finding.check).collect()
}

/// The application in one process, after 20 refunds, every second of them in euros.
fn after_refunds(app: &App) -> Local {
    let local = Local::builder().build();
    local.deploy(app).unwrap();
    for number in 0..20 {
        let currency: Currency = if number % 2 == 0 { "EUR" } else { "USD" }.parse().unwrap();
        let order_id = format!("o{number}");
        let refunded = PaymentRefunded { order_id, amount: 100, currency, refund_id: None };
        let event = Envelope::starting(format!("e{number}"), "payment", local.now(), refunded);
        local.put(&event.into_raw().unwrap()).unwrap();
    }
    local.run_until_idle();
    local
}

#[test]
fn the_batch_size_of_a_service_is_changed_in_one_place() {
    let (before, after) = (infra::platform(DEPLOYED), changed("analytics", |service| service.batch(1)));

    // The embedded environment: 20 records in two invocations, then in 20.
    assert_eq!(after_refunds(&before).invocations("analytics").unwrap(), 2);
    assert_eq!(after_refunds(&after).invocations("analytics").unwrap(), 20);

    // The template.
    let (old, new) = (templates(&before).unwrap(), templates(&after).unwrap());
    let batch = "/EventsMapping/Properties/BatchSize";
    assert_eq!(property(&old, "analytics", batch), 10);
    assert_eq!(property(&new, "analytics", batch), 1);

    // The check.
    assert_eq!(findings(&after, &old), BTreeSet::from(["mapping-polling"]));
    assert_eq!(findings(&after, &new), BTreeSet::new());
}

#[test]
fn the_pattern_of_a_rule_is_changed_in_one_place() {
    let pattern = json!({
        "source": ["payment"],
        "detail-type": ["payment.refunded"],
        "detail": { "data": { "currency": ["EUR"] } },
    });
    let (before, after) = (
        infra::platform(DEPLOYED),
        changed("analytics", |service| service.pattern("payment.refunded", pattern.clone())),
    );

    // The embedded environment: only every second refund is in euros.
    assert_eq!(after_refunds(&before).deliveries(), 20);
    assert_eq!(after_refunds(&after).deliveries(), 10);

    // The template.
    let (old, new) = (templates(&before).unwrap(), templates(&after).unwrap());
    let rule = "/OnPaymentRefunded/Properties/EventPattern";
    assert_eq!(
        property(&old, "analytics", rule),
        &json!({ "source": ["payment"], "detail-type": ["payment.refunded"] })
    );
    assert_eq!(property(&new, "analytics", rule), &pattern);

    // The check.
    assert_eq!(findings(&after, &old), BTreeSet::from(["catalog-routes"]));
    assert_eq!(findings(&after, &new), BTreeSet::new());
}

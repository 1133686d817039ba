//! Ticks: the rule that asks the relay of a service with timers, and what lets it in. The index of
//! timers is checked with its table.

use serde_json::{Value, json};
use waxseal_catalog::routes::{TICK_PAYLOAD, TICK_SCHEDULE};

use crate::{
    check::{
        index::{RULE, Resource, TemplateIndex, target},
        report::Report,
    },
    names::arn,
    service::timers::{OLDEST_TICK, TICK, rule_name},
};

/// Whether a resource is the rule of a service with timers.
fn is_tick(index: &TemplateIndex<'_>, rule: &Resource<'_>) -> bool {
    let has_timers = index.services().any(|service| service.name() == rule.stack && service.has_timers());
    has_timers && rule.id == TICK
}

pub(super) fn rule(index: &TemplateIndex<'_>, report: &mut Report) {
    for rule in index.of(RULE).filter(|rule| !rule.get("/ScheduleExpression").is_null()) {
        report.unless(is_tick(index, &rule), &rule, "it has a schedule, and its service has no timers");
    }
    for service in index.services().filter(|service| service.has_timers()) {
        let Some(rule) = index.within(service.name(), RULE).find(|rule| rule.id == TICK) else {
            report.stack(service.name(), format!("it has timers and no rule {TICK}"));
            continue;
        };
        let name = rule_name(index.app, service.name());
        let mut wrong = |is_right: bool, problem: String| report.unless(is_right, &rule, problem);
        wrong(rule.name("Name") == Some(&name), format!("Name is not {name}"));
        wrong(
            rule.get("/ScheduleExpression") == TICK_SCHEDULE,
            format!("ScheduleExpression is not {TICK_SCHEDULE}"),
        );
        let is_apart = rule.get("/EventBusName").is_null() && rule.get("/EventPattern").is_null();
        wrong(is_apart, "a rule with a schedule lies on the default bus and has no pattern".to_owned());
        wrong(rule.get("/State") == "ENABLED", "State is not ENABLED".to_owned());
        let mut targets = rule.get("/Targets").clone();
        let has_id = targets[0]["Id"].is_string();
        if let Some(target) = targets.get_mut(0).and_then(Value::as_object_mut) {
            target.remove("Id");
        }
        let wanted = json!([{
            "Arn": arn("Relay"),
            "Input": TICK_PAYLOAD,
            "RetryPolicy": { "MaximumEventAgeInSeconds": OLDEST_TICK, "MaximumRetryAttempts": 0 },
        }]);
        wrong(
            has_id && targets == wanted,
            format!("its target is not the relay with {TICK_PAYLOAD}, without retries"),
        );
    }
}

pub(super) fn admitted(index: &TemplateIndex<'_>, report: &mut Report) {
    const PERMISSION: &str = "AWS::Lambda::Permission";
    const RETRIES: &str = "AWS::Lambda::EventInvokeConfig";
    for service in index.services().filter(|service| service.has_timers()) {
        let Some(relay) = index.relay(service.name()) else { continue };
        let is_of_relay = |resource: &Resource<'_>| target(resource.get("/FunctionName")) == Some(relay.id);
        let may = index.within(service.name(), PERMISSION).filter(is_of_relay).any(|permission| {
            permission.get("/Action") == "lambda:InvokeFunction"
                && permission.get("/Principal") == "events.amazonaws.com"
                && permission.get("/SourceArn") == &arn(TICK)
        });
        report.unless(may, &relay, format!("{TICK} may not invoke it"));
        let stops = index.within(service.name(), RETRIES).filter(is_of_relay).any(|retries| {
            retries.get("/Qualifier") == "$LATEST"
                && retries.get("/MaximumEventAgeInSeconds") == OLDEST_TICK
                && retries.get("/MaximumRetryAttempts") == 0
        });
        report.unless(stops, &relay, "Lambda repeats its ticks");
    }
}

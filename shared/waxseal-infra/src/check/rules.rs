//! Rules of the bus, and its archive.

use serde_json::Value;

use waxseal::Bus;
use waxseal_catalog::routes::Rule;

use crate::{
    bus,
    check::{
        index::{QUEUE, Resource, TemplateIndex, list, single, target as queue_named, texts},
        report::Report,
    },
    names,
};

pub(super) fn bus(index: &TemplateIndex<'_>, report: &mut Report) {
    for rule in index.rules() {
        let given = rule.get("/EventBusName");
        for bus in buses(index, &rule) {
            let wanted = bus::name(index.app, bus).unwrap_or_default();
            report.unless(given == &wanted, &rule, format!("EventBusName is not that of {bus}"));
        }
    }
}

/// The buses of the events that a rule is for: the application's, where it is for none that is known.
fn buses(index: &TemplateIndex<'_>, rule: &Resource<'_>) -> Vec<Bus> {
    let found = single(rule.get("/EventPattern"));
    let routes = index.routes().filter(|(service, _)| *service == rule.stack);
    let rules = routes.flat_map(|(_, routes)| &routes.rules);
    let is_for = |known: &&Rule| single(&known.pattern).iter().any(|pattern| found.contains(pattern));
    let mut buses: Vec<Bus> = rules.filter(is_for).map(|known| known.bus).collect();
    buses.dedup();
    if buses.is_empty() {
        buses.push(Bus::Application);
    }
    buses
}

pub(super) fn pattern(index: &TemplateIndex<'_>, report: &mut Report) {
    for rule in index.rules() {
        for member in ["source", "detail-type"] {
            let values = list(rule.get(&format!("/EventPattern/{member}")));
            // Partners and AWS services are named by the beginning of their sources.
            let names = |value: &&Value| match member {
                "source" => {
                    value.is_string() || value["prefix"].as_str().is_some_and(|start| !start.is_empty())
                }
                _ => value.is_string(),
            };
            let named = !values.is_empty() && values.iter().all(names);
            report.unless(named, &rule, format!("EventPattern names no {member}"));
        }
    }
}

pub(super) fn enabled(index: &TemplateIndex<'_>, report: &mut Report) {
    for rule in index.rules() {
        report.unless(rule.get("/State") == "ENABLED", &rule, "State is not ENABLED");
    }
}

fn only_queue(rule: &Resource<'_>) -> Option<String> {
    let targets = list(rule.get("/Targets"));
    let [only] = targets[..] else { return None };
    let queue = rule.sibling(queue_named(&only["Arn"])?)?;
    (queue.body["Type"] == QUEUE).then(|| queue.id.to_owned())
}

pub(super) fn target(index: &TemplateIndex<'_>, report: &mut Report) {
    for rule in index.rules() {
        let id = rule.get("/Targets/0/Id").is_string();
        report.unless(
            id && only_queue(&rule).is_some(),
            &rule,
            "it has not one target with an Id, a queue of the stack",
        );
    }
}

pub(super) fn retry(index: &TemplateIndex<'_>, report: &mut Report) {
    for rule in index.rules() {
        for member in ["MaximumEventAgeInSeconds", "MaximumRetryAttempts"] {
            for target in list(rule.get("/Targets")) {
                let stated = target["RetryPolicy"][member].as_u64().is_some_and(|value| value > 0);
                report.unless(stated, &rule, format!("RetryPolicy does not state {member}"));
            }
        }
    }
}

pub(super) fn dead_letters(index: &TemplateIndex<'_>, report: &mut Report) {
    for rule in index.rules() {
        for one in list(rule.get("/Targets")) {
            let queue = queue_named(&one["DeadLetterConfig"]["Arn"]).and_then(|id| rule.sibling(id));
            let named = queue.is_some_and(|queue| index.is_dead_letters(&queue));
            report.unless(named, &rule, "DeadLetterConfig names no dead-letter queue of the stack");
        }
    }
}

pub(super) fn admitted(index: &TemplateIndex<'_>, report: &mut Report) {
    for rule in index.rules() {
        // By its name: only a rule with a name can be let in before it exists.
        let Some(name) = rule.name("Name") else {
            report.at(&rule, "it has no Name");
            continue;
        };
        // On the bus of its events: another bus is a finding of its own.
        let bus = buses(index, &rule).first().copied().unwrap_or(Bus::Application);
        let arn = names::rule_arn(&names::bus_part(&index.app.name, bus), name);
        admitted_by(index, report, &rule, "events.amazonaws.com", &arn, |queue| {
            list(rule.get("/Targets")).into_iter().any(|one| {
                [&one["Arn"], &one["DeadLetterConfig"]["Arn"]]
                    .iter()
                    .any(|arn| queue_named(arn) == Some(queue))
            })
        });
    }
}

/// Checks that the policy of every queue that `uses` selects admits `source`, and that the policy is
/// deployed before `source`.
pub(super) fn admitted_by(
    index: &TemplateIndex<'_>,
    report: &mut Report,
    sender: &Resource<'_>,
    service: &str,
    source: &Value,
    uses: impl Fn(&str) -> bool,
) {
    for queue in index.within(sender.stack, QUEUE).filter(|queue| uses(queue.id)) {
        let admitted = index.admits(&queue, service, source);
        report.unless(admitted, sender, format!("the policy of {} does not let it in", queue.id));
        let policy = index.of("AWS::SQS::QueuePolicy").find(|policy| {
            policy.stack == queue.stack
                && list(policy.get("/Queues")).iter().any(|named| queue_named(named) == Some(queue.id))
        });
        let waits = policy.is_none_or(|policy| texts(&sender.body["DependsOn"]).contains(policy.id));
        report.unless(
            waits,
            sender,
            format!("DependsOn does not name the policy of {}: events before it are lost", queue.id),
        );
    }
}

pub(super) fn archive(index: &TemplateIndex<'_>, report: &mut Report) {
    for bus in index.of("AWS::Events::EventBus") {
        let archive = index
            .within(bus.stack, "AWS::Events::Archive")
            .find(|archive| queue_named(archive.get("/SourceArn")) == Some(bus.id));
        let days = archive.and_then(|archive| archive.get("/RetentionDays").as_u64());
        let finite = days == Some(u64::from(index.app.retention.archive)) && days > Some(0);
        report.unless(
            finite,
            &bus,
            "it has no archive, or one whose RetentionDays are not the application's",
        );
    }
    for archive in index.of("AWS::Events::Archive") {
        let all = archive.get("/EventPattern").is_null();
        report.unless(all, &archive, "EventPattern leaves events out that a replay should bring back");
    }
}

//! What functions are told, and what everything carries.

use serde_json::Value;
use waxseal_catalog::app;

use super::{
    Report,
    look::{Look, QUEUE, Resource, import, list, target},
};
use crate::{
    bus,
    names::{self, TAGGED, parameter, reference, suffix},
};

const DAY: u64 = 86_400;

fn variable<'a>(function: &Resource<'a>, name: &str) -> &'a Value {
    function.get(&format!("/Environment/Variables/{name}"))
}

fn number(function: &Resource<'_>, name: &str) -> Option<u64> {
    variable(function, name).as_str().and_then(|text| text.parse().ok())
}

pub(super) fn places(look: &Look<'_>, report: &mut Report) {
    for service in look.services() {
        for function in look.functions(&service.name) {
            let queue = function.named("/Environment/Variables/WAXSEAL_DLQ_URL", QUEUE);
            let letters = queue.is_some_and(|queue| look.is_dead_letters(&queue));
            report.unless(letters, &function, "WAXSEAL_DLQ_URL is no dead-letter queue of the stack");
        }
        if let Some(function) = look.function(&service.name) {
            let own = variable(&function, "WAXSEAL_TABLE") == &reference("Table");
            report.unless(own, &function, "WAXSEAL_TABLE is not its own table");
            let handlers = number(&function, "WAXSEAL_CONCURRENCY");
            report.unless(handlers >= Some(1), &function, "WAXSEAL_CONCURRENCY is not stated");
            for outside in &service.outside {
                let told =
                    variable(&function, &outside.variable) == &reference(&parameter(&outside.variable));
                report.unless(told, &function, format!("{} is not its parameter", outside.variable));
            }
            for (name, value) in &service.environment {
                report.unless(
                    variable(&function, name) == value,
                    &function,
                    format!("{name} is not what it should be"),
                );
            }
        }
        if let Some(relay) = look.relay(&service.name) {
            let own = variable(&relay, "WAXSEAL_TABLE") == &reference("Table");
            report.unless(own, &relay, "WAXSEAL_TABLE is not its own table, which it sweeps");
            let reach = number(&relay, "WAXSEAL_SWEEP_DAYS");
            report.unless(reach >= Some(1), &relay, "WAXSEAL_SWEEP_DAYS is not stated");
            let bus = variable(&relay, "WAXSEAL_BUS") == &import(bus::export(look.app, "name"));
            report.unless(bus, &relay, "WAXSEAL_BUS is not the application's bus");
            for topic in service.emits().iter().filter_map(app::topic) {
                let name = format!("WAXSEAL_TOPIC_{}", suffix(topic));
                let told = variable(&relay, &name) == &import(bus::topic_export(look.app, topic));
                report.unless(told, &relay, format!("{name} is not the topic {topic}"));
            }
        }
    }
}

/// The queues that feed a function.
fn feeding<'a>(look: &Look<'a>, function: &Resource<'a>) -> Vec<Resource<'a>> {
    look.mappings(function).iter().filter_map(|mapping| mapping.named("/EventSourceArn", QUEUE)).collect()
}

pub(super) fn receives(look: &Look<'_>, report: &mut Report) {
    for function in look.services().filter_map(|service| look.function(&service.name)) {
        let told = number(&function, "WAXSEAL_MAX_RECEIVES");
        report.unless(told.is_some(), &function, "WAXSEAL_MAX_RECEIVES is not stated");
        for queue in feeding(look, &function) {
            let count = queue.get("/RedrivePolicy/maxReceiveCount").as_u64();
            let same = told.is_none() || count.is_none() || told == count;
            report.unless(
                same,
                &function,
                format!("WAXSEAL_MAX_RECEIVES is not the maxReceiveCount of {}", queue.id),
            );
        }
    }
}

pub(super) fn horizon(look: &Look<'_>, report: &mut Report) {
    let archive =
        look.of("AWS::Events::Archive").filter_map(|archive| archive.get("/RetentionDays").as_u64()).max();
    let relays = look.services().filter_map(|service| look.relay(&service.name));
    let sweep = relays.filter_map(|relay| number(&relay, "WAXSEAL_SWEEP_DAYS")).max().unwrap_or_default();
    for service in look.services() {
        let Some(function) = look.function(&service.name) else { continue };
        let path = |late: u64, days: u64| late * DAY + days * DAY;
        let before = [
            (!service.bus_events().is_empty())
                .then(|| path(app::RULE_RETRY_DAYS.into(), archive.unwrap_or_default() + sweep)),
            (!service.subscriptions().is_empty()).then(|| path(app::TOPIC_RETRY_DAYS.into(), sweep)),
            service.queues().contains(&"commands").then(|| path(0, sweep)),
        ];
        let before = before.into_iter().flatten().max().unwrap_or_default();
        let queues = feeding(look, &function);
        let kept = |queue: &Resource<'_>| queue.get("/MessageRetentionPeriod").as_u64().unwrap_or_default();
        let waits = queues.iter().map(kept).max().unwrap_or_default();
        let letters = target(variable(&function, "WAXSEAL_DLQ_URL")).and_then(|id| function.sibling(id));
        let seconds = before + waits + letters.as_ref().map(kept).unwrap_or_default();
        let horizon = number(&function, "WAXSEAL_HORIZON_DAYS").map(|days| days * DAY);
        report.unless(
            horizon >= Some(seconds.max(1)),
            &function,
            format!("WAXSEAL_HORIZON_DAYS is not {} or more", seconds.div_ceil(DAY)),
        );
    }
}

pub(super) fn tags(look: &Look<'_>, report: &mut Report) {
    for resource in look.all() {
        let kind = resource.body["Type"].as_str().unwrap_or_default();
        if !TAGGED.contains(&kind) {
            continue;
        }
        let wanted = names::tags(&look.app.name, resource.stack);
        let given = list(resource.get("/Tags"));
        let all = list(&wanted).iter().all(|tag| given.contains(tag));
        report.unless(all, &resource, "Tags lacks application, stage or service");
    }
}

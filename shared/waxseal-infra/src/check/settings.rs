//! What functions are told, and what everything carries.

use std::collections::BTreeMap;

use serde_json::Value;
use waxseal_catalog::{RULE_RETRY_DAYS, TOPIC_RETRY_DAYS, routes::QueueKind};

use super::{
    Report,
    index::{QUEUE, Resource, TemplateIndex, import, list, target},
};
use crate::{
    bus,
    names::{self, TAGGED, TIMEOUT, parameter, reference, suffix},
};

const DAY: u64 = 86_400;

fn variable<'a>(function: &Resource<'a>, name: &str) -> &'a Value {
    function.get(&format!("/Environment/Variables/{name}"))
}

fn number(function: &Resource<'_>, name: &str) -> Option<u64> {
    variable(function, name).as_str().and_then(|text| text.parse().ok())
}

/// Variables whose checks are apart, since they are compared with what templates say elsewhere.
const APART: [&str; 3] = ["WAXSEAL_HORIZON_DAYS", "WAXSEAL_MAX_RECEIVES", TIMEOUT];

pub(super) fn places(index: &TemplateIndex<'_>, report: &mut Report) {
    for service in index.services() {
        for function in index.functions(service.name()) {
            let queue = function.named("/Environment/Variables/WAXSEAL_DLQ_URL", QUEUE);
            let letters = queue.is_some_and(|queue| index.is_dead_letters(&queue));
            report.unless(letters, &function, "WAXSEAL_DLQ_URL is no dead-letter queue of the stack");
        }
        if let Some(function) = index.function(service.name()) {
            let own = variable(&function, "WAXSEAL_TABLE") == &reference("Table");
            report.unless(own, &function, "WAXSEAL_TABLE is not its own table");
            for brought in &service.parameters {
                let told =
                    variable(&function, &brought.variable) == &reference(&parameter(&brought.variable));
                report.unless(told, &function, format!("{} is not its parameter", brought.variable));
            }
            for (name, value) in &service.environment {
                let told = variable(&function, name) == value;
                report.unless(told, &function, format!("{name} is not what it should be"));
            }
            same_variables(report, &function, index.app.variables(service));
        }
    }
    for (service, routes) in index.routes() {
        let Some(relay) = index.relay(service) else { continue };
        let own = variable(&relay, "WAXSEAL_TABLE") == &reference("Table");
        report.unless(own, &relay, "WAXSEAL_TABLE is not its own table, which it sweeps");
        let reach = number(&relay, "WAXSEAL_SWEEP_DAYS");
        report.unless(reach >= Some(1), &relay, "WAXSEAL_SWEEP_DAYS is not stated");
        let bus = variable(&relay, "WAXSEAL_BUS") == &import(bus::export(index.app, "name"));
        report.unless(bus, &relay, "WAXSEAL_BUS is not the application's bus");
        for topic in &routes.publishes.topics {
            let name = format!("WAXSEAL_TOPIC_{}", suffix(topic));
            let told = variable(&relay, &name) == &import(bus::topic_export(index.app, topic));
            report.unless(told, &relay, format!("{name} is not the topic {topic}"));
        }
    }
}

fn same_variables(report: &mut Report, function: &Resource<'_>, wanted: BTreeMap<&'static str, String>) {
    for (name, value) in wanted.into_iter().filter(|(name, _)| !APART.contains(name)) {
        report.unless(variable(function, name) == &value, function, format!("{name} is not {value}"));
    }
}

/// The queues that feed a function.
fn feeding<'a>(index: &TemplateIndex<'a>, function: &Resource<'a>) -> Vec<Resource<'a>> {
    index.mappings(function).iter().filter_map(|mapping| mapping.named("/EventSourceArn", QUEUE)).collect()
}

pub(super) fn receives(index: &TemplateIndex<'_>, report: &mut Report) {
    for function in index.services().filter_map(|service| index.function(service.name())) {
        let told = number(&function, "WAXSEAL_MAX_RECEIVES");
        report.unless(told.is_some(), &function, "WAXSEAL_MAX_RECEIVES is not stated");
        for queue in feeding(index, &function) {
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

pub(super) fn horizon(index: &TemplateIndex<'_>, report: &mut Report) {
    let archive =
        index.of("AWS::Events::Archive").filter_map(|archive| archive.get("/RetentionDays").as_u64()).max();
    let relays = index.services().filter_map(|service| index.relay(service.name()));
    let sweep = relays.filter_map(|relay| number(&relay, "WAXSEAL_SWEEP_DAYS")).max().unwrap_or_default();
    for (service, routes) in index.routes() {
        let Some(function) = index.function(service) else { continue };
        let path = |late: u64, days: u64| late * DAY + days * DAY;
        let before = [
            (!routes.rules.is_empty())
                .then(|| path(RULE_RETRY_DAYS.into(), archive.unwrap_or_default() + sweep)),
            (!routes.subscriptions.is_empty()).then(|| path(TOPIC_RETRY_DAYS.into(), sweep)),
            routes.queue(QueueKind::Commands).map(|_| path(0, sweep)),
        ];
        let before = before.into_iter().flatten().max().unwrap_or_default();
        let queues = feeding(index, &function);
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

pub(super) fn tags(index: &TemplateIndex<'_>, report: &mut Report) {
    for resource in index.all() {
        let kind = resource.body["Type"].as_str().unwrap_or_default();
        if !TAGGED.contains(&kind) {
            continue;
        }
        let wanted = names::tags(&index.app.name, resource.stack);
        let given = list(resource.get("/Tags"));
        let all = list(&wanted).iter().all(|tag| given.contains(tag));
        report.unless(all, &resource, "Tags lacks application, stage or service");
    }
}

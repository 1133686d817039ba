//! The variables of functions, and tags.

use std::collections::BTreeMap;

use waxseal_catalog::{
    RULE_RETRY_DAYS, TOPIC_RETRY_DAYS,
    routes::QueueKind,
    settings::{BUS, DEAD_LETTERS, HORIZON, MAX_RECEIVES, METRICS, SWEEP, TABLE, TIMEOUT, TIMERS_OF, TOPICS},
};

use crate::{
    bus,
    check::{
        index::{QUEUE, Resource, TemplateIndex, import, list},
        report::Report,
    },
    names::{self, TAGGED, parameter, reference},
};

const DAY: u64 = 86_400;

/// Variables with a check of their own: they are compared with other parts of the templates.
const APART: [&str; 3] = [HORIZON.name, MAX_RECEIVES.name, TIMEOUT.name];

pub(super) fn places(index: &TemplateIndex<'_>, report: &mut Report) {
    for service in index.services() {
        for function in index.functions(service.name()) {
            let queue = function.told(&DEAD_LETTERS).and_then(|id| function.sibling(id));
            let is_told =
                queue.is_some_and(|queue| queue.body["Type"] == QUEUE && index.is_dead_letters(&queue));
            let message = format!("{} is no dead-letter queue of the stack", DEAD_LETTERS.name);
            report.unless(is_told, &function, message);
        }
        if let Some(function) = index.function(service.name()) {
            let own = function.variable(TABLE.name) == &reference("Table");
            report.unless(own, &function, format!("{} is not its own table", TABLE.name));
            let counts = function.variable(METRICS.name) == &names::sub(names::namespace(index.app));
            report.unless(
                counts,
                &function,
                format!("{} is not the namespace of the dashboard", METRICS.name),
            );
            for brought in &service.parameters {
                let told = function.variable(&brought.variable) == &reference(&parameter(&brought.variable));
                report.unless(told, &function, format!("{} is not its parameter", brought.variable));
            }
            for (name, value) in &service.environment {
                let told = function.variable(name) == value;
                report.unless(told, &function, format!("{name} is not {value}"));
            }
            same_variables(report, &function, index.app.variables(service));
        }
    }
    for (service, routes) in index.routes() {
        let Some(relay) = index.relay(service) else { continue };
        let own = relay.variable(TABLE.name) == &reference("Table");
        report.unless(own, &relay, format!("{} is not its own table, which it sweeps", TABLE.name));
        let reach = relay.number(&SWEEP);
        report.unless(reach >= Some(1), &relay, format!("{} is not stated", SWEEP.name));
        let timers = relay.variable(TIMERS_OF.name);
        let told = if routes.has_timers { timers == service } else { timers.is_null() };
        report.unless(told, &relay, format!("{} is not said where a service has timers", TIMERS_OF.name));
        let bus = relay.variable(BUS.name) == &import(bus::export(index.app, "name"));
        report.unless(bus, &relay, format!("{} is not the application's bus", BUS.name));
        for topic in &routes.publishes.topics {
            let name = TOPICS.member(topic);
            let told = relay.variable(&name) == &import(bus::topic_export(index.app, topic));
            report.unless(told, &relay, format!("{name} is not the topic {topic}"));
        }
    }
}

fn same_variables(report: &mut Report, function: &Resource<'_>, wanted: BTreeMap<&'static str, String>) {
    for (name, value) in wanted.into_iter().filter(|(name, _)| !APART.contains(name)) {
        report.unless(function.variable(name) == &value, function, format!("{name} is not {value}"));
    }
}

/// The queues that feed a function.
fn feeding<'a>(index: &TemplateIndex<'a>, function: &Resource<'a>) -> Vec<Resource<'a>> {
    index.mappings(function).iter().filter_map(|mapping| mapping.named("/EventSourceArn", QUEUE)).collect()
}

pub(super) fn receives(index: &TemplateIndex<'_>, report: &mut Report) {
    for function in index.services().filter_map(|service| index.function(service.name())) {
        let told = function.number(&MAX_RECEIVES);
        report.unless(told.is_some(), &function, format!("{} is not stated", MAX_RECEIVES.name));
        for queue in feeding(index, &function) {
            let count = queue.get("/RedrivePolicy/maxReceiveCount").as_u64();
            let same = told.is_none() || count.is_none() || told == count;
            report.unless(
                same,
                &function,
                format!("{} is not the maxReceiveCount of {}", MAX_RECEIVES.name, queue.id),
            );
        }
    }
}

pub(super) fn horizon(index: &TemplateIndex<'_>, report: &mut Report) {
    let archive =
        index.of("AWS::Events::Archive").filter_map(|archive| archive.get("/RetentionDays").as_u64()).max();
    let relays = index.services().filter_map(|service| index.relay(service.name()));
    let sweep = relays.filter_map(|relay| relay.number(&SWEEP)).max().unwrap_or_default();
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
        let dead_letters = function.told(&DEAD_LETTERS).and_then(|id| function.sibling(id));
        let seconds = before + waits + dead_letters.as_ref().map(kept).unwrap_or_default();
        let horizon = function.number(&HORIZON).map(|days| days * DAY);
        report.unless(
            horizon >= Some(seconds.max(1)),
            &function,
            format!("{} is not {} or more", HORIZON.name, seconds.div_ceil(DAY)),
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

//! Templates against the catalog.

use std::collections::BTreeSet;

use serde_json::Value;
use waxseal_catalog::{
    FindingCode,
    routes::{QueueKind, Routes, Rule},
    settings::QUEUES,
};

use crate::{
    bus,
    check::{
        index::{FUNCTION, QUEUE, RULE, SUBSCRIPTION, TABLE, TemplateIndex, import, list, single},
        permissions,
        report::Report,
    },
    names::named,
};

pub(super) fn stacks(index: &TemplateIndex<'_>, report: &mut Report) {
    let stacks: BTreeSet<&str> = index.stacks.iter().map(|stack| stack.name.as_str()).collect();
    let services = index.app.services.iter().map(|service| service.name());
    let programs = index.app.publishers.iter().map(|publisher| &*publisher.name);
    let wanted: BTreeSet<&str> = services.chain(programs).chain(["bus"]).collect();
    for missing in wanted.difference(&stacks) {
        report.stack(missing, "it has no stack");
    }
    for orphan in stacks.difference(&wanted) {
        report.stack(orphan, "no service and no program is called that");
    }
    for service in index.services() {
        if index.function(service.name()).is_none() {
            report.stack(service.name(), "it has no Function");
        }
        if index.within(service.name(), TABLE).all(|table| table.id != "Table") {
            report.stack(service.name(), "it has no Table");
        }
    }
}

pub(super) fn routes(index: &TemplateIndex<'_>, report: &mut Report) {
    for (service, routes) in index.routes() {
        rules(index, report, service, routes);
        for one in &routes.subscriptions {
            let arn = import(bus::topic_export(index.app, one.topic));
            let filtered = index.within(service, SUBSCRIPTION).any(|subscription| {
                subscription.get("/TopicArn") == &arn
                    && subscription.get("/Protocol") == "sqs"
                    && subscription.named("/Endpoint", QUEUE).is_some()
                    && same_filter(subscription.get("/FilterPolicy"), &one.filter)
            });
            if !filtered {
                let message = format!("no subscription to topic {} for {:?} exactly", one.topic, one.types);
                report.stack(service, message);
            }
        }
        let (count, wanted) = (index.within(service, SUBSCRIPTION).count(), routes.subscriptions.len());
        if count > wanted {
            report.stack(service, format!("{count} subscriptions where the catalog has {wanted}"));
        }
    }
}

/// Compares the patterns of a service's rules with those that follow from its handlers. A rule may
/// be for several events.
fn rules(index: &TemplateIndex<'_>, report: &mut Report, service: &str, routes: &Routes) {
    let wanted: Vec<Value> = routes.rules.iter().flat_map(|rule| single(&rule.pattern)).collect();
    let mut found = Vec::new();
    for rule in index.within(service, RULE) {
        for pattern in single(rule.get("/EventPattern")) {
            let known = wanted.contains(&pattern);
            report.unless(
                known,
                &rule,
                format!("EventPattern {pattern} follows from no handler of the service"),
            );
            found.push(pattern);
        }
    }
    for Rule { event, pattern, .. } in &routes.rules {
        if !single(pattern).iter().all(|pattern| found.contains(pattern)) {
            report.stack(
                service,
                format!("no rule with the pattern {pattern} for {}, which it handles", event.name),
            );
        }
    }
}

/// Whether two filter policies are the same: the types of events in any order, and the rest as it is
/// written.
fn same_filter(given: &Value, wanted: &Value) -> bool {
    let apart = |filter: &Value| {
        let mut rest = filter.clone();
        let types = rest.as_object_mut().and_then(|members| members.remove("eventType"));
        (types, rest)
    };
    let ((given_types, given_rest), (wanted_types, wanted_rest)) = (apart(given), apart(wanted));
    let sorted = |types: &Option<Value>| {
        types.as_ref().map(|types| {
            let mut all: Vec<String> = list(types).into_iter().map(Value::to_string).collect();
            all.sort_unstable();
            all
        })
    };
    given.is_object() && given_rest == wanted_rest && sorted(&given_types) == sorted(&wanted_types)
}

pub(super) fn owner(index: &TemplateIndex<'_>, report: &mut Report) {
    let codes = [FindingCode::TwoDeclarations, FindingCode::ForeignEvent];
    for mistake in index.mistakes.iter().filter(|mistake| codes.contains(&mistake.code)) {
        report.stack(&mistake.service, mistake.problem.clone());
    }
}

pub(super) fn commands(index: &TemplateIndex<'_>, report: &mut Report) {
    for (service, routes) in index.routes() {
        let takes = routes.queue(QueueKind::Commands).is_some();
        let name = named(index.app, &format!("{service}-commands"));
        let queue = index.within(service, QUEUE).any(|queue| queue.name("QueueName") == Some(name.as_str()));
        if takes != queue {
            report.stack(service, format!("it handles commands: {takes}; it has a queue {name}: {queue}"));
        }
        let recipients = &routes.publishes.recipients;
        if let Some(relay) = index.relay(service) {
            let may = permissions::may_send(index, &relay, recipients);
            report.unless(
                may,
                &relay,
                format!("it may not send to the command queues of {recipients:?} exactly"),
            );
            for recipient in recipients {
                let end = format!("/{}", named(index.app, &format!("{recipient}-commands")));
                let told = relay.variable(&QUEUES.member(recipient))["Fn::Sub"]
                    .as_str()
                    .is_some_and(|url| url.ends_with(&end));
                report.unless(told, &relay, format!("it is not told the command queue of {recipient}"));
            }
        }
    }
}

pub(super) fn binary(index: &TemplateIndex<'_>, report: &mut Report) {
    for function in index.of(FUNCTION) {
        let code = function.get("/Code").as_str().unwrap_or_default();
        let binary = code.strip_suffix("/bootstrap.zip").and_then(|folder| folder.rsplit('/').next());
        let Some(binary) = binary else {
            report.at(&function, "Code is no package: <binary>/bootstrap.zip");
            continue;
        };
        let exists = index.app.binaries.as_ref().is_none_or(|binaries| binaries.contains(binary));
        report.unless(exists, &function, format!("there is no binary {binary}"));
        let service = index.services().find(|service| service.name() == function.stack);
        let own = match function.id {
            "Relay" => Some(&index.app.relay),
            _ => service.map(|service| &service.program),
        };
        let same = own.is_some_and(|program| program.binary == binary);
        report.unless(same, &function, format!("it runs {binary}, which is another's"));
    }
}

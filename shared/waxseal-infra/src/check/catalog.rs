//! Templates against the catalog.

use std::collections::{BTreeMap, BTreeSet};

use waxseal::Channel;

use super::{
    Report,
    look::{FUNCTION, Look, RULE, SUBSCRIPTION, import, texts},
    permissions,
};
use crate::{bus, names::suffix, service};

pub(super) fn stacks(look: &Look<'_>, report: &mut Report) {
    let stacks: BTreeSet<&str> = look.stacks.iter().map(|stack| stack.name.as_str()).collect();
    let services = look.app.services.iter().map(|service| service.name.as_str());
    let wanted: BTreeSet<&str> = services.chain(["bus"]).collect();
    for missing in wanted.difference(&stacks) {
        report.stack(missing, "it has no stack");
    }
    for orphan in stacks.difference(&wanted) {
        report.stack(orphan, "no service is called that");
    }
    for service in look.services() {
        if look.function(&service.name).is_none() {
            report.stack(&service.name, "it has no Function");
        }
        if look.within(&service.name, super::look::TABLE).all(|table| table.id != "Table") {
            report.stack(&service.name, "it has no Table");
        }
    }
}

pub(super) fn routes(look: &Look<'_>, report: &mut Report) {
    for service in look.services() {
        let wanted: BTreeSet<(&str, &str)> =
            service.bus_events().iter().map(|event| (event.owner, event.name)).collect();
        let mut found = BTreeSet::new();
        for rule in look.within(&service.name, RULE) {
            let (sources, types) =
                (texts(rule.get("/EventPattern/source")), texts(rule.get("/EventPattern/detail-type")));
            let members = rule.get("/EventPattern").as_object().map_or(0, serde_json::Map::len);
            report.unless(members <= 2, &rule, "EventPattern asks for more than source and detail-type");
            for source in &sources {
                found.extend(types.iter().map(|name| (*source, *name)));
            }
        }
        for (owner, name) in wanted.difference(&found) {
            report.stack(&service.name, format!("no rule for {name} of {owner}, which it handles"));
        }
        for (owner, name) in found.difference(&wanted) {
            report.stack(&service.name, format!("a rule for {name} of {owner}, which it does not handle"));
        }
        for (topic, types) in service.subscriptions() {
            let arn = import(bus::topic_export(look.app, topic));
            let filtered = look.within(&service.name, SUBSCRIPTION).any(|subscription| {
                let filter = subscription.get("/FilterPolicy");
                subscription.get("/TopicArn") == &arn
                    && subscription.get("/Protocol") == "sqs"
                    && subscription.named("/Endpoint", super::look::QUEUE).is_some()
                    && filter.as_object().is_some_and(|filter| filter.len() == 1)
                    && texts(&filter["eventType"]) == types.iter().copied().collect()
            });
            if !filtered {
                report
                    .stack(&service.name, format!("no subscription to topic {topic} for {types:?} exactly"));
            }
        }
        let count = look.within(&service.name, SUBSCRIPTION).count();
        let wanted = service.subscriptions().len();
        if count > wanted {
            report.stack(&service.name, format!("{count} subscriptions where the catalog has {wanted}"));
        }
    }
}

pub(super) fn owner(look: &Look<'_>, report: &mut Report) {
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for service in &look.app.services {
        for declared in service.consumes().into_iter().chain(service.emits()) {
            let owner = *owners.entry(declared.name).or_insert(declared.owner);
            if owner != declared.owner {
                report.stack(
                    &service.name,
                    format!("{} belongs to {owner} and to {}", declared.name, declared.owner),
                );
            }
        }
        for declared in service.emits() {
            if !matches!(declared.channel, Channel::Queue(_)) && declared.owner != service.name {
                report.stack(
                    &service.name,
                    format!("it emits {}, which belongs to {}", declared.name, declared.owner),
                );
            }
        }
    }
}

pub(super) fn commands(look: &Look<'_>, report: &mut Report) {
    for deployed in look.services() {
        let takes = deployed.consumes().iter().any(|one| matches!(one.channel, Channel::Queue(_)));
        let name = look.app.named(&format!("{}-commands", deployed.name));
        let queue = look
            .within(&deployed.name, super::look::QUEUE)
            .any(|queue| queue.name("QueueName") == Some(name.as_str()));
        if takes != queue {
            report.stack(
                &deployed.name,
                format!("it handles commands: {takes}; it has a queue {name}: {queue}"),
            );
        }
        let recipients = service::recipients(deployed);
        if let Some(relay) = look.relay(&deployed.name) {
            let may = permissions::may_send(look, &relay, &recipients);
            report.unless(
                may,
                &relay,
                format!("it may not send to the command queues of {recipients:?} exactly"),
            );
            for recipient in recipients {
                let variable = format!("/Environment/Variables/WAXSEAL_QUEUE_{}", suffix(recipient));
                let end = format!("/{}", look.app.named(&format!("{recipient}-commands")));
                let told = relay.get(&variable)["Fn::Sub"].as_str().is_some_and(|url| url.ends_with(&end));
                report.unless(told, &relay, format!("it is not told the command queue of {recipient}"));
            }
        }
    }
}

pub(super) fn binary(look: &Look<'_>, report: &mut Report) {
    for function in look.of(FUNCTION) {
        let code = function.get("/Code").as_str().unwrap_or_default();
        let binary = code.strip_suffix("/bootstrap.zip").and_then(|folder| folder.rsplit('/').next());
        let Some(binary) = binary else {
            report.at(&function, "Code is no package: <binary>/bootstrap.zip");
            continue;
        };
        let exists = look.app.binaries.as_ref().is_none_or(|binaries| binaries.contains(binary));
        report.unless(exists, &function, format!("there is no binary {binary}"));
        let service = look.services().find(|service| service.name == function.stack);
        let own = match function.id {
            "Relay" => Some(&look.app.relay),
            _ => service.map(|service| &service.program),
        };
        let same = own.is_some_and(|program| program.binary == binary);
        report.unless(same, &function, format!("it runs {binary}, which is another's"));
    }
}

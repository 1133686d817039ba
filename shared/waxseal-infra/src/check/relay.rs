//! The relay: what was committed is published, whatever happens.

use serde_json::Value;

use super::{
    Report,
    look::{ALARM, Look, QUEUE, Resource, gives_up_to, target},
};
use crate::{
    names::attribute,
    service::{DEAD_LETTERS, FILTER},
};

/// The relays of the services that emit, with their mappings on the table's stream.
fn mappings<'a>(look: &Look<'a>) -> Vec<Resource<'a>> {
    let emitting = look.services().filter(|service| !service.emits().is_empty());
    let relays = emitting.filter_map(|service| look.relay(&service.name));
    relays.flat_map(|relay| look.mappings(&relay)).collect()
}

pub(super) fn mapping(look: &Look<'_>, report: &mut Report) {
    for service in look.services().filter(|service| !service.emits().is_empty()) {
        let Some(relay) = look.relay(&service.name) else {
            report.stack(&service.name, "it emits and has no Relay");
            continue;
        };
        let stream = attribute("Table", "StreamArn");
        let mappings = look.mappings(&relay);
        let fed =
            mappings.len() == 1 && mappings.iter().all(|mapping| mapping.get("/EventSourceArn") == &stream);
        report.unless(fed, &relay, "it has no mapping on the stream of Table");
    }
}

pub(super) fn from_the_start(look: &Look<'_>, report: &mut Report) {
    for mapping in mappings(look) {
        report.unless(
            mapping.get("/StartingPosition") == "TRIM_HORIZON",
            &mapping,
            "StartingPosition is not TRIM_HORIZON",
        );
    }
}

pub(super) fn never_gives_up(look: &Look<'_>, report: &mut Report) {
    for mapping in mappings(look) {
        for limit in ["MaximumRetryAttempts", "MaximumRecordAgeInSeconds"] {
            let none = mapping.get(&format!("/{limit}")).as_i64() == Some(-1);
            report.unless(none, &mapping, format!("{limit} is not -1"));
        }
    }
}

pub(super) fn dead_letters(look: &Look<'_>, report: &mut Report) {
    for relay in look.services().filter_map(|service| look.relay(&service.name)) {
        let queue = target(relay.get("/Environment/Variables/WAXSEAL_DLQ_URL"));
        report.unless(queue == Some(DEAD_LETTERS), &relay, "WAXSEAL_DLQ_URL is not RelayDeadLetters");
        let Some(queue) = look.within(relay.stack, QUEUE).find(|queue| queue.id == DEAD_LETTERS) else {
            report.unless(false, &relay, "there is no queue RelayDeadLetters");
            continue;
        };
        let named = look.name_of_relay_dead_letters(relay.stack);
        report.unless(queue.name("QueueName") == Some(&named), &queue, format!("QueueName is not {named}"));
        let own = look
            .all()
            .filter(|other| other.stack == relay.stack && other.id != relay.id)
            .all(|other| !gives_up_to(&other).contains(&(queue.stack, queue.id)));
        report.unless(own, &queue, "something besides the relay gives up to it");
        let watched = attribute(DEAD_LETTERS, "QueueName");
        let says = look
            .within(relay.stack, ALARM)
            .filter(|alarm| alarm.get("/Dimensions/0/Value") == &watched)
            .all(|alarm| {
                let about = alarm.get("/AlarmDescription");
                let about = about.as_str().or_else(|| about["Fn::Sub"].as_str()).unwrap_or_default();
                about.contains("sweep") && about.contains("Never redrive")
            });
        report.unless(says, &queue, "its alarm does not say that the way back is a sweep, and no redrive");
    }
}

pub(super) fn filter(look: &Look<'_>, report: &mut Report) {
    let wanted: Option<Value> = serde_json::from_str(FILTER).ok();
    for mapping in mappings(look) {
        let filters = mapping.get("/FilterCriteria/Filters").as_array().map_or(0, Vec::len);
        let pattern = mapping.get("/FilterCriteria/Filters/0/Pattern").as_str();
        let given: Option<Value> = pattern.and_then(|pattern| serde_json::from_str(pattern).ok());
        let right = filters == 1 && given.is_some() && given == wanted;
        report.unless(right, &mapping, "FilterCriteria is not that of new receipts with emissions");
    }
}

pub(super) fn bisect(look: &Look<'_>, report: &mut Report) {
    for mapping in mappings(look) {
        let halves = mapping.get("/BisectBatchOnFunctionError") == true;
        report.unless(halves, &mapping, "BisectBatchOnFunctionError is not true");
    }
}

//! The relay: every committed emission is published.

use serde_json::Value;
use waxseal_catalog::{
    routes::{RELAY_BATCH, RELAY_FILTER},
    settings::DEAD_LETTERS,
};

use crate::{
    check::{
        index::{ALARM, QUEUE, Resource, TemplateIndex, gives_up_to},
        report::Report,
    },
    names::attribute,
    service::relay::RELAY_DEAD_LETTERS,
};

/// The relays of the services that emit, with their mappings on the table's stream.
fn mappings<'a>(index: &TemplateIndex<'a>) -> Vec<Resource<'a>> {
    let emitting = index.routes().filter(|(_, routes)| routes.has_relay());
    let relays = emitting.filter_map(|(service, _)| index.relay(service));
    relays.flat_map(|relay| index.mappings(&relay)).collect()
}

pub(super) fn mapping(index: &TemplateIndex<'_>, report: &mut Report) {
    for (service, _) in index.routes().filter(|(_, routes)| routes.has_relay()) {
        let Some(relay) = index.relay(service) else {
            report.stack(service, "it emits and has no Relay");
            continue;
        };
        let stream = attribute("Table", "StreamArn");
        let mappings = index.mappings(&relay);
        let fed =
            mappings.len() == 1 && mappings.iter().all(|mapping| mapping.get("/EventSourceArn") == &stream);
        report.unless(fed, &relay, "it has no mapping on the stream of Table");
        for mapping in &mappings {
            let batch = mapping.get("/BatchSize") == RELAY_BATCH;
            report.unless(batch, mapping, format!("BatchSize is not {RELAY_BATCH}"));
        }
    }
}

pub(super) fn from_the_start(index: &TemplateIndex<'_>, report: &mut Report) {
    for mapping in mappings(index) {
        report.unless(
            mapping.get("/StartingPosition") == "TRIM_HORIZON",
            &mapping,
            "StartingPosition is not TRIM_HORIZON",
        );
    }
}

pub(super) fn never_gives_up(index: &TemplateIndex<'_>, report: &mut Report) {
    for mapping in mappings(index) {
        for limit in ["MaximumRetryAttempts", "MaximumRecordAgeInSeconds"] {
            let none = mapping.get(&format!("/{limit}")).as_i64() == Some(-1);
            report.unless(none, &mapping, format!("{limit} is not -1"));
        }
    }
}

pub(super) fn dead_letters(index: &TemplateIndex<'_>, report: &mut Report) {
    for relay in index.services().filter_map(|service| index.relay(service.name())) {
        let queue = relay.told(&DEAD_LETTERS);
        report.unless(
            queue == Some(RELAY_DEAD_LETTERS),
            &relay,
            format!("{} is not RelayDeadLetters", DEAD_LETTERS.name),
        );
        let Some(queue) = index.within(relay.stack, QUEUE).find(|queue| queue.id == RELAY_DEAD_LETTERS)
        else {
            report.unless(false, &relay, "there is no queue RelayDeadLetters");
            continue;
        };
        let named = index.name_of_relay_dead_letters(relay.stack);
        report.unless(queue.name("QueueName") == Some(&named), &queue, format!("QueueName is not {named}"));
        let own = index
            .all()
            .filter(|other| other.stack == relay.stack && other.id != relay.id)
            .all(|other| !gives_up_to(&other).contains(&(queue.stack, queue.id)));
        report.unless(own, &queue, "a resource besides the relay sends to it");
        let watched = attribute(RELAY_DEAD_LETTERS, "QueueName");
        let says = index
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

pub(super) fn filter(index: &TemplateIndex<'_>, report: &mut Report) {
    let wanted: Option<Value> = serde_json::from_str(RELAY_FILTER).ok();
    for mapping in mappings(index) {
        let filters = mapping.get("/FilterCriteria/Filters").as_array().map_or(0, Vec::len);
        let pattern = mapping.get("/FilterCriteria/Filters/0/Pattern").as_str();
        let given: Option<Value> = pattern.and_then(|pattern| serde_json::from_str(pattern).ok());
        let right = filters == 1 && given.is_some() && given == wanted;
        report.unless(right, &mapping, "FilterCriteria is not that of new receipts with emissions");
    }
}

pub(super) fn bisect(index: &TemplateIndex<'_>, report: &mut Report) {
    for mapping in mappings(index) {
        let halves = mapping.get("/BisectBatchOnFunctionError") == true;
        report.unless(halves, &mapping, "BisectBatchOnFunctionError is not true");
    }
}

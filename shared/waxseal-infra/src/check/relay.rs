//! The relay: what was committed is published, whatever happens.

use serde_json::Value;

use super::{
    Report,
    look::{Look, Resource},
};
use crate::{names::attribute, service::FILTER};

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

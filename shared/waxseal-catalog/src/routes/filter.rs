//! The payloads that a service wants of an event: what any of its handlers wants (S-65).
//!
//! A rule and a subscription hold it, so that what nobody wants costs nothing. A mapping holds none. That
//! of a queue would delete what does not match. That of a stream would drop each record that is no JSON,
//! so it would be lost in silence (S-41).

use serde_json::{Value, json};
use waxseal::{Declared, Filter};
use waxseal_pattern::any_of;

use crate::deployed::Deployed;

/// The patterns over the payload of an event, of which one must match; `None` where every payload is
/// wanted.
pub(super) fn wanted(service: &Deployed, event: &Declared) -> Option<Vec<Value>> {
    let is_it = |declared: &Declared| {
        (declared.name, declared.owner, declared.channel) == (event.name, event.owner, event.channel)
    };
    let entries = service.catalog().iter().filter(|entry| is_it(&entry.consumes));
    Filter::any(entries.map(|entry| entry.filter))
}

/// The pattern over the envelope of an own event with these payloads.
pub(super) fn of_envelope(payloads: Vec<Value>) -> Value {
    json!({ "data": any_of(payloads) })
}

/// A pattern over envelopes for each type and each of its payloads. There is no `$or` inside of
/// another one.
pub(super) fn of_types(filtered: &[(&str, Vec<Value>)]) -> Vec<Value> {
    let of = |(name, payloads): &(&str, Vec<Value>)| {
        let name = (*name).to_owned();
        payloads.clone().into_iter().map(move |payload| json!({ "eventType": [name], "data": payload }))
    };
    filtered.iter().flat_map(of).collect()
}

//! The payloads that a service wants of an event: what any of its handlers wants (S-65).
//!
//! A rule, a subscription and the mapping of a stream hold it, so that what nobody wants costs
//! nothing. The mapping of a queue holds none: it would delete what does not match.

use serde_json::{Value, json};
use waxseal::{Declared, Filter};
use waxseal_pattern::any_of;

use crate::{app::App, deployed::Deployed};

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

impl App {
    /// The pattern over a record's content that the mapping of a stream holds for a service, where
    /// the records are envelopes: below `data` for Kinesis, below `value` for Kafka. `None` where
    /// the service wants every record.
    ///
    /// It lets pass what it cannot name: a record that no handler takes is a dead letter and not
    /// dropped in silence (S-41). AWS drops a record that is no JSON where a mapping has a pattern
    /// over its content.
    ///
    /// ```
    /// # use serde::{Deserialize, Serialize};
    /// # use serde_json::json;
    /// use waxseal::{Declared, Channel, Filter, catalog::Entry};
    /// use waxseal_catalog::{App, Deployed};
    /// let paid = Declared::new("invoice.paid", "billing", Channel::Bus);
    /// let entry = Entry::new("audit", "record", paid, &[]).filtered(Filter::new(r#"{"country":["DE"]}"#));
    /// let app = App::new("shop").service(Deployed::of_catalog("audit", vec![entry]));
    /// assert_eq!(
    ///     app.stream_filter(&app.services[0]),
    ///     Some(json!({ "$or": [
    ///         { "eventType": ["invoice.paid"], "data": { "country": ["DE"] } },
    ///         { "eventType": [{ "anything-but": ["invoice.paid"] }] },
    ///         { "eventType": [{ "exists": false }] },
    ///     ] }))
    /// );
    /// ```
    #[must_use]
    pub fn stream_filter(&self, service: &Deployed) -> Option<Value> {
        let filtered: Vec<(&str, Vec<Value>)> = service
            .consumes()
            .iter()
            .filter(|event| !event.is_foreign())
            .filter_map(|event| Some((event.name, wanted(service, event)?)))
            .collect();
        if filtered.is_empty() {
            return None;
        }
        let names: Vec<&str> = filtered.iter().map(|(name, _)| *name).collect();
        let mut patterns = of_types(&filtered);
        patterns.push(json!({ "eventType": [{ "anything-but": names }] }));
        patterns.push(json!({ "eventType": [{ "exists": false }] }));
        Some(any_of(patterns))
    }
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

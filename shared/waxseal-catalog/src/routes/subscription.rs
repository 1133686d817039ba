//! Subscriptions to topics.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use waxseal::Declared;
use waxseal_pattern::any_of;

use crate::{app::topic, deployed::Deployed, routes::filter};

/// A subscription of a service's queue of events to a topic. A topic has one subscription for all
/// types, because SNS refuses a second one to the same queue.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Subscription {
    /// The topic.
    pub topic: &'static str,
    /// The types of events, in the order of registration.
    pub types: Vec<&'static str>,
    /// The filter policy, over the body.
    pub filter: Value,
}

/// The subscriptions of a service, by their topics.
pub(super) fn of(service: &Deployed) -> Vec<Subscription> {
    let mut topics: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for declared in service.consumes() {
        if let Some(topic) = topic(&declared) {
            topics.entry(topic).or_default().push(declared);
        }
    }
    let subscription = |(topic, events): (&'static str, Vec<Declared>)| {
        let types = events.iter().map(|event| event.name).collect();
        Subscription { topic, types, filter: policy(service, &events) }
    };
    topics.into_iter().map(subscription).collect()
}

/// The filter policy for the events of one topic.
fn policy(service: &Deployed, events: &[Declared]) -> Value {
    let (mut whole, mut filtered) = (Vec::new(), Vec::new());
    for event in events {
        match filter::wanted(service, event) {
            None => whole.push(event.name),
            Some(payloads) => filtered.push((event.name, payloads)),
        }
    }
    let whole = (!whole.is_empty()).then(|| json!({ "eventType": whole }));
    any_of(whole.into_iter().chain(filter::of_types(&filtered)).collect())
}

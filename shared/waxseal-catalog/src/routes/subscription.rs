//! Subscriptions to topics.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{app::topic, deployed::Deployed};

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
            topics.entry(topic).or_default().push(declared.name);
        }
    }
    let subscription = |(topic, types): (&'static str, Vec<&'static str>)| {
        let filter = json!({ "eventType": types });
        Subscription { topic, types, filter }
    };
    topics.into_iter().map(subscription).collect()
}

//! Rules of the bus.

use serde_json::{Value, json};
use waxseal::{Channel, Declared};

use crate::deployed::Deployed;

/// A rule of the bus: one event, for one service's queue of events.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Rule {
    /// The event.
    pub event: Declared,
    /// The event pattern.
    pub pattern: Value,
}

/// The rules of a service: one for each event of the bus, however many handlers take it.
pub(super) fn of(service: &Deployed) -> Vec<Rule> {
    let events = service.consumes().into_iter().filter(|declared| declared.channel == Channel::Bus);
    let rule = |event: Declared| {
        let own = service.patterns.get(event.name).cloned();
        let pattern = own.unwrap_or_else(|| json!({ "source": [event.owner], "detail-type": [event.name] }));
        Rule { event, pattern }
    };
    events.map(rule).collect()
}

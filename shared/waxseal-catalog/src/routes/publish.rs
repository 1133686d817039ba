//! The channels that a service's relay or a program publishes to.

use std::collections::BTreeSet;

use waxseal::{Channel, Declared};

use crate::{app::App, deployed::Deployed, publisher::Publisher};

/// The channels that a service's relay or a program publishes to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Publishes {
    /// The events that go to the bus, in the order of registration.
    pub events: Vec<&'static str>,
    /// The topics.
    pub topics: BTreeSet<&'static str>,
    /// The services that get its commands.
    pub recipients: BTreeSet<String>,
}

impl Publishes {
    /// Whether there is nothing to publish, and so no relay.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }
}

impl App {
    /// The channels that a program publishes to.
    #[must_use]
    pub fn publishes(&self, publisher: &Publisher) -> Publishes {
        of(publisher.emits.iter().copied())
    }
}

/// The channels of a service. Hints about its timers go to its own queue.
pub(super) fn of_service(service: &Deployed) -> Publishes {
    let mut publishes = of(service.emits());
    if service.has_timers() {
        publishes.recipients.insert(service.name().to_owned());
    }
    publishes
}

/// The channels of these messages.
fn of(emits: impl IntoIterator<Item = Declared>) -> Publishes {
    let mut publishes = Publishes::default();
    for declared in emits {
        match declared.channel {
            Channel::Bus => publishes.events.push(declared.name),
            Channel::Topic(topic) => drop(publishes.topics.insert(topic)),
            Channel::Queue(recipient) => drop(publishes.recipients.insert(recipient.to_owned())),
            // No handler emits one: that does not compile.
            Channel::Foreign(_) => {}
        }
    }
    publishes
}

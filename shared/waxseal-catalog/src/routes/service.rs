//! The routes of one service.

use crate::{
    app::App,
    deployed::Deployed,
    routes::{
        fifo::{self, Fifo},
        publish::{self, Publishes},
        queue::{self, Mapping, Queue, QueueKind},
        rule::{self, Rule},
        subscription::{self, Subscription},
    },
    source::Source,
};

/// Everything that leads messages to a service and away from it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Routes {
    /// The rules of the bus that feed its queue of events.
    pub rules: Vec<Rule>,
    /// The topics that feed its queue of events.
    pub subscriptions: Vec<Subscription>,
    /// The queues that feed its function, events first.
    pub queues: Vec<Queue>,
    /// The sources that others fill.
    pub sources: Vec<Source>,
    /// How its function polls each of its queues.
    pub mapping: Mapping,
    /// The FIFO queues that others fill.
    pub fifo: Vec<Fifo>,
    /// The time-out of its function, in seconds.
    pub timeout: u32,
    /// The days that its receipts are kept.
    pub horizon: u32,
    /// The channels that its relay publishes to.
    pub publishes: Publishes,
    /// Whether its table has an index of timers, and its relay ticks.
    pub has_timers: bool,
    /// Whether its function queries its table, for histories or the rows of projections.
    pub queries: bool,
    /// The time-out of its relay, in seconds.
    pub relay_timeout: u32,
    /// How many days back a sweep of its relay may begin.
    pub sweep: u32,
}

impl Routes {
    /// Its queue of this kind, where it has one.
    #[must_use]
    pub fn queue(&self, kind: QueueKind) -> Option<&Queue> {
        self.queues.iter().find(|queue| queue.kind == kind)
    }

    /// Whether it has a relay.
    #[must_use]
    pub fn has_relay(&self) -> bool {
        !self.publishes.is_empty()
    }
}

impl App {
    /// The routes of a service of this application.
    #[must_use]
    pub fn routes(&self, service: &Deployed) -> Routes {
        Routes {
            rules: rule::of(service),
            subscriptions: subscription::of(service),
            queues: queue::of(self, service),
            sources: service.sources.clone(),
            mapping: queue::mapping(service),
            fifo: fifo::of(self, service),
            timeout: service.program.timeout,
            horizon: self.horizon(service),
            publishes: publish::of_service(service),
            has_timers: service.has_timers(),
            queries: service.queries(),
            relay_timeout: self.relay.timeout,
            sweep: self.retention.sweep,
        }
    }
}

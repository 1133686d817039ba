//! Queues, and the mappings that feed functions from them.

use waxseal::Channel;

use crate::{app::App, deployed::Deployed, source::SourceKind};

/// The kind of messages that a queue takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum QueueKind {
    /// Events of the bus and of topics.
    Events,
    /// Commands, and the hints about timers.
    Commands,
}

impl QueueKind {
    /// The end of the queue's name: `events` or `commands`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Commands => "commands",
        }
    }
}

/// A queue that feeds a service's function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Queue {
    /// The kind of messages.
    pub kind: QueueKind,
    /// Seconds that a received message is hidden: six runs of the function, and the window. A
    /// throttled batch is then not delivered to another invocation meanwhile. Source: Lambda
    /// developer guide, "Configuring a queue to use with Lambda".
    pub visibility: u32,
    /// Days that a message is kept.
    pub retention: u32,
    /// Receives before a message moves to the dead-letter queue.
    pub max_receives: u32,
}

/// The event source mapping of each queue of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mapping {
    /// The largest batch.
    pub batch: u32,
    /// Seconds to wait for a batch to fill.
    pub window: u32,
    /// Invocations at once.
    pub invocations: u32,
}

impl Queue {
    /// A service's queue of one kind, whether it takes such messages or not.
    #[must_use]
    pub fn new(app: &App, service: &Deployed, kind: QueueKind) -> Self {
        Self {
            kind,
            visibility: 6 * service.program.timeout + service.window,
            retention: app.retention.queue,
            max_receives: service.max_receives,
        }
    }
}

/// The queues of a service, as far as it takes such messages.
pub(super) fn of(app: &App, service: &Deployed) -> Vec<Queue> {
    let consumes = service.consumes();
    let takes = |kind: QueueKind| {
        let wanted = kind == QueueKind::Commands;
        consumes.iter().any(|declared| matches!(declared.channel, Channel::Queue(_)) == wanted)
            || wanted && service.has_timers()
            || !wanted && service.sources.iter().any(|source| source.kind == SourceKind::Bucket)
    };
    let kinds = [QueueKind::Events, QueueKind::Commands].into_iter().filter(|kind| takes(*kind));
    kinds.map(|kind| Queue::new(app, service, kind)).collect()
}

/// The mapping of each of them.
pub(super) fn mapping(service: &Deployed) -> Mapping {
    Mapping { batch: service.batch, window: service.window, invocations: service.invocations }
}

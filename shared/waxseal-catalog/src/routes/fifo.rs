//! FIFO queues that others fill, and the mappings that feed a function from them.

use crate::{
    app::App,
    deployed::Deployed,
    fifo::LARGEST_BATCH,
    routes::queue::{Mapping, Queue, QueueKind},
};

/// A FIFO queue that feeds a service's function.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fifo {
    /// Its name in the service.
    pub name: String,
    /// Seconds that a received message is hidden: six runs of the function.
    pub visibility: u32,
    /// Days that a message is kept.
    pub retention: u32,
    /// Receives before a message moves to the dead-letter queue.
    pub max_receives: u32,
    /// Whether a message without a deduplication id gets the hash of its body for one.
    pub content_based_deduplication: bool,
    /// The other accounts that may send to it, unless a stage has others.
    pub senders: Vec<String>,
    /// How the function polls it. A FIFO queue has no window.
    pub mapping: Mapping,
}

/// The FIFO queues of a service.
pub(super) fn of(app: &App, service: &Deployed) -> Vec<Fifo> {
    let standard = Queue::new(app, service, QueueKind::Events);
    let fifo = service.fifo.iter().map(|queue| Fifo {
        name: queue.name.clone(),
        visibility: 6 * service.program.timeout,
        retention: standard.retention,
        max_receives: standard.max_receives,
        content_based_deduplication: queue.content_based_deduplication,
        senders: queue.senders.clone(),
        mapping: Mapping {
            batch: queue.batch.clamp(1, LARGEST_BATCH),
            window: 0,
            invocations: service.invocations,
        },
    });
    fifo.collect()
}

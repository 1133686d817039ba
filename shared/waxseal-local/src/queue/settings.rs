//! How a queue behaves.

use std::time::Duration;

use super::handle::Queue;

/// The redrive policy: the queue for messages that were received too often.
#[derive(Debug, Clone)]
pub struct Redrive {
    /// The dead-letter queue.
    pub to: Queue,
    /// SQS's `maxReceiveCount`.
    pub max_receives: u32,
}

/// How a queue behaves.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct QueueSettings {
    /// The time for which a received message is hidden.
    pub visibility: Duration,
    /// The redrive policy.
    pub redrive: Option<Redrive>,
    /// FIFO: order within a group, deduplication for five minutes.
    pub fifo: bool,
}

impl Default for QueueSettings {
    /// A standard queue, 30 s of visibility, no redrive: SQS's own defaults.
    fn default() -> Self {
        Self { visibility: Duration::from_secs(30), redrive: None, fifo: false }
    }
}

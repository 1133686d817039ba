//! Queues, as SQS has them: visibility, receive counts, redrive, and FIFO groups with
//! deduplication.

mod groups;
mod handle;
mod repeats;
mod shelf;
#[cfg(test)]
mod shelf_tests;

pub use handle::{Queue, QueueSettings, Redrive};
pub(crate) use shelf::Received;

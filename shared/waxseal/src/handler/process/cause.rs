//! The facts of one input of a process.

use waxseal_message::{Envelope, Timestamp};

/// The facts of one input.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cause {
    pub(crate) now: Timestamp,
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) source: String,
    /// The id of the message that caused the input.
    pub(crate) causation: Option<String>,
    pub(crate) correlation: String,
    /// Whose emissions they are.
    pub(crate) consumer: String,
}

impl Cause {
    /// The facts of a message that a process of this consumer takes at `now`.
    pub(crate) fn of<D>(message: &Envelope<D>, consumer: String, now: Timestamp) -> Self {
        Self {
            now,
            name: message.name.clone(),
            id: message.id.clone(),
            source: message.source.clone(),
            causation: message.causation_id.clone(),
            correlation: message.correlation_id.clone(),
            consumer,
        }
    }
}

//! What became of a record.

use std::time::Duration;

use crate::engine::Outcome;

/// How a record was dealt with.
#[derive(Debug, Clone)]
pub enum RecordOutcome {
    /// It took effect, or had before, or holds nothing for a handler: acknowledged.
    Done(Option<Outcome>),
    /// It is in the dead-letter queue with this reason: acknowledged.
    DeadLettered {
        /// The reason.
        reason: String,
    },
    /// Reported as failed, so that it comes again.
    Failed {
        /// The reason.
        reason: String,
        /// When to try again at the earliest, where somebody knows (S-24).
        retry_after: Option<Duration>,
    },
    /// An earlier record of its group failed, so it did not run: reported as failed.
    Blocked,
    /// No time was left to start it (S-20): reported as failed, and visible again at once.
    Unstarted,
}

impl RecordOutcome {
    /// Whether the record must come again.
    #[must_use]
    pub fn is_failed(&self) -> bool {
        matches!(self, Self::Failed { .. } | Self::Blocked | Self::Unstarted)
    }
}

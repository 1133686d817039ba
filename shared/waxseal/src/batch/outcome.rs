//! The outcome of a record.

use std::time::Duration;

use crate::engine::Outcome;

/// The outcome of a record of a batch.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum RecordOutcome {
    /// The record is acknowledged: it took effect now or before, or it holds nothing for a handler.
    Done(Option<Outcome>),
    /// The record is acknowledged: it is in the dead-letter queue with this reason.
    DeadLettered {
        /// The reason.
        reason: String,
    },
    /// The record is reported as failed, so it is delivered again.
    Failed {
        /// The reason.
        reason: String,
        /// The earliest time of the next try, where it is known (S-24).
        retry_after: Option<Duration>,
    },
    /// The record is reported as failed without a run, since an earlier record of its group failed.
    Blocked,
    /// The record is reported as failed without a run, since too little time was left (S-20). It is
    /// visible again at once.
    Unstarted,
}

impl RecordOutcome {
    /// Whether the record must be delivered again.
    #[must_use]
    pub fn is_failed(&self) -> bool {
        matches!(self, Self::Failed { .. } | Self::Blocked | Self::Unstarted)
    }
}

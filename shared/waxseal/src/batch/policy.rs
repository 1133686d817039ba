//! How batches are run: the choices that a user has.

use std::time::Duration;

use crate::{batch::backoff::Backoff, commit::Grouping};

/// The time that is left of an invocation when no further work starts, unless the [`Policy`] says another (S-20).
pub const MARGIN: Duration = Duration::from_secs(1);

/// What to do with a record that cannot be read (S-3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MalformedPolicy {
    /// Dead-letter it at once: reading it again gives the same.
    #[default]
    DeadLetter,
    /// Report it as failed, so that the queue's own redrive policy decides.
    Retry,
}

/// What becomes of the rest of an ordered group when one of it is dead-lettered by us (S-32).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GroupPolicy {
    /// It goes on, as after SQS's own redrive.
    #[default]
    Skip,
    /// It follows to the dead-letter queue, in order, until [`Engine::unblock_group`](crate::Engine::unblock_group):
    /// for events that mean nothing without the one before. One more read for each group of a batch.
    Block,
}

/// What is answered when every record of a batch failed (S-7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TotalFailure {
    /// All of them are reported.
    #[default]
    Report,
    /// The invocation fails, so that the event source mapping slows down.
    Raise,
}

/// How batches are run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Policy {
    /// What to do with records that cannot be read.
    pub malformed: MalformedPolicy,
    /// Handlers at once (S-21). 10 unless set. A handler that has returned and waits for its commit does not count, and
    /// neither does an [`Aggregate`](crate::Aggregate), which waits for nothing.
    pub concurrency: usize,
    /// How commits share requests.
    pub grouping: Grouping,
    /// No record starts with less time left than this (S-20). 1 s unless set; a quarter of the invocation's time where
    /// that is less.
    pub margin: Duration,
    /// When a failed record comes again (S-24), where its queue can be told.
    pub backoff: Backoff,
    /// Records that were received before run last, one at a time, each behind a marker, so that one that kills the process
    /// takes no other with it to the dead-letter queue (S-28). Off unless set: it costs three requests for each such record,
    /// and two runs that never ended are the end of a record, whatever ended them.
    pub isolation: bool,
    /// What becomes of an ordered group after a dead letter of ours.
    pub groups: GroupPolicy,
    /// What is answered when every record failed.
    pub total_failure: TotalFailure,
    /// The queue's `maxReceiveCount`, where known: on the last receive a record is dead-lettered by us, with the reason
    /// that SQS's own redrive could not give.
    pub max_receives: Option<u32>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            malformed: MalformedPolicy::default(),
            concurrency: 10,
            grouping: Grouping::default(),
            margin: MARGIN,
            backoff: Backoff::default(),
            isolation: false,
            groups: GroupPolicy::default(),
            total_failure: TotalFailure::default(),
            max_receives: None,
        }
    }
}

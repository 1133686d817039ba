//! How batches are run: the choices that a user has.

use std::time::Duration;

use crate::engine::Grouping;

/// What to do with a record that cannot be read (S-3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MalformedPolicy {
    /// Dead-letter it at once: reading it again gives the same.
    #[default]
    DeadLetter,
    /// Report it as failed, so that the queue's own redrive policy decides.
    Retry,
}

/// How batches are run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Policy {
    /// What to do with records that cannot be read.
    pub malformed: MalformedPolicy,
    /// Handlers at once (S-21). 10 unless set. A handler that has returned and waits for its commit does not count, and
    /// neither does a [`Decide`](crate::Decide), which waits for nothing.
    pub concurrency: usize,
    /// How commits share requests.
    pub grouping: Grouping,
    /// No record starts with less time left than this (S-20). 1 s unless set; a quarter of the invocation's time where
    /// that is less.
    pub margin: Duration,
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
            margin: Duration::from_secs(1),
            max_receives: None,
        }
    }
}

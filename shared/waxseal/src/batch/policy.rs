//! The policy of batches: the choices of a user.

use std::time::Duration;

use crate::{batch::backoff::Backoff, commit::Grouping};

/// The default margin: with less time left no further work starts (S-20).
pub const MARGIN: Duration = Duration::from_secs(1);

/// The treatment of a record that cannot be read (S-3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum MalformedPolicy {
    /// Dead-letter it at once, since another read gives the same result.
    #[default]
    DeadLetter,
    /// Report it as failed, so that the queue's redrive policy decides.
    Retry,
}

/// The treatment of an ordered group after one of its records was dead-lettered by the batch
/// (S-32).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum GroupPolicy {
    /// The group goes on, as after SQS's own redrive.
    #[default]
    Skip,
    /// The group is blocked: its records follow to the dead-letter queue, in order, until
    /// [`Engine::unblock_group`](crate::Engine::unblock_group). This is for events that mean
    /// nothing without the one before. It costs one more read for each group of a batch.
    Block,
}

/// The response when every record of a batch failed (S-7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum TotalFailure {
    /// All records are reported as failed.
    #[default]
    Report,
    /// The invocation fails, so that the event source mapping slows down.
    Raise,
}

/// The policy by which batches are run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Policy {
    /// The treatment of records that cannot be read.
    pub malformed: MalformedPolicy,
    /// The number of handlers that run at once (S-21); 10 by default. A handler that waits for its
    /// commit does not count, and neither does an [`Aggregate`](crate::Aggregate), which waits for
    /// nothing.
    pub concurrency: usize,
    /// The sharing of requests by commits.
    pub grouping: Grouping,
    /// The margin: with less time left no record starts (S-20). The default is 1 s, but never more
    /// than a quarter of the invocation's time.
    pub margin: Duration,
    /// The delay of failed records (S-24), where their queue can be told.
    pub backoff: Backoff,
    /// Isolates records that were received before (S-28). They run last, one at a time, each behind
    /// a marker. So a record that kills the process takes no other with it to the dead-letter
    /// queue. It is off by default. It costs three requests for each such record, and two runs
    /// without an end are the end of a record, whatever the cause.
    pub isolation: bool,
    /// The treatment of an ordered group after a dead letter.
    pub groups: GroupPolicy,
    /// The response when every record failed.
    pub total_failure: TotalFailure,
    /// The queue's `maxReceiveCount`, where it is known. On the last receive the batch dead-letters
    /// the record with its reason, which SQS's own redrive could not give.
    pub max_receives: Option<u32>,
    /// The maximum record age of the mapping of a stream or a topic, where it is known. Such a
    /// source counts no receives. A record that fails in the last quarter of that time is
    /// dead-lettered with its reason, before the mapping gives it up.
    pub max_age: Option<Duration>,
    /// Names failed records of Kafka in the response, by partition and offset. Its event source
    /// mapping reads that in provisioned mode alone, with `ReportBatchItemFailures`. In any other mode
    /// Lambda takes such a response for success, and the records would be lost. So it is off by
    /// default, and a failed record fails the invocation.
    pub kafka_offsets: bool,
}

impl Policy {
    /// The age at which a failed record is dead-lettered.
    pub(super) fn last_age(&self) -> Option<Duration> {
        self.max_age.map(|age| age / 4 * 3)
    }
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
            max_age: None,
            kafka_offsets: false,
        }
    }
}

//! Injected faults and their frequency: duplicates, reordering, crashes and lost answers, all from
//! the seed.

use std::time::Duration;

/// Probabilities of faults. The last receive before the dead-letter queue is immune, so that a run
/// with faults ends as one without: a record is dead-lettered for its own fault alone.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Faults {
    /// A message is delivered twice.
    pub duplicate: f64,
    /// The longest delay before a message becomes visible. Later messages overtake it.
    pub reorder: Duration,
    /// The process is killed between a handler and its commit.
    pub crash_before_commit: f64,
    /// The process is killed between a commit and the answer to Lambda.
    pub crash_after_commit: f64,
    /// A write is applied, but its answer is lost.
    pub lost_answer: f64,
    /// A published entry is refused for now, as under throttling.
    pub throttled_entry: f64,
    /// The relay is killed between publishing and its checkpoint (O-3).
    pub crash_after_publish: f64,
    /// A hint about a timer is lost on its way to the queue. SQS loses nothing; a hint may be refused,
    /// or end with its function (S-69).
    pub lost_hint: f64,
    /// The longest time that one table request takes.
    pub latency: Duration,
}

impl Faults {
    /// No fault, and no latency.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            duplicate: 0.0,
            reorder: Duration::ZERO,
            crash_before_commit: 0.0,
            crash_after_commit: 0.0,
            lost_answer: 0.0,
            throttled_entry: 0.0,
            crash_after_publish: 0.0,
            lost_hint: 0.0,
            latency: Duration::ZERO,
        }
    }

    /// A bad day: faults far more frequent than on AWS, so that a few hundred messages meet every
    /// one.
    #[must_use]
    pub const fn bad_day() -> Self {
        Self {
            duplicate: 0.10,
            reorder: Duration::from_millis(400),
            crash_before_commit: 0.01,
            crash_after_commit: 0.01,
            lost_answer: 0.02,
            throttled_entry: 0.03,
            crash_after_publish: 0.03,
            lost_hint: 0.03,
            latency: Duration::from_millis(8),
        }
    }
}

//! Hooks: an observer is called for each action of the engine, a batch and a relay.
//!
//! Metrics, the counters of the embedded environment and later views are observers. An observer
//! sees identities and outcomes, and no payload. It cannot change the outcome. It must not block,
//! and its panic is a panic of its caller.

use std::{fmt, sync::Arc, time::Duration};

use waxseal_message::Timestamp;

use crate::{code::Code, dead_letter::DeadLetter};

/// An observer of actions. The default of every method does nothing.
///
/// ```
/// use std::sync::{Arc, atomic::{AtomicU64, Ordering}};
/// use waxseal::{Settings, observe::{Handled, HandledAs, Observer, Observers}};
///
/// #[derive(Default)]
/// struct Duplicates(AtomicU64);
/// impl Observer for Duplicates {
///     fn handled(&self, record: &Handled<'_>) {
///         if record.outcome == HandledAs::Duplicate {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
/// let duplicates = Arc::new(Duplicates::default());
/// let mut settings = Settings::default();
/// settings.observers = Observers::of(duplicates.clone());
/// ```
pub trait Observer: Send + Sync + 'static {
    /// A record of a batch has reached its end. Records are reported in the order of the batch.
    fn handled(&self, record: &Handled<'_>) {
        let _ = record;
    }
    /// A batch has ended. Its records were reported before.
    fn batch_ended(&self, batch: &BatchEnded<'_>) {
        let _ = batch;
    }
    /// A unit of work is committed: its receipt, its state and its emissions.
    fn committed(&self, unit: &Committed<'_>) {
        let _ = unit;
    }
    /// A handler has failed, and nothing of its run is committed. Its record comes again, or it
    /// becomes a dead letter.
    fn failed(&self, run: &Failed<'_>) {
        let _ = run;
    }
    /// An effect has taken the lease of its message.
    fn leased(&self, lease: &Leased<'_>) {
        let _ = lease;
    }
    /// The compensation of a process's instance has failed, so the instance waits for a person (G-2).
    /// The commit that says so was reported before.
    fn compensation_failed(&self, failed: &CompensationFailed<'_>) {
        let _ = failed;
    }
    /// A relay has published an emission, or could not.
    fn published(&self, emission: &Published<'_>) {
        let _ = emission;
    }
    /// A dead letter is written.
    fn dead_lettered(&self, dead_letter: &DeadLetter) {
        let _ = dead_letter;
    }
}

/// The end of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Handled<'a> {
    /// The service.
    pub service: &'a str,
    /// The record's id.
    pub record: &'a str,
    /// Name, source and id of its envelope, where it has one.
    pub message: Option<(&'a str, &'a str, &'a str)>,
    /// The number of receives, this one included.
    pub receives: u32,
    /// The outcome.
    pub outcome: HandledAs,
}

impl<'a> Handled<'a> {
    pub(crate) fn new(service: &'a str, record: &'a str, receives: u32, outcome: HandledAs) -> Self {
        Self { service, record, message: None, receives, outcome }
    }
}

/// The outcome of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HandledAs {
    /// It took effect.
    Applied,
    /// It had taken effect before.
    Duplicate,
    /// A later event of its entity had taken effect before.
    Stale,
    /// It holds nothing for a handler, or no handler wants its payload.
    Ignored,
    /// It is in the dead-letter queue.
    DeadLettered,
    /// It failed and is delivered again.
    Failed,
    /// An earlier record of its group failed, so it is delivered again.
    Blocked,
    /// Too little time was left to start it, so it is delivered again.
    Unstarted,
}

impl HandledAs {
    /// Its name in logs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Duplicate => "duplicate",
            Self::Stale => "stale",
            Self::Ignored => "ignored",
            Self::DeadLettered => "dead-lettered",
            Self::Failed => "failed",
            Self::Blocked => "blocked",
            Self::Unstarted => "unstarted",
        }
    }
}

/// The end of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BatchEnded<'a> {
    /// The service.
    pub service: &'a str,
    /// The outcomes of its records, in the order of the batch.
    pub outcomes: &'a [HandledAs],
    /// The time from the event of its oldest message to the end of the batch; `None` where no
    /// record held a message.
    pub oldest: Option<Duration>,
    /// The requests that the batch has sent to its table, reads and writes. A retry by the client
    /// of the table is not counted.
    pub requests: u64,
}

impl BatchEnded<'_> {
    /// The number of records with one of these outcomes.
    ///
    /// ```
    /// use waxseal::observe::{BatchEnded, HandledAs};
    /// fn came_in_vain(batch: &BatchEnded<'_>) -> usize {
    ///     batch.count(&[HandledAs::Duplicate, HandledAs::Stale])
    /// }
    /// ```
    #[must_use]
    pub fn count(&self, outcomes: &[HandledAs]) -> usize {
        self.outcomes.iter().filter(|outcome| outcomes.contains(outcome)).count()
    }
}

/// A committed unit of work.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Committed<'a> {
    /// Service and handler.
    pub consumer: &'a str,
    /// Name, source and id of the message that was handled.
    pub message: (&'a str, &'a str, &'a str),
}

impl<'a> Committed<'a> {
    pub(crate) fn new(consumer: &'a str, message: (&'a str, &'a str, &'a str)) -> Self {
        Self { consumer, message }
    }
}

/// A failed run of a handler.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failed<'a> {
    /// Service and handler.
    pub consumer: &'a str,
    /// Name, source and id of the message.
    pub message: (&'a str, &'a str, &'a str),
    /// The kind of failure.
    pub code: Code,
    /// The reason, in the form for logs.
    pub reason: &'a str,
}

impl<'a> Failed<'a> {
    pub(crate) fn new(
        consumer: &'a str,
        message: (&'a str, &'a str, &'a str),
        code: Code,
        reason: &'a str,
    ) -> Self {
        Self { consumer, message, code, reason }
    }
}

/// A lease that an effect has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Leased<'a> {
    /// Service and handler.
    pub consumer: &'a str,
    /// Name, source and id of the message.
    pub message: (&'a str, &'a str, &'a str),
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// The end of the lease.
    pub until: Timestamp,
}

impl<'a> Leased<'a> {
    pub(crate) fn new(
        consumer: &'a str,
        message: (&'a str, &'a str, &'a str),
        attempt: u32,
        until: Timestamp,
    ) -> Self {
        Self { consumer, message, attempt, until }
    }
}

/// A command that was not undone within its tries.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CompensationFailed<'a> {
    /// Service and process.
    pub consumer: &'a str,
    /// Kind and id of the instance, as its row has them: `fulfilment#order-7`.
    pub instance: &'a str,
    /// The name of the command.
    pub command: &'a str,
}

impl<'a> CompensationFailed<'a> {
    pub(crate) fn new(consumer: &'a str, instance: &'a str, command: &'a str) -> Self {
        Self { consumer, instance, command }
    }
}

/// An emission that a relay has tried to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Published<'a> {
    /// The service whose receipts are relayed.
    pub service: &'a str,
    /// The channel, in the form that receipts store.
    pub channel: &'a str,
    /// The outcome.
    pub outcome: PublishedAs,
}

impl<'a> Published<'a> {
    pub(crate) fn new(service: &'a str, channel: &'a str, outcome: PublishedAs) -> Self {
        Self { service, channel, outcome }
    }
}

/// The outcome of an emission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PublishedAs {
    /// Its channel took it.
    Published,
    /// It is tried again.
    Waiting,
    /// No retry can help: it becomes a dead letter with this code.
    Refused(Code),
}

/// The observers of an environment. Clones share them.
#[derive(Clone, Default)]
pub struct Observers(Vec<Arc<dyn Observer>>);

impl Observers {
    /// One observer.
    pub fn of(observer: Arc<dyn Observer>) -> Self {
        Self(vec![observer])
    }

    /// The same observers with one more, which is called after the others.
    #[must_use]
    pub fn and(mut self, observer: Arc<dyn Observer>) -> Self {
        self.0.push(observer);
        self
    }

    /// Whether there is no observer, so that no report need be built.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn each(&self, tell: impl Fn(&dyn Observer)) {
        self.0.iter().for_each(|observer| tell(&**observer));
    }
}

impl fmt::Debug for Observers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} observers", self.0.len())
    }
}

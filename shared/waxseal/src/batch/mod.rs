//! A batch of records: who runs when, what is reported as failed, what is dead-lettered.

mod backoff;
mod lanes;
mod letter;
mod policy;
mod progress;
mod response;
mod round;
mod run;

pub use backoff::{Backoff, Delay, LONGEST_DELAY, Visibility};
pub use letter::{DeadLetters, Letter};
pub use policy::{GroupPolicy, MalformedPolicy, Policy, TotalFailure};
pub use response::{MissingId, failures};
pub use run::Batches;

use std::time::Duration;

pub use crate::engine::Grouping;
use crate::{Malformed, Outcome, Raw};

/// One record of a batch, as a source parsed it.
#[derive(Debug, Clone)]
pub struct Record {
    /// What the response names it by: SQS's message id, a stream's sequence number.
    pub id: String,
    /// Records of one group run one after another, in order, and a failure holds back the rest: a FIFO message group,
    /// a stream's partition key. `None` on a standard queue.
    pub group: Option<String>,
    /// How often it has been received, this time included; 1 where the source does not count.
    pub receives: u32,
    /// What its queue knows this delivery by, where there is one.
    pub ticket: Option<Ticket>,
    /// The body as it arrived, for the dead-letter queue.
    pub body: Vec<u8>,
    /// What it holds.
    pub content: Content,
}

/// What a queue knows one delivery by, so that it can be told when to deliver it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The queue, as its source names it: an ARN.
    pub queue: String,
    /// SQS's receipt handle.
    pub handle: String,
}

/// What a record holds.
#[derive(Debug, Clone)]
pub enum Content {
    /// An event or a command.
    Message(Box<Raw>),
    /// Nothing for a handler, with the reason: acknowledged.
    Ignored(&'static str),
    /// Not readable.
    Malformed(Malformed),
}

/// How a record was dealt with.
#[derive(Debug, Clone)]
pub enum Verdict {
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

impl Verdict {
    /// Whether the record must come again.
    #[must_use]
    pub fn is_failed(&self) -> bool {
        matches!(self, Self::Failed { .. } | Self::Blocked | Self::Unstarted)
    }
}

/// What a panic said.
#[must_use]
pub fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().map(str::to_owned);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}

//! A batch of records: who runs when, what is reported as failed, what is dead-lettered.

mod backoff;
mod lanes;
mod policy;
mod progress;
mod response;
mod round;
mod run;

pub use backoff::{Backoff, Delay, LONGEST_DELAY, Visibility};
pub use policy::{GroupPolicy, MalformedPolicy, Policy, TotalFailure};
pub use response::{MissingId, failures};
pub use run::Batches;

use std::time::Duration;

use crate::{
    Malformed, Outcome, Raw,
    dead_letter::{Attribute, Returned},
};
pub use crate::{
    dead_letter::{DeadLetter, DeadLetters},
    engine::Grouping,
};

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
    /// The message attributes that it arrived with, for the dead-letter queue.
    pub attributes: Vec<Attribute>,
    /// Where it is a dead letter that came back: what it releases (S-19).
    pub returned: Option<Box<Returned>>,
    /// What it holds.
    pub content: Content,
}

impl Record {
    /// A record of no group, received for the first time, that no queue counts.
    #[must_use]
    pub fn new(id: impl Into<String>, body: Vec<u8>, content: Content) -> Self {
        Self {
            id: id.into(),
            group: None,
            receives: 1,
            ticket: None,
            body,
            attributes: Vec::new(),
            returned: None,
            content,
        }
    }
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

//! One record of a batch, as a source parsed it.

use crate::{
    batch::outcome::RecordOutcome,
    dead_letter::{Attribute, Returned},
    engine::Outcome,
    observe::{Handled, HandledAs},
};
use waxseal_message::{Malformed, Raw};

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
    pub receipt_handle: Option<ReceiptHandle>,
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
            receipt_handle: None,
            body,
            attributes: Vec::new(),
            returned: None,
            content,
        }
    }
}

impl Record {
    /// The record's end, as observers are told it.
    pub(super) fn handled<'a>(&'a self, service: &'a str, outcome: &RecordOutcome) -> Handled<'a> {
        let outcome = match outcome {
            RecordOutcome::Done(Some(Outcome::Applied)) => HandledAs::Applied,
            RecordOutcome::Done(Some(Outcome::Duplicate)) => HandledAs::Duplicate,
            RecordOutcome::Done(Some(Outcome::Stale)) => HandledAs::Stale,
            RecordOutcome::Done(None) => HandledAs::Ignored,
            RecordOutcome::DeadLettered { .. } => HandledAs::DeadLettered,
            RecordOutcome::Failed { .. } => HandledAs::Failed,
            RecordOutcome::Blocked => HandledAs::Blocked,
            RecordOutcome::Unstarted => HandledAs::Unstarted,
        };
        let mut handled = Handled::new(service, &self.id, self.receives, outcome);
        if let Content::Message(raw) = &self.content {
            handled.message = Some((&raw.name, &raw.source, &raw.id));
        }
        handled
    }
}

/// What a queue knows one delivery by, so that it can be told when to deliver it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptHandle {
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

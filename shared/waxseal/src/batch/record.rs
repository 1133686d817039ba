//! One record of a batch, as a source parsed it.

use crate::{
    batch::{outcome::RecordOutcome, place::Place},
    dead_letter::{Attribute, Returned},
    engine::Outcome,
    observe::{Handled, HandledAs},
};
use waxseal_message::{Malformed, Raw, Timestamp};

/// One record of a batch, as a source parsed it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Record {
    /// The name of the record in the response: SQS's message id, a stream's sequence number.
    pub id: String,
    /// The group of the record: a FIFO message group, a stream's partition key; `None` on a
    /// standard queue. Records of one group run one after another, in order, and a failure keeps
    /// back the rest.
    pub group: Option<String>,
    /// The number of receives, this one included; 1 where the source does not count.
    pub receives: u32,
    /// The receipt handle of this delivery, where a queue delivered it.
    pub receipt_handle: Option<ReceiptHandle>,
    /// The body of the delivery, for the dead-letter queue.
    pub body: Vec<u8>,
    /// The message attributes of the delivery, for the dead-letter queue.
    pub attributes: Vec<Attribute>,
    /// The failures that the record releases, where it is a redriven dead letter (S-19).
    pub returned: Option<Box<Returned>>,
    /// The place of the record, where a stream or a topic delivered it. Such a record is given up
    /// by its age.
    pub place: Option<Box<Place>>,
    /// The content of the body.
    pub content: Content,
}

impl Record {
    /// A record without a group, received for the first time, from a source without receipt
    /// handles.
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
            place: None,
            content,
        }
    }

    /// The same record in this group.
    #[must_use]
    pub fn in_group(self, group: impl Into<String>) -> Self {
        Self { group: Some(group.into()), ..self }
    }

    /// The same record at its `receives`th receive.
    #[must_use]
    pub fn received(self, receives: u32) -> Self {
        Self { receives, ..self }
    }

    /// The same record with this content.
    #[must_use]
    pub fn holding(self, content: Content) -> Self {
        Self { content, ..self }
    }
}

impl Record {
    /// The time of its event, where it holds one.
    pub(super) fn timestamp(&self) -> Option<Timestamp> {
        match &self.content {
            Content::Message(raw) => Some(raw.timestamp),
            Content::Ignored(_) | Content::Malformed(_) => None,
        }
    }

    /// The record's end in the form for observers.
    pub(super) fn handled<'a>(&'a self, service: &'a str, outcome: &RecordOutcome) -> Handled<'a> {
        let outcome = match outcome {
            RecordOutcome::Done(Some(Outcome::Applied)) => HandledAs::Applied,
            RecordOutcome::Done(Some(Outcome::Duplicate)) => HandledAs::Duplicate,
            RecordOutcome::Done(Some(Outcome::Stale)) => HandledAs::Stale,
            // The row comes again by its own time, and the hint is done with.
            RecordOutcome::Done(Some(Outcome::Postponed)) => HandledAs::Failed,
            RecordOutcome::Done(Some(Outcome::Unwanted) | None) => HandledAs::Ignored,
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

/// The handle by which a queue knows one delivery. With it the queue can be told when to deliver
/// the record again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptHandle {
    /// The ARN of the queue.
    pub queue: String,
    /// SQS's receipt handle.
    pub handle: String,
}

/// The content of a record.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Content {
    /// An event or a command.
    Message(Box<Raw>),
    /// Nothing for a handler, with the reason. The record is acknowledged.
    Ignored(&'static str),
    /// An unreadable body.
    Malformed(Malformed),
}

//! A dead letter and its destination.

use std::future::Future;

use serde::{Deserialize, Serialize};

use crate::{code::Code, fault::BoxError, future::BoxFuture};
use waxseal_message::Timestamp;

/// The name of the attribute that a dead letter adds to its record.
pub const ATTRIBUTE: &str = "waxseal";

/// A record for the dead-letter queue: its verbatim body and the reason (S-27).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeadLetter {
    /// The body as it arrived.
    pub body: Vec<u8>,
    /// The message attributes of the record.
    pub attributes: Vec<Attribute>,
    /// The ARN of the queue that delivered the record; `None` for other sources.
    pub queue: Option<String>,
    /// The message group of the record, where its queue is FIFO, or the partition key of a stream.
    pub group: Option<String>,
    /// The kind of failure.
    pub code: Code,
    /// The reason in one line, in the form for logs.
    pub reason: String,
    /// The reason with its [`Quoted`](crate::Quoted) texts, where it has any. Only the dead letter
    /// shows it.
    pub quoted_reason: Option<String>,
    /// The time at which the record was dead-lettered.
    pub time: Timestamp,
    /// The record's id.
    pub record: String,
    /// The service that dead-lettered the record.
    pub service: String,
    /// Source and id of the envelope, where there is one. With the service they are the key by
    /// which readers fold repeated dead letters.
    pub identity: Option<(String, String)>,
    /// The envelope's name, where there is one.
    pub name: Option<String>,
    /// The handler that failed, where one did.
    pub handler: Option<String>,
    /// The effects that failed for good. The dead letter releases them when it is redriven (S-19).
    pub handlers: Vec<FailedHandler>,
}

/// An effect that failed for good.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FailedHandler {
    /// The handler's name.
    pub name: String,
    /// The writer token of its receipt.
    pub token: String,
}

/// A message attribute, as its queue delivered it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Its data type: `String`, `Number` or `Binary`, with an optional label of the sender after a
    /// dot.
    pub kind: String,
    /// Its value.
    pub value: AttributeValue,
}

/// The value of an [`Attribute`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeValue {
    /// The value of a `String` or a `Number`.
    Text(String),
    /// The value of a `Binary`.
    Binary(Vec<u8>),
}

impl Attribute {
    /// An attribute of type `String`.
    pub fn text(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), kind: "String".to_owned(), value: AttributeValue::Text(value.into()) }
    }

    /// The text of the value, where it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            AttributeValue::Text(text) => Some(text),
            AttributeValue::Binary(_) => None,
        }
    }

    /// The bytes that the attribute adds to a message's size: name, type and value. Source: SQS API
    /// reference, `SendMessage`.
    #[must_use]
    pub fn size(&self) -> usize {
        let value = match &self.value {
            AttributeValue::Text(text) => text.len(),
            AttributeValue::Binary(bytes) => bytes.len(),
        };
        self.name.len() + self.kind.len() + value
    }
}

impl DeadLetter {
    /// The reason that the dead letter shows.
    #[must_use]
    pub fn whole_reason(&self) -> &str {
        self.quoted_reason.as_deref().unwrap_or(&self.reason)
    }
}

/// The place of a dead letter in the FIFO dead-letter queue of its own FIFO queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FifoPlace<'a> {
    /// The ARN of the queue that delivered the record.
    pub queue: &'a str,
    /// Its message group: dead letters of a group keep their order.
    pub group: &'a str,
    /// The id by which the queue folds dead letters of five minutes: that of the record.
    ///
    /// It is not the sender's deduplication id. A redriven record that fails again within five
    /// minutes would have the same one, and SQS would take its dead letter and not keep it. A
    /// redelivery keeps the record's id, and a redrive gives another one.
    pub deduplication: &'a str,
}

impl DeadLetter {
    /// The place of this dead letter beside its FIFO queue; `None` where its queue is none.
    ///
    /// ```
    /// use waxseal::{Code, Timestamp, batch::{Content, ReceiptHandle, Record}};
    /// let mut record = Record::new("m-1", Vec::new(), Content::Ignored("an example")).in_group("customer-7");
    /// let queue = "arn:aws:sqs:eu-west-1:123456789012:shop-prod-orders-bookings.fifo".to_owned();
    /// record.receipt_handle = Some(ReceiptHandle { queue, handle: "h".into() });
    /// let dead_letter = record.dead_letter("orders", Timestamp::UNIX_EPOCH, Code::Malformed, "no event".into());
    /// let place = dead_letter.fifo().unwrap();
    /// assert_eq!((place.group, place.deduplication), ("customer-7", "m-1"));
    /// ```
    #[must_use]
    pub fn fifo(&self) -> Option<FifoPlace<'_>> {
        let queue = self.queue.as_deref().filter(|queue| queue.ends_with(FIFO))?;
        Some(FifoPlace { queue, group: self.group.as_deref()?, deduplication: &self.record })
    }
}

/// The end of the name of every FIFO queue.
const FIFO: &str = ".fifo";

/// The name, or the ARN, of the dead-letter queue beside a FIFO queue, where the dead-letter queues
/// of an application have this suffix. `None` where the queue is not FIFO.
///
/// ```
/// use waxseal::dead_letter::beside;
/// assert_eq!(beside("bookings.fifo", "-dlq").as_deref(), Some("bookings-dlq.fifo"));
/// assert_eq!(beside("orders-events", "-dlq"), None);
/// ```
#[must_use]
pub fn beside(queue: &str, suffix: &str) -> Option<String> {
    queue.strip_suffix(FIFO).map(|name| format!("{name}{suffix}{FIFO}"))
}

/// The destination of dead letters.
pub trait DeadLetters: Send + Sync + 'static {
    /// Stores a dead letter. After `Ok` the record is acknowledged.
    ///
    /// # Errors
    /// Where the dead letter may not have been stored. The record is then reported as failed, so it
    /// is never lost.
    fn send(&self, dead_letter: DeadLetter) -> impl Future<Output = Result<(), BoxError>> + Send;
}

/// [`DeadLetters`] of any kind, as one type.
pub(crate) struct AnyDeadLetters(Box<dyn Erased>);

trait Erased: Send + Sync {
    fn send(&self, dead_letter: DeadLetter) -> BoxFuture<'_, Result<(), BoxError>>;
}

impl<D: DeadLetters> Erased for D {
    fn send(&self, dead_letter: DeadLetter) -> BoxFuture<'_, Result<(), BoxError>> {
        Box::pin(DeadLetters::send(self, dead_letter))
    }
}

impl AnyDeadLetters {
    pub(crate) fn new(dead_letters: impl DeadLetters) -> Self {
        Self(Box::new(dead_letters))
    }
}

impl DeadLetters for AnyDeadLetters {
    async fn send(&self, dead_letter: DeadLetter) -> Result<(), BoxError> {
        self.0.send(dead_letter).await
    }
}

//! A dead letter, and where it goes.

use std::future::Future;

use serde::{Deserialize, Serialize};

use crate::{code::Code, fault::BoxError, future::BoxFuture};
use waxseal_message::Timestamp;

/// A record for the dead-letter queue: its body verbatim and why (S-27).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The body as it arrived.
    pub body: Vec<u8>,
    /// The message attributes that it arrived with.
    pub attributes: Vec<Attribute>,
    /// The ARN of the queue that delivered it, where a queue did.
    pub queue: Option<String>,
    /// The kind of failure.
    pub code: Code,
    /// Why it is here, as one line that a log may show.
    pub reason: String,
    /// The reason with the words of others in it ([`Quoted`](crate::Quoted)), where it quotes any: for the dead letter alone.
    pub quoted_reason: Option<String>,
    /// When it was given up.
    pub time: Timestamp,
    /// The record's id.
    pub record: String,
    /// The service that gave up.
    pub service: String,
    /// Source and id of the envelope, where there is one: with the service, the key by which readers fold repeated letters.
    pub identity: Option<(String, String)>,
    /// The envelope's name, where there is one.
    pub name: Option<String>,
    /// The effects that failed for good: the letter releases them when it comes back (S-19).
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
    /// Its data type: `String`, `Number` or `Binary`, and perhaps a label of its sender's behind a dot.
    pub kind: String,
    /// Its value.
    pub value: AttributeValue,
}

/// The value of an [`Attribute`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeValue {
    /// Of a `String` or a `Number`.
    Text(String),
    /// Of a `Binary`.
    Binary(Vec<u8>),
}

impl Attribute {
    /// An attribute of type `String`.
    pub fn text(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), kind: "String".to_owned(), value: AttributeValue::Text(value.into()) }
    }

    /// Its text, where it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            AttributeValue::Text(text) => Some(text),
            AttributeValue::Binary(_) => None,
        }
    }

    /// The bytes that it counts towards a message's limit: name, type and value. Source: SQS API reference, `SendMessage`.
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

/// Where dead letters go.
pub trait DeadLetters: Send + Sync + 'static {
    /// Stores a letter; once it returns `Ok` the record is acknowledged.
    ///
    /// # Errors
    /// Where the letter may not have been stored: the record is reported as failed, never lost.
    fn send(&self, letter: DeadLetter) -> impl Future<Output = Result<(), BoxError>> + Send;
}

/// [`DeadLetters`] of any kind, as one type.
pub(crate) struct AnyDeadLetters(Box<dyn Erased>);

trait Erased: Send + Sync {
    fn send(&self, letter: DeadLetter) -> BoxFuture<'_, Result<(), BoxError>>;
}

impl<D: DeadLetters> Erased for D {
    fn send(&self, letter: DeadLetter) -> BoxFuture<'_, Result<(), BoxError>> {
        Box::pin(DeadLetters::send(self, letter))
    }
}

impl AnyDeadLetters {
    pub(crate) fn new(dead_letters: impl DeadLetters) -> Self {
        Self(Box::new(dead_letters))
    }
}

impl DeadLetters for AnyDeadLetters {
    async fn send(&self, letter: DeadLetter) -> Result<(), BoxError> {
        self.0.send(letter).await
    }
}

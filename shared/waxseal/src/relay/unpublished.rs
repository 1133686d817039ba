//! The messages of a program that were not published.

use crate::relay::publisher::PublishError;

/// The messages of one publication that were not published. The others were.
///
/// The program publishes these again under the same ids, now or in a later run. A message that was
/// published all the same takes effect once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} of {of} messages are not published{}", messages.len(), first(messages))]
#[non_exhaustive]
pub struct Unpublished {
    /// The number of messages of the publication.
    pub of: usize,
    /// The messages that were not published, in the order in which they were given.
    pub messages: Vec<UnpublishedMessage>,
}

/// A message that was not published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{id}: {error}")]
#[non_exhaustive]
pub struct UnpublishedMessage {
    /// Its position among the messages of the publication.
    pub index: usize,
    /// Its id.
    pub id: String,
    /// The reason.
    pub error: PublishError,
}

fn first(messages: &[UnpublishedMessage]) -> String {
    messages.first().map_or_else(String::new, |first| format!("; the first is {first}"))
}

impl UnpublishedMessage {
    /// The message at this position, with the reason.
    pub fn new(index: usize, id: impl Into<String>, error: PublishError) -> Self {
        Self { index, id: id.into(), error }
    }
}

impl Unpublished {
    /// The outcome of a publication of `of` messages: an error where some were not published.
    ///
    /// # Errors
    /// Where `messages` is not empty.
    pub fn unless_none(of: usize, messages: Vec<UnpublishedMessage>) -> Result<(), Self> {
        if messages.is_empty() { Ok(()) } else { Err(Self { of, messages }) }
    }

    /// The reason of the only message of a publication.
    #[must_use]
    pub fn into_error(self) -> PublishError {
        let of = self.of;
        let first = self.messages.into_iter().next().map(|message| message.error);
        first.unwrap_or_else(|| PublishError::transient(format!("0 of {of} messages are published")))
    }
}

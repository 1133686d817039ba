//! Dead letters: what could not be handled, verbatim, with its reason (S-27).

use std::future::Future;

use crate::{BoxError, table::BoxFuture};

/// A record for the dead-letter queue: its body verbatim and why (S-27).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The body as it arrived.
    pub body: Vec<u8>,
    /// Why it is here, as one line.
    pub reason: String,
    /// The record's id.
    pub record: String,
    /// The service that gave up.
    pub service: String,
    /// Source and id of the envelope, where there is one: with the service, what readers fold repeated letters by.
    pub identity: Option<(String, String)>,
    /// The envelope's name, where there is one.
    pub name: Option<String>,
}

impl Letter {
    /// What a dead-letter queue keeps beside the body: names and texts of its message attributes.
    #[must_use]
    pub fn attributes(&self) -> Vec<(&'static str, String)> {
        let mut attributes = vec![
            ("waxseal-reason", self.reason.clone()),
            ("waxseal-service", self.service.clone()),
            ("waxseal-record", self.record.clone()),
        ];
        if let Some((source, id)) = &self.identity {
            attributes.extend([("waxseal-source", source.clone()), ("waxseal-event-id", id.clone())]);
        }
        attributes.extend(self.name.iter().map(|name| ("waxseal-event-type", name.clone())));
        attributes
    }
}

/// Where dead letters go.
pub trait DeadLetters: Send + Sync + 'static {
    /// Stores a letter; once it returns `Ok` the record is acknowledged.
    ///
    /// # Errors
    /// Where the letter may not have been stored: the record is reported as failed, never lost.
    fn send(&self, letter: Letter) -> impl Future<Output = Result<(), BoxError>> + Send;
}

/// Erased twin of [`DeadLetters`].
pub(super) trait AnyDeadLetters: Send + Sync {
    fn send(&self, letter: Letter) -> BoxFuture<'_, Result<(), BoxError>>;
}

impl<D: DeadLetters> AnyDeadLetters for D {
    fn send(&self, letter: Letter) -> BoxFuture<'_, Result<(), BoxError>> {
        Box::pin(DeadLetters::send(self, letter))
    }
}

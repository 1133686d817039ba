//! A relay and its channels.

use std::{fmt, future::Future, time::Duration};

use crate::{emission::Emission, observe::Observers, relay::progress::Progress};
use waxseal_message::Timestamp;

/// Publishes envelopes to their channels.
pub trait Publish: Send + Sync + 'static {
    /// Publishes `emissions`, in order where the channel keeps one; the results are in the order of
    /// `emissions`. The publisher splits them into requests within the channel's limits of count
    /// and bytes (S-26). A relay calls it for one channel at a time, and for several channels at
    /// once. `now` is the time from which [`Emission::delay`] counts.
    fn publish(
        &self,
        emissions: &[&Emission],
        now: Timestamp,
    ) -> impl Future<Output = Vec<Result<(), PublishError>>> + Send;
}

/// The reason why one entry was not published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
#[non_exhaustive]
pub struct PublishError {
    /// The reason in the channel's own text.
    pub reason: String,
    /// Whether a retry may help.
    pub kind: PublishErrorKind,
}

/// Whether a retry may help an entry that was not published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PublishErrorKind {
    /// Time alone may help: throttling, the service's own failure, no connection, credentials. The
    /// entry is tried again without end.
    Transient,
    /// The channel does not exist, or the relay may not publish to it. A deploy may help, so the
    /// entry is tried again until it is [`CHANNEL_WAIT`] old; then it is a dead letter (O-6).
    NoChannel,
    /// The entry itself is at fault, for example too big. No retry can help: it is a dead letter at
    /// once (O-6).
    Refused,
}

impl PublishError {
    /// An error of this kind.
    #[must_use]
    pub fn new(kind: PublishErrorKind, reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), kind }
    }

    /// An error that may pass with time.
    #[must_use]
    pub fn transient(reason: impl Into<String>) -> Self {
        Self::new(PublishErrorKind::Transient, reason)
    }

    /// An error of a channel that does not exist, or that the relay may not publish to.
    #[must_use]
    pub fn no_channel(reason: impl Into<String>) -> Self {
        Self::new(PublishErrorKind::NoChannel, reason)
    }

    /// An error of the entry itself.
    #[must_use]
    pub fn refused(reason: impl Into<String>) -> Self {
        Self::new(PublishErrorKind::Refused, reason)
    }
}

/// The age up to which an emission waits for a channel that does not exist or is denied: 5 minutes.
/// The records behind it in its shard wait as long. A deploy that creates both the sender and the
/// channel is done by then.
pub const CHANNEL_WAIT: Duration = Duration::from_secs(5 * 60);

/// One invocation of a relay: its channels and its memory.
pub struct Relay<'a, P, D> {
    /// The channels.
    pub publisher: &'a P,
    /// The destination of entries that cannot be published.
    pub dead_letters: &'a D,
    /// The service that is named in dead letters.
    pub service: &'a str,
    /// The published emissions of records that are delivered again.
    pub progress: &'a Progress,
    /// The current time, for the age of records.
    pub now: Timestamp,
    /// The observers of emissions.
    pub observers: &'a Observers,
}

impl<P, D> fmt::Debug for Relay<'_, P, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay")
            .field("service", &self.service)
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

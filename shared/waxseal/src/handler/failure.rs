//! The failures of a message: the reasons why it did not take effect.

use std::time::Duration;

use crate::{
    code::Code,
    commit::{CommitError, Stopped},
    error_chain::error_chain,
    fault::Fault,
    panic::Caught,
    row::HistoryError,
    table::{Key, TableError, TooLarge, WriteError},
};
use waxseal_message::{DecodeError, Timestamp};

/// The reason why a message did not take effect. [`Failure::is_permanent`] says whether a retry may
/// help.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The handler returned this fault.
    #[error("{}{}", error_chain(.0.reason()), .0.quoted().map_or_else(String::new, |quoted| format!(": {quoted}")))]
    Fault(Fault),
    /// The payload does not fit the handler's type.
    #[error(transparent)]
    Decode(DecodeError),
    /// No handler takes the message. A batch treats it as malformed (S-3).
    #[error("service {service} has no handler for {name}: it handles {known}")]
    Unknown {
        /// The message's name.
        name: String,
        /// The service.
        service: String,
        /// The messages that the service handles.
        known: String,
    },
    /// The id was used before with another payload (S-16).
    #[error(
        "{publisher} used id {id} before with another payload: hash {first} then, {now} now; the first one stands"
    )]
    PayloadMismatch {
        /// The publisher.
        publisher: String,
        /// The id.
        id: String,
        /// The hash that the receipt holds.
        first: String,
        /// The hash of this delivery.
        now: String,
    },
    /// Another attempt holds the lease (S-14).
    #[error("another attempt holds it until {until}")]
    InProgress {
        /// The end of the lease.
        until: Timestamp,
    },
    /// The lease ran out and another attempt took over; nothing of this attempt was committed
    /// (S-12).
    #[error("the lease was lost to another attempt; nothing of this one was committed")]
    LeaseLost,
    /// It failed for good before (S-19).
    #[error(
        "it failed for good before: {error}; mend the cause, then redrive this dead letter, which releases that failure: aws sqs \
         start-message-move-task --source-arn <its dead-letter queue> --destination-arn <the queue that it names>"
    )]
    Remembered {
        /// The reason of that failure.
        error: String,
    },
    /// The outside system has forgotten the effect key, so acting again could act twice.
    #[error(
        "outcome unknown: {attempts} attempts since {first_at} without a commit, and the outside remembers a key no longer{}: \
         find out what happened there, invoke the function with {{\"release\":{{\"source\":…,\"id\":…,\"handler\":{handler:?},\
         \"outcome\":\"done\" or \"not-done\"}}}}, then redrive this dead letter",
        last_error.as_ref().map_or_else(String::new, |error| format!(" (last error: {error})"))
    )]
    OutcomeUnknown {
        /// The handler.
        handler: &'static str,
        /// The number of attempts so far.
        attempts: u32,
        /// The time at which the first attempt began.
        first_at: Timestamp,
        /// The reason of the last attempt that left one.
        last_error: Option<String>,
    },
    /// Nothing says whether the command that is to be undone took effect (S-72).
    #[error(
        "nothing says whether {command} {id} of {sender}, sent at {sent}, took effect: it has no receipt, and it is older than \
         receipts are kept; undo by hand what is left of it"
    )]
    UndoUnknown {
        /// The command's name.
        command: &'static str,
        /// The service that sent it.
        sender: String,
        /// Its id.
        id: String,
        /// The time at which it was sent.
        sent: Timestamp,
    },
    /// The event came before its predecessor in a sequence that is followed without gaps (S-34).
    #[error("number {number} of {subject} came before number {awaited}, which takes effect first")]
    Early {
        /// The entity.
        subject: String,
        /// The event's number in the entity's sequence.
        number: u64,
        /// The missing number.
        awaited: u64,
    },
    /// Other writers changed the same entities first each time.
    #[error("lost the race for its entities {tries} times")]
    Contended {
        /// The number of runs.
        tries: u32,
    },
    /// The handler wrote an entity that it had not loaded in the same run, twice in a row (C-2). A
    /// retry may help, since another message may delete or create the entity meanwhile. On the last
    /// receive the message is dead-lettered with this reason.
    #[error("{}", not_loaded(entity, *exists))]
    NotLoaded {
        /// The entity's key.
        entity: String,
        /// Whether the entity is stored, so that it was created a second time. Otherwise it was
        /// deleted.
        exists: bool,
    },
    /// Another attempt wrote one of the protocol's own items first, such as the receipt.
    #[error("another attempt wrote {items} first")]
    Conflict {
        /// The items' keys.
        items: String,
    },
    /// The staged writes do not fit one write request (C-2).
    #[error("too large to commit at once: {0}")]
    TooLarge(TooLarge),
    /// The table could not be read or written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The invocation's time was up (S-20), or its process is shut down (S-22).
    #[error("stopped before it was done: the invocation's time was up")]
    Stopped,
    /// Too little time was left to start it, so nothing was done (S-20).
    #[error("not started: too little of the invocation's time was left")]
    Unstarted,
    /// The handler panicked (S-6).
    #[error("the handler panicked{0}")]
    Panic(Caught),
}

impl Failure {
    /// The code of its kind, for dead letters.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Fault(fault) if fault.reason().is::<HistoryError>() => Code::HistoryUnreadable,
            Self::Fault(_) => Code::HandlerFailed,
            Self::Decode(DecodeError::Newer { .. }) => Code::NewerVersion,
            Self::Decode(_) => Code::PayloadShape,
            Self::Unknown { .. } => Code::NoHandler,
            Self::PayloadMismatch { .. } => Code::PayloadMismatch,
            Self::Remembered { .. } => Code::FailedBefore,
            Self::OutcomeUnknown { .. } => Code::OutcomeUnknown,
            Self::UndoUnknown { .. } => Code::UndoUnknown,
            Self::TooLarge(_) => Code::TooLarge,
            Self::Table(_) => Code::TableUnavailable,
            Self::InProgress { .. }
            | Self::LeaseLost
            | Self::Early { .. }
            | Self::Contended { .. }
            | Self::Conflict { .. } => Code::Contended,
            Self::NotLoaded { .. } => Code::NotLoaded,
            Self::Stopped | Self::Unstarted => Code::OutOfTime,
            Self::Panic { .. } => Code::HandlerPanicked,
        }
    }

    /// Whether no retry can help, so that the record is dead-lettered at once (S-27).
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Fault(fault) => fault.is_permanent(),
            // A deploy may be under way (S-43).
            Self::Decode(DecodeError::Newer { .. }) => false,
            Self::Decode(_) => true,
            Self::Unknown { .. }
            | Self::PayloadMismatch { .. }
            | Self::Remembered { .. }
            | Self::OutcomeUnknown { .. }
            | Self::UndoUnknown { .. }
            | Self::TooLarge(_) => true,
            Self::InProgress { .. }
            | Self::LeaseLost
            | Self::Early { .. }
            | Self::Contended { .. }
            | Self::NotLoaded { .. }
            | Self::Conflict { .. }
            | Self::Table(_)
            | Self::Stopped
            | Self::Unstarted
            | Self::Panic(_) => false,
        }
    }

    /// The delay that the handler asked for, or the rest of another attempt's lease at `now`.
    #[must_use]
    pub fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        match self {
            Self::Fault(fault) => fault.retry_after(),
            Self::InProgress { until } => until.checked_duration_since(now),
            _ => None,
        }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Stopped> for Failure {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

impl From<CommitError> for Failure {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Write(error) => error.into(),
            CommitError::ConflictInBatch(keys) => Self::Conflict { items: listed(&keys) },
        }
    }
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Refused(refusals) => {
                Self::Conflict { items: listed(refusals.iter().map(|refusal| &refusal.key)) }
            }
            WriteError::TooLarge(error) => Self::TooLarge(error),
            WriteError::Unavailable(error) => Self::Table(error),
        }
    }
}

fn listed<'a>(keys: impl IntoIterator<Item = &'a Key>) -> String {
    keys.into_iter().map(Key::to_string).collect::<Vec<_>>().join(", ")
}

fn not_loaded(entity: &str, exists: bool) -> String {
    if exists {
        format!(
            "entity {entity} exists already, and the handler saved it without loading it: load it first, and create it only \
             where the load finds none"
        )
    } else {
        format!(
            "entity {entity} is not there any more, and the handler saved it without loading it in the same run: load it first, \
             and create it where the load finds none"
        )
    }
}

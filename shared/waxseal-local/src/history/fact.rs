//! One fact of a history.

use std::fmt;

use waxseal::{Code, Timestamp, observe::HandledAs};

/// A message, by name, source and id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Named {
    /// Its name.
    pub name: String,
    /// The service that emitted it.
    pub source: String,
    /// Its id.
    pub id: String,
}

impl Named {
    pub(crate) fn new(name: &str, source: &str, id: &str) -> Self {
        Self { name: name.to_owned(), source: source.to_owned(), id: id.to_owned() }
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, source, id } = self;
        write!(f, "{name} {id} of {source}")
    }
}

/// One fact of a [`History`](crate::History).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fact {
    /// The time of the environment.
    pub at: Timestamp,
    /// What happened.
    pub what: What,
}

/// What happened in a [`Fact`]. No payload stands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// A channel took a message, from a relay or from a test.
    Published {
        /// The message.
        message: Named,
        /// `bus`, `topic:<name>`, `queue:<name>` or `replay:<name>`.
        channel: String,
        /// The id of the message that caused it.
        cause: Option<String>,
        /// The id of its flow.
        correlation: String,
    },
    /// A channel refused a message.
    NotPublished {
        /// The channel, as above.
        channel: String,
        /// The reason.
        reason: String,
    },
    /// A queue or a Kinesis stream handed a record to its function.
    Delivered {
        /// The queue, or the stream.
        queue: String,
        /// The record's id.
        record: String,
        /// The number of receives, this one included. A stream counts none: 1.
        receives: u32,
    },
    /// A handler's unit of work was committed.
    Committed {
        /// Service and handler.
        consumer: String,
        /// The message that was handled.
        message: Named,
        /// The messages that the unit emitted. A relay publishes them.
        emitted: Vec<Named>,
    },
    /// A handler failed.
    Failed {
        /// Service and handler.
        consumer: String,
        /// The message.
        message: Named,
        /// The kind of failure.
        code: Code,
        /// The reason, with the place of a panic.
        reason: String,
    },
    /// A function answered for a record.
    Handled {
        /// The service.
        service: String,
        /// The record's id.
        record: String,
        /// Its message, where it has one.
        message: Option<Named>,
        /// The outcome.
        outcome: HandledAs,
    },
    /// An invocation failed as a whole: an error, a time-out, a killed process.
    Broken {
        /// The function.
        function: String,
        /// The error of Lambda.
        reason: String,
    },
    /// A record became a dead letter.
    DeadLettered {
        /// The dead-letter queue.
        queue: String,
        /// The record's id.
        record: String,
        /// Its message, where it has one.
        message: Option<Named>,
        /// The kind of failure; `None` where the redrive policy moved the record.
        code: Option<Code>,
        /// The handler that failed, where one did.
        handler: Option<String>,
        /// The reason.
        reason: String,
    },
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.at, self.what)
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Published { message, channel, .. } => write!(f, "published {message} to {channel}"),
            Self::NotPublished { channel, reason } => write!(f, "not published to {channel}: {reason}"),
            Self::Delivered { queue, record, receives } => {
                write!(f, "delivered record {record} of {queue}, receive {receives}")
            }
            Self::Committed { consumer, message, emitted } => {
                write!(f, "committed {message} by {consumer}")?;
                let mut before = ", which emitted";
                for emitted in emitted {
                    write!(f, "{before} {emitted}")?;
                    before = ",";
                }
                Ok(())
            }
            Self::Failed { consumer, message, code, reason } => {
                write!(f, "failed {message} in {consumer}: {code}: {reason}")
            }
            Self::Handled { service, record, message, outcome } => {
                write!(f, "handled record {record} of {service}")?;
                if let Some(message) = message {
                    write!(f, ", {message}")?;
                }
                write!(f, ": {}", word(*outcome))
            }
            Self::Broken { function, reason } => write!(f, "invocation of {function} failed: {reason}"),
            Self::DeadLettered { queue, record, message, code, handler, reason } => {
                write!(f, "dead letter in {queue}: record {record}")?;
                if let Some(message) = message {
                    write!(f, ", {message}")?;
                }
                if let Some(handler) = handler {
                    write!(f, ", handler {handler}")?;
                }
                match code {
                    Some(code) => write!(f, ": {code}: {reason}"),
                    None => write!(f, ": {reason}"),
                }
            }
        }
    }
}

/// The outcome of a record in words.
pub(super) fn word(outcome: HandledAs) -> &'static str {
    match outcome {
        HandledAs::Applied => "applied",
        HandledAs::Duplicate => "a duplicate, without effect",
        HandledAs::Stale => "stale, without effect",
        HandledAs::Ignored => "ignored",
        HandledAs::DeadLettered => "dead-lettered",
        HandledAs::Failed => "failed, comes again",
        HandledAs::Blocked => "blocked by its group, comes again",
        HandledAs::Unstarted => "not started, comes again",
        _ => "ended otherwise",
    }
}

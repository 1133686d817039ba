//! Where a delivery came from. Each source turns its own JSON into records; what a body holds is [`body`]'s business,
//! since the same event may come bare, in an EventBridge event, in an SNS notification, or in both.

mod attributes;
pub(crate) mod body;
pub(crate) mod eventbridge;
pub(crate) mod sns;
pub(crate) mod sqs;
pub(crate) mod stream;

use waxseal::{
    Raw,
    batch::{Content, Record},
};

use crate::trace;

/// What delivered a batch: it decides what Lambda expects back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Failed records are named in the response.
    Sqs,
    /// Asynchronous, no partial batch: a failure fails the invocation (S-38).
    Sns,
    /// As SNS.
    EventBridge,
    /// As SNS.
    S3,
    /// The first failed record is named: it and all after it come again (S-33).
    Stream,
}

/// The records of one invocation.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) kind: Kind,
    pub(crate) records: Vec<Record>,
}

impl Kind {
    /// Its name in messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqs => "SQS",
            Self::Sns => "SNS",
            Self::EventBridge => "EventBridge",
            Self::S3 => "S3",
            Self::Stream => "a DynamoDB stream",
        }
    }
}

/// Puts the delivery's trace into an envelope that has none (S-44).
fn continue_trace(content: Content, xray: Option<&str>) -> Content {
    match content {
        Content::Message(mut raw) => {
            add_trace(&mut raw, xray);
            Content::Message(raw)
        }
        Content::Ignored(_) | Content::Malformed(_) => content,
    }
}

fn add_trace(raw: &mut Raw, xray: Option<&str>) {
    if !raw.metadata.contains_key("traceparent")
        && let Some(traceparent) = xray.and_then(trace::traceparent)
    {
        raw.metadata.insert("traceparent".to_owned(), traceparent.into());
    }
}

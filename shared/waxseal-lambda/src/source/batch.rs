//! The records of one invocation, and the kind of source that delivered them.

use waxseal::batch::Record;

/// The kind of source that delivered a batch. It decides what Lambda expects back.
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
    /// As SNS: the result of an asynchronous invocation.
    Destination,
    /// The first failed record is named. It and all records after it come again (S-33).
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
            Self::Destination => "a Lambda destination",
            Self::Stream => "a DynamoDB stream",
        }
    }
}

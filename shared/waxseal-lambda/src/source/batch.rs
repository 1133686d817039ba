//! The records of one invocation, the kind of source that delivered them, and the answer that it expects.

use waxseal::batch::Record;

/// The kind of source that delivered a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqs,
    Sns,
    EventBridge,
    S3,
    Stream,
    Kinesis,
    Kafka,
    Destination,
}

/// The answer that a source expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Every failed record is named.
    Named,
    /// The first failed record is named. It and all records after it come again (S-33).
    First,
    /// The first failed record of each partition is named, in Kafka's form.
    Partitions,
    /// There are no partial responses: a failure fails the invocation (S-38).
    Whole,
}

/// The records of one invocation.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) kind: Kind,
    pub(crate) answer: Answer,
    pub(crate) records: Vec<Record>,
}

impl Batch {
    /// A batch as Lambda's own integration of the source delivers it.
    pub(crate) fn new(kind: Kind, records: Vec<Record>) -> Self {
        let answer = match kind {
            Kind::Sqs => Answer::Named,
            Kind::Stream | Kind::Kinesis => Answer::First,
            // Kafka has partial responses in provisioned mode only, and its payload does not tell the mode.
            Kind::Sns | Kind::EventBridge | Kind::S3 | Kind::Kafka | Kind::Destination => Answer::Whole,
        };
        Self { kind, answer, records }
    }
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
            Self::Kinesis => "Kinesis",
            Self::Kafka => "Kafka",
            Self::Destination => "a Lambda destination",
        }
    }
}

//! The failure of an invocation as a whole. The failure of one record is a batch item failure instead.

use waxseal::{ReleaseError, batch::MissingId, handler::Failure, panic::Caught, relay::Counts};

use crate::code::Code;

/// A failed invocation. Lambda retries it by the rules of its source. The message holds no payload.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvokeError {
    /// The payload is not JSON, or is cut off.
    #[error("the payload is not JSON")]
    NotJson(#[source] serde_json::Error),
    /// JSON, but of no source that is known.
    #[error("no known source sends such a payload: {saw}; accepted are {ACCEPTED}")]
    Unrecognised {
        /// The names of members that were seen, never their values.
        saw: String,
    },
    /// This function does not take payloads of this source.
    #[error("this function takes no {got}: it takes {takes}; look at what invokes it")]
    NotTaken {
        /// The source of the payload.
        got: &'static str,
        /// The sources that it takes.
        takes: &'static str,
    },
    /// A record cannot be named in the response (S-4); nothing ran.
    #[error(transparent)]
    MissingId(#[from] MissingId),
    /// The source has no partial responses, so one failed record fails the invocation (S-38); or every record failed,
    /// and the policy is to raise (S-7).
    #[error("{failed} of {records} records failed, the first one, {first}, with: {reason}")]
    Failed {
        /// How many failed.
        failed: usize,
        /// How many there were.
        records: usize,
        /// The id of the first that failed.
        first: String,
        /// Its reason.
        reason: String,
    },
    /// A request for a sweep that is malformed. No message was published.
    #[error(
        "{field} {problem}: a sweep is {{\"sweep\":{{\"from\":\"2026-11-20T00:00:00Z\",\"to\":\"2026-11-21T06:00:00Z\"}}}}; without \"to\" it ends now"
    )]
    BadSweep {
        /// The member: `sweep.from`, ….
        field: String,
        /// The problem.
        problem: String,
    },
    /// A sweep that could not go on. The emissions before that place are published, and it can go on from there.
    #[error(
        "{problem}; of {} receipts in the window so far {} are published and {} are not: mend that, then go on with {next}",
        counts.receipts, counts.published, counts.failed
    )]
    SweepStopped {
        /// The cause.
        problem: String,
        /// The work so far.
        counts: Counts,
        /// The payload to go on with.
        next: String,
    },
    /// A request for a release that is malformed. The receipt is unchanged.
    #[error(
        "{field} {problem}: a release is {{\"release\":{{\"source\":\"orders\",\"id\":\"…\",\"handler\":\"charge-card\",\"outcome\":\"done\"}}}}, or \"not-done\""
    )]
    BadRelease {
        /// The member: `release.outcome`, ….
        field: String,
        /// The problem.
        problem: String,
    },
    /// A release that changed nothing.
    #[error("not released")]
    NotReleased(#[source] ReleaseError),
    /// The invocation's time was up before the table answered a release.
    #[error(
        "the table did not answer in time, and may have taken the release: ask again, it tells what is there now"
    )]
    ReleaseCutOff,
    /// A question or a decision about a process that is malformed. The instance is unchanged.
    #[error(
        "{field} {problem}: an instance is {{\"process\":{{\"kind\":\"fulfilment\",\"id\":\"…\"}}}}, with \"decision\":\"resume\", or \"skip\", to decide"
    )]
    BadProcess {
        /// The member: `process.kind`, ….
        field: String,
        /// The problem.
        problem: String,
    },
    /// An instance of a process that could not be read, or a decision about it that changed nothing.
    #[error("the instance was not read, or the decision was not taken")]
    ProcessFailed(#[source] Failure),
    /// The invocation's time was up before the table answered a question or a decision about a process.
    #[error(
        "the table did not answer in time, and may have taken the decision: ask for the instance, it tells what is there now"
    )]
    ProcessCutOff,
    /// A tick that did not come to its end. The next one sends the hints that are missing.
    #[error(
        "the tick stopped: {problem}; a tick is {{\"tick\":{{}}}}, and the next one sends what is missing"
    )]
    TickStopped {
        /// The cause.
        problem: String,
    },
    /// A batch that was not kept in the ledger. It is delivered again.
    #[error("the batch was not kept in the ledger: {problem}")]
    NotKept {
        /// The cause.
        problem: String,
    },
    /// The HTTP service failed instead of answering.
    #[error("the HTTP service failed: {0}")]
    Http(String),
    /// The response has no JSON form.
    #[error("the response cannot be written as JSON")]
    Response(#[source] serde_json::Error),
    /// A part beside the handlers panicked.
    #[error("panicked{0}")]
    Panic(Caught),
}

const ACCEPTED: &str = "Records of SQS, SNS, S3, Kinesis or a DynamoDB stream, records of Kafka, an array of EventBridge Pipes, an \
     EventBridge event (detail-type and detail), the record of a Lambda destination, HTTP of an API Gateway HTTP API or a function URL (payload version 2.0), a release, a question about a process, and, by a relay, a sweep or a tick";

impl InvokeError {
    /// The code of its kind.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::NotJson(_) => Code::NotJson,
            Self::Unrecognised { .. } => Code::Unrecognised,
            Self::NotTaken { .. } => Code::NotTaken,
            Self::MissingId(_) => Code::MissingId,
            Self::Failed { .. } => Code::RecordsFailed,
            Self::BadSweep { .. } => Code::BadSweep,
            Self::SweepStopped { .. } => Code::SweepStopped,
            Self::BadRelease { .. } => Code::BadRelease,
            Self::NotReleased(_) => Code::NotReleased,
            Self::ReleaseCutOff => Code::ReleaseCutOff,
            Self::BadProcess { .. } => Code::BadProcess,
            Self::ProcessFailed(_) => Code::ProcessFailed,
            Self::ProcessCutOff => Code::ProcessCutOff,
            Self::TickStopped { .. } => Code::TickStopped,
            Self::NotKept { .. } => Code::NotKept,
            Self::Http(_) => Code::HttpFailed,
            Self::Response(_) => Code::BadResponse,
            Self::Panic(_) => Code::Panicked,
        }
    }

    /// Its kind as one word, which Lambda shows as `errorType`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotJson(_) => "NotJson",
            Self::Unrecognised { .. } => "Unrecognised",
            Self::NotTaken { .. } => "NotTaken",
            Self::MissingId(_) => "MissingId",
            Self::Failed { .. } => "Failed",
            Self::BadSweep { .. } => "BadSweep",
            Self::SweepStopped { .. } => "SweepStopped",
            Self::BadRelease { .. } => "BadRelease",
            Self::NotReleased(_) => "NotReleased",
            Self::ReleaseCutOff => "ReleaseCutOff",
            Self::BadProcess { .. } => "BadProcess",
            Self::ProcessFailed(_) => "ProcessFailed",
            Self::ProcessCutOff => "ProcessCutOff",
            Self::TickStopped { .. } => "TickStopped",
            Self::NotKept { .. } => "NotKept",
            Self::Http(_) => "Http",
            Self::Response(_) => "Response",
            Self::Panic(_) => "Panic",
        }
    }
}

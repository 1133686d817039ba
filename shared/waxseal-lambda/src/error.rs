//! Why an invocation failed as a whole. What concerns one record is a batch item failure instead.

use waxseal::{ReleaseError, batch::MissingId, panic::Caught, relay::Counts};

/// Why an invocation failed: Lambda retries it by its source's own rules. The message holds no payload.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvokeError {
    /// The payload is not JSON, or is cut off.
    #[error("the payload is not JSON: {0}")]
    NotJson(serde_json::Error),
    /// JSON, but of no source that is known.
    #[error("no known source sends such a payload: {saw}; accepted are {ACCEPTED}")]
    Unrecognised {
        /// What was seen: names of members, never their values.
        saw: String,
    },
    /// This function does not take payloads of this source.
    #[error("this function takes no {got}: it takes {takes}; look at what invokes it")]
    NotTaken {
        /// What it got.
        got: &'static str,
        /// What it takes.
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
    /// A sweep that nobody can do as it is asked for. Nothing was published.
    #[error(
        "{field} {problem}: a sweep is {{\"sweep\":{{\"from\":\"2026-11-20T00:00:00Z\",\"to\":\"2026-11-21T06:00:00Z\"}}}}; without \"to\" it ends now"
    )]
    BadSweep {
        /// Where: `sweep.from`, ….
        field: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A sweep that could not go on. What it came by before is published, and it can go on from where it was.
    #[error(
        "{problem}; of {} receipts in the window so far {} are published and {} are not: mend that, then go on with {next}",
        counts.receipts, counts.published, counts.failed
    )]
    SweepStopped {
        /// Why.
        problem: String,
        /// What it has done.
        counts: Counts,
        /// The payload to go on with.
        next: String,
    },
    /// A release that nobody can do as it is asked for. Nothing was changed.
    #[error(
        "{field} {problem}: a release is {{\"release\":{{\"source\":\"orders\",\"id\":\"…\",\"handler\":\"charge-card\",\"outcome\":\"done\"}}}}, or \"not-done\""
    )]
    BadRelease {
        /// Where: `release.outcome`, ….
        field: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A release that changed nothing.
    #[error("not released: {0}")]
    NotReleased(ReleaseError),
    /// The invocation's time was over before the table answered a release.
    #[error(
        "the table did not answer in time, and may have taken the release: ask again, it tells what is there now"
    )]
    ReleaseCutOff,
    /// The HTTP service failed instead of answering.
    #[error("the HTTP service failed: {0}")]
    Http(String),
    /// The response has no JSON form.
    #[error("the response cannot be written as JSON: {0}")]
    Response(serde_json::Error),
    /// Something outside a handler panicked.
    #[error("panicked{0}")]
    Panic(Caught),
}

const ACCEPTED: &str = "Records of SQS, SNS or a DynamoDB stream, an EventBridge event (detail-type and \
     detail), HTTP of an API Gateway HTTP API or a function URL (payload version 2.0), a release, and, by a relay, a sweep";

impl InvokeError {
    /// Its kind as one word: what Lambda shows as `errorType`.
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
            Self::Http(_) => "Http",
            Self::Response(_) => "Response",
            Self::Panic(_) => "Panic",
        }
    }
}

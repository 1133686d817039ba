//! A failed call, as one line: the failure, its place, its cause and the next step.
//!
//! The SDK's errors are a tree whose parts each say a little ("dispatch failure", "io error", "Connection refused"). A log
//! line needs the table's name, the endpoint and the next step.

use std::error::Error;

use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};
use aws_smithy_types::retry::ErrorKind;

use crate::code::Code;

/// The kind of a failed call. The next step depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// No connection.
    Unreachable,
    /// No answer in time: not known whether the request was applied.
    Slow,
    /// The connection broke before the answer: not known whether the request was applied.
    Broken,
    /// No credentials to sign with.
    NoCredentials,
    /// Too many requests, or another writer is in the way.
    Throttled,
    /// The service failed (5xx), or its answer cannot be read.
    Server,
    /// The addressed resource does not exist.
    Missing,
    /// The credentials do not allow it.
    Denied,
    /// The key that encrypts it is missing, disabled or denied.
    NoKey,
    /// The credentials are expired, or none that the service knows.
    BadCredentials,
    /// The request is too large.
    TooLarge,
    /// Any other refusal.
    Invalid,
}

/// A failed call, without the SDK's types.
#[derive(Debug, Clone)]
pub(crate) struct CallFailure {
    pub(crate) kind: Kind,
    /// The service's code. `None` where it did not answer.
    pub(crate) code: Option<String>,
    /// The words of the service or of the connection.
    detail: String,
}

/// The resource that a call was about, for the message.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// Such as `table orders`.
    pub(crate) what: String,
    /// The variable that names it.
    pub(crate) variable: String,
    /// As in `AWS_ENDPOINT_URL_<SERVICE>`.
    pub(crate) service: &'static str,
    pub(crate) region: String,
    /// The endpoint, where the environment names one.
    pub(crate) endpoint: Option<String>,
}

impl CallFailure {
    pub(crate) fn new(kind: Kind, detail: String) -> Self {
        Self { kind, code: None, detail }
    }

    pub(crate) fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let status = error.raw_response().map(|response| response.status().as_u16());
        let code = error.code().map(str::to_owned);
        let kind = match error {
            SdkError::TimeoutError(_) => Kind::Slow,
            SdkError::DispatchFailure(failure) if failure.is_timeout() => Kind::Slow,
            SdkError::DispatchFailure(failure) if failure.is_io() => Kind::Unreachable,
            SdkError::DispatchFailure(failure) if failure.as_other() == Some(ErrorKind::TransientError) => {
                Kind::Broken
            }
            SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_) => {
                if waxseal::error_chain(error).contains("credential") {
                    Kind::NoCredentials
                } else {
                    Kind::Invalid
                }
            }
            SdkError::ServiceError(_) => {
                kind_of(code.as_deref().unwrap_or_default(), status.unwrap_or_default())
            }
            // `ResponseError`, and the variants that later versions add: an answer that cannot be read.
            _ => Kind::Server,
        };
        let detail = match error.message() {
            Some(message) => one_line(message),
            None => one_line(&unanswered(error)),
        };
        Self { kind, code, detail }
    }

    /// The service's words.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// The one line.
    pub(crate) fn at(&self, target: &Target, action: &str) -> CallError {
        let Target { what, variable, service, region, endpoint } = target;
        let place = endpoint.as_deref().unwrap_or(region);
        let said = match &self.code {
            Some(code) if self.detail.is_empty() => code.clone(),
            Some(code) => format!("{code}: {}", self.detail),
            None => self.detail.clone(),
        };
        let code = self.code.as_deref().unwrap_or("not found");
        let text = match self.kind {
            Kind::Missing => {
                format!("{code}: {what} does not exist in {place}: create it or correct {variable}")
            }
            Kind::Unreachable => format!(
                "no connection to {place}: {said}: check that it is up and reachable from here, and that \
                 AWS_ENDPOINT_URL_{service} and AWS_REGION are right"
            ),
            Kind::Slow => {
                format!("no answer from {place} in time, so not known whether it was applied: {said}")
            }
            Kind::Broken => format!(
                "the connection to {place} broke before the answer, so not known whether it was applied: {said}"
            ),
            Kind::NoCredentials => format!(
                "no credentials for {place}: {said}: give the function a role, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            ),
            Kind::Throttled => {
                format!(
                    "{said}: {what} still takes no more after several tries: raise its capacity or lower WAXSEAL_CONCURRENCY"
                )
            }
            Kind::Denied => {
                format!("{said}: the credentials in {place} must allow {action} on {what}")
            }
            Kind::NoKey => format!(
                "{said}: the key that encrypts {what} must exist, be enabled, and allow {action} to the credentials in {place}"
            ),
            Kind::BadCredentials => format!(
                "{said}: the credentials in {place} are expired or not valid: wait for new ones, or correct the role"
            ),
            Kind::Server | Kind::TooLarge | Kind::Invalid => format!("{what} in {place}: {said}"),
        };
        CallError::new(self.kind.code(), text)
    }
}

/// The meaning of an error code. Sources: each service's API reference and the common errors; SQS says its codes in two ways.
pub(crate) fn kind_of(code: &str, status: u16) -> Kind {
    match code {
        "ResourceNotFoundException"
        | "QueueDoesNotExist"
        | "AWS.SimpleQueueService.NonExistentQueue"
        | "InvalidAddress"
        | "NoSuchBucket"
        | "ParameterNotFound"
        | "NotFound"
        | "NotFoundException" => Kind::Missing,
        "AccessDeniedException"
        | "AccessDenied"
        | "AuthorizationError"
        | "AuthorizationErrorException"
        | "NotAuthorizedForDetailType"
        | "NotAuthorizedForDetailTypeException" => Kind::Denied,
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidAccessKeyId"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        | "RequestExpired"
        | "ExpiredToken"
        | "ExpiredTokenException" => Kind::BadCredentials,
        "BatchRequestTooLong"
        | "AWS.SimpleQueueService.BatchRequestTooLong"
        | "BatchRequestTooLongException"
        | "EntityTooLarge"
        | "RequestEntityTooLarge"
        | "RequestEntityTooLargeException" => Kind::TooLarge,
        "ProvisionedThroughputExceededException"
        | "ProvisionedThroughputExceeded"
        | "Throttling"
        | "ThrottlingError"
        | "ThrottlingException"
        | "ThrottledException"
        | "Throttled"
        | "OverLimit"
        | "KMSThrottling"
        | "KMSThrottlingException"
        | "KMS.ThrottlingException"
        | "KmsThrottled"
        | "RequestThrottled"
        | "RequestLimitExceeded"
        | "TooManyRequestsException"
        | "LimitExceededException"
        | "SlowDown"
        | "TransactionInProgressException"
        | "TransactionConflict"
        | "TransactionConflictException"
        | "ReplicatedWriteConflictException" => Kind::Throttled,
        // Secrets Manager and Parameter Store name the use and not the key.
        "DecryptionFailure" | "InvalidKeyId" => Kind::NoKey,
        "InternalServiceError" | "InternalServerError" => Kind::Server,
        // A key that encrypts the channel: missing, disabled, of another use, or not to be used by these credentials.
        _ if code.starts_with("KMS") || code.starts_with("Kms") => Kind::NoKey,
        _ if status == 413 => Kind::TooLarge,
        _ if status == 429 => Kind::Throttled,
        _ if status >= 500 => Kind::Server,
        _ => Kind::Invalid,
    }
}

/// Why there was no answer, without the SDK's own layers around it ("dispatch failure: io error: …").
fn unanswered<E: Error + 'static>(error: &SdkError<E, HttpResponse>) -> String {
    match error {
        SdkError::DispatchFailure(failure) => match failure.as_connector_error().and_then(Error::source) {
            Some(cause) => waxseal::error_chain(cause),
            None => waxseal::error_chain(error),
        },
        other => waxseal::error_chain(other),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A failed call in one line that ends in its code: the source of a [`waxseal::table::TableError`] or the error of a dead letter.
/// It has no source itself: the SDK's tree is in its text already.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text} ({code})")]
pub(crate) struct CallError {
    pub(crate) code: Code,
    pub(crate) text: String,
}

impl CallError {
    pub(crate) fn new(code: Code, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }
}

impl Kind {
    pub(crate) fn code(self) -> Code {
        match self {
            Self::Unreachable => Code::Unreachable,
            Self::Slow | Self::Broken => Code::NoAnswer,
            Self::NoCredentials | Self::BadCredentials => Code::NoCredentials,
            Self::Throttled => Code::Throttled,
            Self::Server => Code::ServiceFailed,
            Self::Missing => Code::Missing,
            Self::Denied => Code::Denied,
            Self::NoKey => Code::NoKey,
            Self::TooLarge => Code::TooLarge,
            Self::Invalid => Code::Refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_win_over_the_status() {
        assert_eq!(kind_of("ResourceNotFoundException", 400), Kind::Missing);
        assert_eq!(kind_of("ThrottlingException", 400), Kind::Throttled);
        assert_eq!(kind_of("ValidationException", 400), Kind::Invalid);
        assert_eq!(kind_of("", 503), Kind::Server);
        assert_eq!(kind_of("", 413), Kind::TooLarge);
    }
}

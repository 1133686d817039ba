//! The cause of a refusal: the entry, the channel, or the moment (O-6).

use waxseal::relay::PublishErrorKind;

use crate::call::{CallFailure, Kind, kind_of};

/// The kind of an error code of one entry.
///
/// `Refused` are the codes that blame the entry itself. `NoChannel` are those by which the channel or its encryption key is
/// missing or denied. Every other code (throttling, 5xx, credentials, unknown codes) may pass with time.
pub(super) fn kind(code: &str, message: &str) -> PublishErrorKind {
    let invalid = matches!(
        code,
        "InvalidArgument"
            | "MalformedDetail"
            // A source that is AWS's own.
            | "NotAuthorizedForSource"
            | "NotAuthorizedForSourceException"
            | "RedactionFailure"
            | "ValidationException"
            | "ValidationError"
            | "SerializationException"
            | "InvalidParameter"
            | "InvalidParameterValue"
            | "InvalidParameterException"
            | "InvalidParameterValueException"
            | "ParameterValueInvalid"
            | "InvalidMessageContents"
            | "InvalidAttributeValue"
            | "MessageTooLong"
    );
    match kind_of(code, 0) {
        // A parameter may be the channel's address: that is no fault of the entry.
        _ if invalid && names_the_channel(message) => PublishErrorKind::NoChannel,
        _ if invalid => PublishErrorKind::Refused,
        Kind::Missing | Kind::Denied | Kind::NoKey => PublishErrorKind::NoChannel,
        _ => PublishErrorKind::Transient,
    }
}

/// As the services name the parameter of a bus, a topic and a queue.
fn names_the_channel(message: &str) -> bool {
    ["TopicArn", "EventBusName", "eventBusName", "QueueUrl"].iter().any(|name| message.contains(name))
}

impl CallFailure {
    /// The kind of an error of a whole request, for its entries.
    pub(super) fn publish_kind(&self) -> PublishErrorKind {
        match self.kind {
            Kind::TooLarge => PublishErrorKind::Refused,
            Kind::Missing | Kind::Denied | Kind::NoKey => PublishErrorKind::NoChannel,
            _ => match &self.code {
                Some(code) => kind(code, self.detail()),
                None => PublishErrorKind::Transient,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sources: the API references of `PutEvents`, `Publish`, `PublishBatch`, `SendMessage` and `SendMessageBatch`, and their
    /// common errors.
    #[test]
    fn o6_each_code_of_each_service_lies_in_the_entry_the_channel_or_the_moment() {
        for (kind, codes) in [
            (
                PublishErrorKind::NoChannel,
                &[
                    "ResourceNotFoundException",
                    "AWS.SimpleQueueService.NonExistentQueue",
                    "QueueDoesNotExist",
                    "InvalidAddress",
                    "NotFound",
                    "NotFoundException",
                    "AccessDenied",
                    "AccessDeniedException",
                    "AuthorizationError",
                    "AuthorizationErrorException",
                    "NotAuthorizedForDetailTypeException",
                    "KMS.AccessDeniedException",
                    "KmsAccessDenied",
                    "KMSAccessDenied",
                    "KMSAccessDeniedException",
                    "KMS.DisabledException",
                    "KmsDisabled",
                    "KMSDisabled",
                    "KMSDisabledException",
                    "KMS.KMSInvalidStateException",
                    "KmsInvalidState",
                    "KMSInvalidState",
                    "KMSInvalidStateException",
                    "KMS.NotFoundException",
                    "KmsNotFound",
                    "KMSNotFound",
                    "KMSNotFoundException",
                    "KMS.InvalidKeyUsageException",
                    "KmsInvalidKeyUsage",
                    "KMS.OptInRequired",
                    "KmsOptInRequired",
                    "KMSOptInRequired",
                ][..],
            ),
            (
                PublishErrorKind::Transient,
                &[
                    "ThrottlingException",
                    "Throttled",
                    "RequestThrottled",
                    "OverLimit",
                    "KMS.ThrottlingException",
                    "KmsThrottled",
                    "KMSThrottling",
                    "InternalFailure",
                    "InternalException",
                    "InternalError",
                    "ServiceUnavailable",
                    "ExpiredToken",
                    "ExpiredTokenException",
                    "RequestExpired",
                    "InvalidClientTokenId",
                    "UnrecognizedClientException",
                    "SignatureDoesNotMatch",
                    "InvalidSignatureException",
                    "IncompleteSignature",
                    "MissingAuthenticationToken",
                    "InvalidSecurity",
                    "",
                ],
            ),
            (
                PublishErrorKind::Refused,
                &[
                    "MalformedDetail",
                    "NotAuthorizedForSourceException",
                    "InvalidMessageContents",
                    "InvalidParameter",
                ],
            ),
        ] {
            for code in codes {
                assert_eq!(super::kind(code, "Request failed."), kind, "{code}");
            }
        }
    }

    #[test]
    fn o6_an_address_that_is_no_channel_is_no_fault_of_the_entry() {
        for (code, message) in [
            ("InvalidParameter", "Invalid parameter: TopicArn Reason: no value for required parameter"),
            ("ValidationException", "Value at 'entries.1.member.eventBusName' failed to satisfy constraint"),
        ] {
            assert_eq!(kind(code, message), PublishErrorKind::NoChannel);
        }
        assert_eq!(
            kind("InvalidParameter", "Invalid parameter: Message too long"),
            PublishErrorKind::Refused
        );
    }
}

//! A notification of SNS.

use serde::Serialize;
use waxseal::Timestamp;

use super::arn::{Arn, Text};

/// A message as SNS hands it to a queue without raw delivery.
pub(crate) fn sns_notification(topic: &str, id: &str, time: Timestamp, message: &str) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Notification<'a> {
        r#type: &'a str,
        message_id: &'a str,
        topic_arn: Arn<'a>,
        message: &'a str,
        timestamp: Text<String>,
        signature_version: &'a str,
        signature: &'a str,
        #[serde(rename = "SigningCertURL")]
        signing_cert_url: &'a str,
        #[serde(rename = "UnsubscribeURL")]
        unsubscribe_url: &'a str,
    }
    let notification = Notification {
        r#type: "Notification",
        message_id: id,
        topic_arn: Arn { service: "sns", resource: format_args!("{topic}") },
        message,
        timestamp: Text(format!("{time:.3}")),
        signature_version: "1",
        signature: "",
        signing_cert_url: "",
        unsubscribe_url: "",
    };
    // Texts alone cannot fail.
    serde_json::to_string(&notification).unwrap_or_default()
}

//! S3 notifications, which no handler takes (S-41).

use waxseal::{
    Malformed,
    batch::{Content, Record},
};

use super::batch::{Batch, Kind};
use crate::json::{Object, Objects};

/// The reason for a test message of S3 to be acknowledged.
pub(crate) const TEST: &str = "the test event of S3";

/// A payload that S3 sent to the function itself, as one record: S3 wants no more than an answer.
pub(crate) fn batch(text: &str, content: Content) -> Batch {
    let record = Record::new("notification", text.as_bytes().to_vec(), content);
    Batch { kind: Kind::S3, records: vec![record] }
}

/// Whether an object is the message by which S3 tests that it may notify.
pub(crate) fn is_test(object: &Object<'_>) -> bool {
    object.string("Event").as_deref() == Some("s3:TestEvent")
}

/// Whether an object is a notification of S3.
pub(crate) fn is_notification(object: &Object<'_>) -> bool {
    let records: Option<Objects<'_>> =
        object.get("Records").and_then(|raw| serde_json::from_str(raw.get()).ok());
    records.is_some_and(|records| {
        !records.0.is_empty()
            && records.0.iter().all(|record| record.string("eventSource").as_deref() == Some("aws:s3"))
    })
}

/// The refusal of a notification of S3.
pub(crate) fn notification() -> Malformed {
    Malformed::foreign(
        "aws:s3",
        "a notification of S3, which no handler takes: let S3 notify EventBridge and handle its event, or declare \
         `.ignore(\"aws:s3\")` on the service",
    )
}

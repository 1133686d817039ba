//! S3's notifications, in a queue, from a topic, or to the function itself.
//!
//! Source: S3 user guide, "Event message structure". Each entry of a notification is an event. Its name is
//! `ObjectCreated:Put`, or `ObjectCreated` where a service handles that: the other ways to create an object
//! come under it too. S3 gives no id. It is derived from the bucket, the key, the version, the event's name
//! and its sequencer, so a notification that S3 sends twice is one event. S3 encodes the key as in an HTML
//! form, and Waxseal decodes it.

use serde::{Deserialize, Serialize};
use waxseal_message::Timestamp;

/// An object was created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Created(
    /// The entry.
    pub Notification,
);
waxseal_message::foreign!(Created { type: "ObjectCreated", source: "aws:s3" });

/// An object was removed, or got a delete marker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Removed(
    /// The entry.
    pub Notification,
);
waxseal_message::foreign!(Removed { type: "ObjectRemoved", source: "aws:s3" });

/// An entry of a notification.
///
/// ```
/// # use waxseal_aws_events::s3_notification::Created;
/// let Created(record) = serde_json::from_str(
///     r#"{"eventName":"ObjectCreated:Put","eventTime":"2026-11-21T09:30:00.000Z",
///         "s3":{"bucket":{"name":"uploads"},"object":{"key":"reports/2026 11/aü.csv","size":1024}}}"#,
/// ).unwrap();
/// assert_eq!(record.s3.object.key, "reports/2026 11/aü.csv");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Notification {
    /// The kind of the event, without `s3:`: `ObjectCreated:Put`.
    pub event_name: String,
    /// The time at which S3 finished the request.
    pub event_time: Timestamp,
    /// The region of the bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aws_region: Option<String>,
    /// The bucket and the object.
    pub s3: Entity,
}

/// The bucket and the object of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Entity {
    /// The id of the bucket's configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration_id: Option<String>,
    /// The bucket.
    pub bucket: Bucket,
    /// The object.
    pub object: Object,
}

/// A bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// Its ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
}

/// An object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Object {
    /// Its key.
    pub key: String,
    /// Its bytes; none for a removal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Its entity tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub e_tag: Option<String>,
    /// Its version, in a bucket with versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
    /// Hex digits that tell the order of the events of one key: pad the shorter one with zeros on the
    /// right, then compare.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequencer: Option<String>,
}

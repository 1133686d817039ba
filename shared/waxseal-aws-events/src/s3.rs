//! S3, through EventBridge: the bucket notifies EventBridge, and the rule lies on the default bus.
//!
//! Source: S3 user guide, "EventBridge event message structure". The key is as it is: it is not
//! encoded.

use serde::{Deserialize, Serialize};

use crate::open::open;

/// An object was created.
///
/// ```
/// # use waxseal_aws_events::s3::{Created, Reason};
/// let event: Created = serde_json::from_str(
///     r#"{"version":"0","bucket":{"name":"uploads"},"object":{"key":"a b+c/ü.jpg","size":5},"reason":"PutObject"}"#,
/// ).unwrap();
/// assert_eq!((&*event.bucket.name, &*event.object.key), ("uploads", "a b+c/ü.jpg"));
/// assert_eq!(event.reason, Some(Reason::PutObject));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Created {
    /// The bucket.
    pub bucket: Bucket,
    /// The object.
    pub object: Object,
    /// The call that created it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The id of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The account or the AWS service that made the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requester: Option<String>,
    /// The address from which the request came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_ip_address: Option<String>,
}
waxseal_message::foreign!(Created { detail_type: "Object Created", source: "aws.s3", bus: default });

/// An object was deleted, or got a delete marker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Deleted {
    /// The bucket.
    pub bucket: Bucket,
    /// The object.
    pub object: Object,
    /// The cause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Whether the object is gone, or hidden behind a marker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_type: Option<Deletion>,
    /// The id of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The account or the AWS service that made the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requester: Option<String>,
    /// The address from which the request came; none for a lifecycle rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_ip_address: Option<String>,
}
waxseal_message::foreign!(Deleted { detail_type: "Object Deleted", source: "aws.s3", bus: default });

/// A bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Bucket {
    /// Its name.
    pub name: String,
}

/// An object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Object {
    /// Its key.
    pub key: String,
    /// Its bytes; none for a deletion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Its entity tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// Its version, in a bucket with versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
    /// Hex digits that tell the order of the events of one key: pad the shorter one with zeros on the
    /// right, then compare.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequencer: Option<String>,
}

open! {
    /// The cause of an event.
    pub enum Reason {
        /// An upload.
        PutObject = "PutObject",
        /// An upload from a browser's form.
        PostObject = "POST Object",
        /// A copy.
        CopyObject = "CopyObject",
        /// An upload in parts.
        CompleteMultipartUpload = "CompleteMultipartUpload",
        /// A deletion.
        DeleteObject = "DeleteObject",
        /// A rule of the bucket's lifecycle.
        LifecycleExpiration = "Lifecycle Expiration",
    }
}

open! {
    /// The kind of a deletion.
    pub enum Deletion {
        /// The object, or the version, is gone.
        Permanent = "Permanently Deleted",
        /// A marker hides the versions.
        MarkerCreated = "Delete Marker Created",
    }
}

//! Sources: each one turns its own JSON into records.
//!
//! The body of a record is read by [`body`], since the same event may come bare, in an EventBridge event, in an SNS
//! notification, or in both.

mod attributes;
pub(crate) mod batch;
pub(crate) mod body;
pub(crate) mod delivery;
pub(crate) mod destination;
pub(crate) mod eventbridge;
pub(crate) mod s3;
pub(crate) mod shape;
pub(crate) mod sns;
pub(crate) mod sqs;
pub(crate) mod stream;

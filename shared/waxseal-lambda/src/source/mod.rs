//! Sources: each one turns its own JSON into records.
//!
//! The body of a record is read by [`body`], since the same event may come bare, in an EventBridge event, in an SNS
//! notification, or in both.

mod attributes;
pub(crate) mod batch;
pub(crate) mod body;
pub(crate) mod changes;
mod data;
pub(crate) mod delivery;
pub(crate) mod destination;
mod dynamo_json;
mod event;
pub(crate) mod eventbridge;
pub(crate) mod kafka;
pub(crate) mod kinesis;
mod kpl;
pub(crate) mod pipe;
pub(crate) mod s3;
pub(crate) mod shape;
pub(crate) mod sns;
pub(crate) mod sqs;
pub(crate) mod stream;

//! Deliveries in the JSON of AWS. The embedded environment hands functions the same bytes.
//!
//! Each delivery is written once, from the parts that are at hand straight to bytes. A
//! `serde_json::Value` in between would cost more than everything that a function does with it.

mod arn;
mod event_bridge;
mod sns;
mod sqs;
mod stream;

pub(crate) use arn::{ACCOUNT, REGION};
pub(crate) use event_bridge::{event_bridge, field};
pub(crate) use sns::sns_notification;
pub(crate) use sqs::sqs_event;
pub(crate) use stream::{StreamRecord, sequence_number, stream_event, stream_field, stream_record};

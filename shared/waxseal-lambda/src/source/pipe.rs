//! EventBridge Pipes: a bare array of the records of one source.
//!
//! A failed record is named by its `messageId`, or, of Kinesis and DynamoDB, by its `eventID`. The page names no other source, so a
//! failed record of Kafka fails the invocation. Every failed record is named: where a pipe takes the first one as the place to go on
//! from, the others do no harm. Source: EventBridge user guide, "Amazon EventBridge Pipes batching and concurrency".

use waxseal::batch::{MissingId, Record};

use super::{
    batch::{Answer, Batch, Kind},
    kafka, kinesis, sqs, stream,
};
use crate::json::{Object, Objects};

/// The source of a pipe's records, by the first that names one; `None` where it is none that is known.
fn source(objects: &[Object<'_>]) -> Option<Kind> {
    objects.iter().find_map(|object| match &*object.string("eventSource")? {
        "aws:sqs" => Some(Kind::Sqs),
        "aws:kinesis" => Some(Kind::Kinesis),
        "aws:dynamodb" => Some(Kind::Stream),
        name if kafka::is_source(name) => Some(Kind::Kafka),
        _ => None,
    })
}

/// The records of a pipe; `None` where they are of no source that is known.
///
/// # Errors
/// Where a record has no id to name it by (S-4).
pub(crate) fn batch(text: &str, handles_removals: bool) -> Option<Result<Batch, MissingId>> {
    let Objects(objects) = serde_json::from_str(text).ok()?;
    let kind = source(&objects)?;
    let records: Result<Vec<Record>, MissingId> = match kind {
        Kind::Sqs => Ok(objects.iter().flat_map(sqs::records).collect()),
        Kind::Kinesis => kinesis::piped(&objects),
        Kind::Stream => stream::records(&objects, handles_removals, stream::event_id),
        _ => Ok(kafka::piped(&objects)),
    };
    let answer = if kind == Kind::Kafka { Answer::Whole } else { Answer::Named };
    Some(records.map(|records| Batch { kind, answer, records }))
}

//! EventBridge Pipes: a bare array of the records of one source.
//!
//! A failed record is named by its `messageId`, or, of Kinesis and DynamoDB, by its `eventID`. The page names no other source, so a
//! failed record of Kafka fails the invocation. Every failed record is named: where a pipe takes the first one as the place to go on
//! from, the others do no harm. Source: EventBridge user guide, "Amazon EventBridge Pipes batching and concurrency".

use waxseal::{
    Service,
    batch::{MissingId, Record},
};

use super::{
    batch::{Answer, Batch, Kind},
    kafka, kinesis, sqs, stream,
};
use crate::json::{Object, Objects};

/// The source of a pipe's records, by the first that names a known one.
fn source(objects: &[Object<'_>]) -> Option<Kind> {
    objects.iter().find_map(|object| match &*object.string("eventSource")? {
        "aws:sqs" => Some(Kind::Sqs),
        "aws:kinesis" => Some(Kind::Kinesis),
        "aws:dynamodb" => Some(Kind::Stream),
        name if kafka::is_source(name) => Some(Kind::Kafka),
        _ => None,
    })
}

/// For errors: the kind of an array whose source is unknown.
pub(crate) const UNKNOWN: &str = "an array of no known source";

/// The records of a pipe, unread; `None` where they are of no source that is known.
pub(crate) fn objects(text: &str) -> Option<(Kind, Objects<'_>)> {
    let objects: Objects<'_> = serde_json::from_str(text).ok()?;
    Some((source(&objects.0)?, objects))
}

/// The records of a pipe.
///
/// # Errors
/// Where a record has no id to name it by (S-4).
pub(crate) fn batch(kind: Kind, objects: &[Object<'_>], service: &Service) -> Result<Batch, MissingId> {
    let records: Vec<Record> = match kind {
        Kind::Sqs => objects.iter().flat_map(|object| sqs::records(object, Some(service))).collect(),
        Kind::Kinesis => kinesis::piped(objects, Some(service))?,
        Kind::Stream => stream::piped(objects, service)?,
        _ => kafka::piped(objects, Some(service)),
    };
    let answer = if kind == Kind::Kafka { Answer::Whole } else { Answer::Named };
    Ok(Batch { kind, answer, records })
}

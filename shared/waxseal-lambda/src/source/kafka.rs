//! Kafka, from Amazon MSK and from other clusters: records by topic and partition, in order for each key.
//!
//! A failed record is named by its partition and its offset, where the mapping has partial responses: those exist in provisioned
//! mode only. Source: Lambda developer guide, "Configuring error handling controls for Kafka event sources".
//!
//! A record without a value is a *tombstone*: the record of its key was deleted. It is an event of the name `tombstone`, so that a
//! read model can follow it, and a dead letter where no handler takes it.

use std::{borrow::Cow, collections::BTreeMap};

use serde::Deserialize;
use serde_json::value::RawValue;
use waxseal::{
    Malformed, Service, Timestamp,
    batch::{Content, Place, Record},
    dead_letter::{Attribute, AttributeValue},
};

use super::{
    batch::{Batch, Kind},
    data::Carrier,
    event,
};
use crate::{
    json::{self, Object, Objects},
    trace,
};

/// The name of the event that a record without a value is.
const TOMBSTONE: &str = "tombstone";

/// Whether a name is that of a Kafka source.
pub(crate) fn is_source(name: &str) -> bool {
    matches!(name, "aws:kafka" | "SelfManagedKafka")
}

/// The records of an invocation; `None` where the payload is none of Kafka.
pub(crate) fn batch(event: &Object<'_>, service: Option<&Service>) -> Option<Batch> {
    event.string("eventSource").filter(|name| is_source(name))?;
    let cluster = cluster(event);
    let partitions = event.object("records")?;
    let mut records = Vec::new();
    for partition in partitions.members() {
        let objects: Objects<'_> = serde_json::from_str(partitions.get(partition)?.get()).ok()?;
        records.extend(objects.0.iter().map(|object| record(object, partition, cluster.as_deref(), service)));
    }
    Some(Batch::new(Kind::Kafka, records))
}

/// The records of a pipe, each with the members of its batch.
pub(crate) fn piped(objects: &[Object<'_>], service: Option<&Service>) -> Vec<Record> {
    let partition = |object: &Object<'_>| object.string("eventSourceKey").unwrap_or_default().into_owned();
    let record = |object| record(object, &partition(object), cluster(object).as_deref(), service);
    objects.iter().map(record).collect()
}

/// The cluster's name and its unique id, by its ARN. Another cluster than MSK's says nothing that stays the same.
fn cluster(event: &Object<'_>) -> Option<String> {
    Some(event.string("eventSourceArn")?.split_once(":cluster/")?.1.to_owned())
}

/// A record in its partition: `orders-0`. Its id in the response is the partition and the offset, `orders-0:15`.
fn record(object: &Object<'_>, partition: &str, cluster: Option<&str>, service: Option<&Service>) -> Record {
    let Some(offset) = object.get("offset").and_then(whole) else {
        // A record without an id fails the invocation on purpose (S-4).
        let malformed = Malformed::new("the record has no offset");
        return Record::new(String::new(), Vec::new(), Content::Malformed(malformed));
    };
    let id = format!("{partition}:{offset}");
    let (topic, number) = partition.rsplit_once('-').unwrap_or((partition, ""));
    let at = format!("{number}@{offset}");
    let at = cluster.map_or_else(|| at.clone(), |cluster| format!("{at}@{cluster}"));
    let mut place = Place::new(format!("kafka/{topic}"), at);
    place.written_at =
        object.get("timestamp").and_then(whole).and_then(|time| Timestamp::from_millisecond(time).ok());
    place.key = object.string("key").map(Cow::into_owned);
    let group = place.key.as_ref().map(|key| format!("{partition}:{key}"));
    let attributes = headers(object);
    let carrier = Carrier { service, kind: Kind::Kafka, attributes: &attributes };
    let mut record = match object.get("value").map(json::string) {
        Some(Some(base64)) => carrier.record(id, &base64, place),
        Some(None) => {
            let malformed = Malformed::new("the record's value is not a string");
            let mut record = Record::new(id, Vec::new(), Content::Malformed(malformed));
            record.place = Some(Box::new(place));
            record
        }
        None => tombstone(id, topic, offset, place),
    };
    let parent =
        attributes.iter().find(|attribute| attribute.name == "traceparent").and_then(Attribute::as_text);
    record.content = trace::of_parent(record.content, parent);
    record.group = group;
    record.attributes = attributes;
    record
}

/// Its body is the envelope, so that a dead letter of it can come back.
fn tombstone(id: String, topic: &str, offset: i64, place: Place) -> Record {
    let data = serde_json::json!({ "topic": topic, "offset": offset, "key": place.key }).to_string();
    let content = match (place.written_at, RawValue::from_string(data)) {
        (Some(time), Ok(data)) => event::content((TOMBSTONE, &place.source, &place.id), Some(time), data),
        _ => Content::Malformed(Malformed::new("a tombstone without a timestamp")),
    };
    let body = match &content {
        Content::Message(raw) => serde_json::to_vec(raw).unwrap_or_default(),
        _ => Vec::new(),
    };
    let mut record = Record::new(id, body, content);
    record.place = Some(Box::new(place));
    record
}

/// A whole number, also in a string, as a pipe's partition is.
fn whole(raw: &RawValue) -> Option<i64> {
    raw.get().trim_matches('"').parse().ok()
}

/// The headers that a dead letter can keep: SQS takes no other names, and no empty values.
fn headers(object: &Object<'_>) -> Vec<Attribute> {
    /// Signed or not, as the producer's language has bytes.
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Bytes(Vec<i16>);
    let headers: Vec<BTreeMap<String, Bytes>> =
        object.get("headers").and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
    let is_name = |name: &str| {
        (1..=256).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let attribute = |(name, Bytes(bytes)): (String, Bytes)| {
        let bytes: Option<Vec<u8>> =
            bytes.into_iter().map(|byte| u8::try_from(byte.rem_euclid(256)).ok()).collect();
        let bytes = bytes.filter(|bytes| !bytes.is_empty() && is_name(&name))?;
        Some(match String::from_utf8(bytes) {
            Ok(text) if !text.chars().any(char::is_control) => Attribute::text(name, text),
            Ok(text) => binary(name, text.into_bytes()),
            Err(error) => binary(name, error.into_bytes()),
        })
    };
    headers.into_iter().flatten().filter_map(attribute).collect()
}

fn binary(name: String, bytes: Vec<u8>) -> Attribute {
    Attribute { name, kind: "Binary".to_owned(), value: AttributeValue::Binary(bytes) }
}

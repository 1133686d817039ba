//! SQS: one record per message, parsed on its own.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use waxseal::{
    Malformed, Service, Timestamp, Transport,
    batch::{Content, ReceiptHandle, Record},
    dead_letter::{Attribute, Returned},
};

use super::{attributes as message_attributes, body, delivery::Delivery, s3};
use crate::{
    json::{self, Object, kind},
    trace,
};

/// A batch of which every record is as SQS documents it, as nearly every batch is. It is read in one pass.
#[derive(Deserialize)]
struct FastPath<'a> {
    #[serde(borrow, rename = "Records")]
    records: Vec<FastRecord<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FastRecord<'a> {
    message_id: String,
    receipt_handle: String,
    body: String,
    #[serde(borrow)]
    attributes: FastAttributes<'a>,
    #[serde(borrow)]
    event_source: Cow<'a, str>,
    #[serde(rename = "eventSourceARN")]
    queue: String,
    #[serde(borrow)]
    message_attributes: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FastAttributes<'a> {
    #[serde(borrow)]
    approximate_receive_count: Cow<'a, str>,
    message_group_id: Option<String>,
    #[serde(borrow)]
    sent_timestamp: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "AWSTraceHeader")]
    trace: Option<Cow<'a, str>>,
}

/// The records of a batch, in one pass. `None` where anything is unusual: [`record`] then reads each record as far as it
/// can be read. Both give the same for an ordinary batch.
pub(crate) fn fast_path(text: &str, service: Option<&Service>) -> Option<Vec<Record>> {
    // Other payloads need not be read to their end to tell.
    if !text.contains("\"aws:sqs\"") {
        return None;
    }
    let batch: FastPath<'_> = serde_json::from_str(text).ok()?;
    if batch.records.is_empty() {
        return None;
    }
    batch.records.into_iter().map(|record| fast_record(record, service)).collect()
}

fn fast_record(record: FastRecord<'_>, service: Option<&Service>) -> Option<Record> {
    let FastRecord { message_id, receipt_handle, body, attributes, event_source, queue, message_attributes } =
        record;
    if event_source != "aws:sqs" {
        return None;
    }
    let sent = || milliseconds(attributes.sent_timestamp.as_deref()?);
    let group = attributes.message_group_id.filter(|_| is_fifo(&queue));
    let message_attributes = message_attributes.map(RawValue::get).filter(|json| *json != "{}");
    let (kept, returned) = attributes_of(message_attributes.and_then(Object::parse));
    let delivery = Delivery {
        id: &message_id,
        sent: &sent,
        attributes: &kept,
        returned: returned.as_deref(),
        ..Delivery::by(Transport::Queue(&queue), service)
    };
    let (content, body) = contents(body, &delivery);
    if s3::is_divisible(&content) {
        return None;
    }
    let content = trace::continued(content, attributes.trace.as_deref());
    let mut record = Record::new(message_id, body, content);
    record.receives = attributes.approximate_receive_count.parse().ok()?;
    record.receipt_handle = Some(ReceiptHandle { queue, handle: receipt_handle });
    record.group = group;
    (record.attributes, record.returned) = (kept, returned);
    Some(record)
}

/// The records of a message: one, or one for each entry of a notification of S3.
pub(crate) fn records(object: &Object<'_>, service: Option<&Service>) -> Vec<Record> {
    let queue = object.string("eventSourceARN").unwrap_or_default();
    let outer = Delivery { sent: &|| sent(object), ..Delivery::by(Transport::Queue(&queue), service) };
    let trace = object.object("attributes").and_then(|attributes| attributes.string("AWSTraceHeader"));
    s3::divided(record(object, &outer), &outer, trace.as_deref())
}

/// One message of a batch. An error in it concerns this record alone.
fn record(object: &Object<'_>, outer: &Delivery<'_>) -> Record {
    let attributes = attributes(object);
    let trace = attributes.as_ref().ok().and_then(|attributes| attributes.trace.as_deref());
    let (kept, returned) = attributes_of(object.object("messageAttributes"));
    // An absent id fails the invocation on purpose (S-4).
    let id = object.string("messageId").map(Cow::into_owned).unwrap_or_default();
    let delivery = Delivery { id: &id, attributes: &kept, returned: returned.as_deref(), ..*outer };
    let (content, body) = body(object, &delivery);
    let content = trace::continued(content, trace);
    let (content, Attributes { group, receives, .. }) = match attributes {
        Ok(attributes) => (content, attributes),
        Err(malformed) => (Content::Malformed(malformed), Attributes::default()),
    };
    // A queue that is not named may keep order.
    let is_ordered = object.string("eventSourceARN").is_none_or(|queue| is_fifo(&queue));
    let mut record = Record::new(id, body, content);
    record.group = group.filter(|_| is_ordered);
    record.receives = receives.unwrap_or(1);
    record.receipt_handle = receipt_handle(object);
    (record.attributes, record.returned) = (kept, returned);
    record
}

/// The message attributes, and the dead letter that came back with them.
fn attributes_of(object: Option<Object<'_>>) -> (Vec<Attribute>, Option<Box<Returned>>) {
    let Some(object) = object else { return (Vec::new(), None) };
    let attributes = message_attributes::read(&object, message_attributes::SQS);
    let returned = message_attributes::returned(&attributes);
    (attributes, returned)
}

/// The content of a body, and its bytes: those of the original where a dead letter came back.
fn contents(text: String, delivery: &Delivery<'_>) -> (Content, Vec<u8>) {
    let Some(returned) = delivery.returned else { return (body::read(&text, delivery), text.into_bytes()) };
    let bytes = returned.body(text);
    let content = match str::from_utf8(&bytes) {
        Ok(text) => body::read(text, delivery),
        Err(_) => Content::Malformed(Malformed::new(NOT_UTF8)),
    };
    (content, bytes)
}

const NOT_UTF8: &str = "the body is not UTF-8 text";

/// Whether a queue keeps order, which its ARN alone tells: on a standard queue a message group names a tenant, and orders nothing.
/// Source: SQS developer guide, "Amazon SQS fair queues".
fn is_fifo(queue: &str) -> bool {
    queue.ends_with(".fifo")
}

/// The queue's name for the delivery. Without both parts the queue decides by itself when to deliver again.
fn receipt_handle(object: &Object<'_>) -> Option<ReceiptHandle> {
    let text = |name: &str| object.string(name).map(Cow::into_owned);
    Some(ReceiptHandle { queue: text("eventSourceARN")?, handle: text("receiptHandle")? })
}

/// The content of the body, and its bytes.
fn body(object: &Object<'_>, delivery: &Delivery<'_>) -> (Content, Vec<u8>) {
    let malformed = |what: String| Content::Malformed(Malformed::new(what));
    let Some(raw) = object.get("body") else {
        return (malformed("the record has no body".to_owned()), Vec::new());
    };
    match json::string(raw) {
        Some(text) => contents(text.into_owned(), delivery),
        None => {
            let what = match kind(raw.get()) {
                "a string" => NOT_UTF8.to_owned(),
                other => format!("the body is {other}, not a string"),
            };
            (malformed(what), json::bytes(raw))
        }
    }
}

/// The time at which SQS took the message: milliseconds, in a string.
fn sent(object: &Object<'_>) -> Option<Timestamp> {
    milliseconds(&object.object("attributes")?.string("SentTimestamp")?)
}

fn milliseconds(text: &str) -> Option<Timestamp> {
    Timestamp::from_millisecond(text.parse().ok()?).ok()
}

/// The system attributes in use.
#[derive(Default)]
struct Attributes {
    group: Option<String>,
    receives: Option<u32>,
    trace: Option<String>,
}

fn attributes(object: &Object<'_>) -> Result<Attributes, Malformed> {
    let Some(raw) = object.get("attributes") else { return Ok(Attributes::default()) };
    let wrong = |name: &str, expected: &str| Malformed::new(format!("{name} must be {expected}"));
    let attributes = Object::parse(raw.get()).ok_or_else(|| wrong("attributes", "an object"))?;
    let text = |name: &str| match attributes.get(name) {
        Some(raw) => match json::string(raw) {
            Some(text) => Ok(Some(text.into_owned())),
            None => Err(wrong(name, "a string")),
        },
        None => Ok(None),
    };
    let receives = match text("ApproximateReceiveCount")? {
        Some(count) => {
            Some(count.parse().map_err(|_| wrong("ApproximateReceiveCount", "a whole number in a string"))?)
        }
        None => None,
    };
    Ok(Attributes { group: text("MessageGroupId")?, receives, trace: text("AWSTraceHeader")? })
}

//! Notifications of S3: direct, through SNS, through SQS. One event for each entry.
//!
//! | envelope | entry |
//! |---|---|
//! | name | `eventName`, such as `ObjectCreated:Put`; where the service takes `ObjectCreated` instead, that |
//! | source | `aws:s3` |
//! | id | derived from bucket, key, version, sequencer and `eventName`: a notification that S3 sends twice is one event |
//! | timestamp | `eventTime` |
//! | data | the entry, its key decoded: S3 writes ` ` as `+` and other characters as `%XX` |
//!
//! Source: S3 user guide, "Event message structure". A restore or a change of tags has no sequencer, so the id of its request
//! stands in its place.

use percent_encoding::percent_decode_str;
use serde_json::value::RawValue;
use waxseal::{
    Malformed, Service, Transport,
    batch::{Content, Record},
    derived_id,
};

use super::{
    batch::{Batch, Kind},
    delivery::Delivery,
    event, shape,
};
use crate::{
    json::{self, Object, Objects},
    trace,
};

/// The source of the events, and the name by which a service ignores all of them.
const SOURCE: &str = "aws:s3";

/// The reason for a test message of S3 to be acknowledged.
pub(crate) const TEST: &str = "the test event of S3";

/// The test message of S3, sent to the function itself. S3 wants no more than an answer.
pub(crate) fn test(text: &str) -> Batch {
    Batch::new(Kind::S3, vec![Record::new("test", text.as_bytes().to_vec(), Content::Ignored(TEST))])
}

/// A notification that S3 sent to the function itself.
pub(crate) fn batch(text: &str, service: Option<&Service>) -> Batch {
    let whole = Record::new("notification", text.as_bytes().to_vec(), Content::Malformed(several()));
    let delivery = Delivery::by(Transport::Bus { source: SOURCE, detail_type: "" }, service);
    let records =
        Object::parse(text).map(|object| entries(&object, &whole, &delivery, None)).unwrap_or_default();
    Batch::new(Kind::S3, records)
}

/// Whether an object is the message by which S3 tests that it may notify.
pub(crate) fn is_test(object: &Object<'_>) -> bool {
    object.string("Event").as_deref() == Some("s3:TestEvent")
}

/// Whether an object is a notification of S3.
pub(crate) fn is_notification(object: &Object<'_>) -> bool {
    let records = object.get("Records").and_then(|raw| serde_json::from_str::<Objects<'_>>(raw.get()).ok());
    records.is_some_and(|Objects(records)| !records.is_empty() && records.iter().all(is_entry))
}

fn is_entry(entry: &Object<'_>) -> bool {
    entry.string("eventSource").as_deref() == Some(SOURCE)
}

/// The content of a notification in a body. One with several entries is [divided](divided) where its record is at hand.
pub(crate) fn notification(object: &Object<'_>, delivery: &Delivery<'_>) -> Content {
    match raw_entries(object)[..] {
        [entry] => content(entry, delivery),
        _ => Content::Malformed(several()),
    }
}

fn raw_entries<'a>(object: &Object<'a>) -> Vec<&'a RawValue> {
    object.get("Records").and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
}

fn several() -> Malformed {
    Malformed::foreign(SOURCE, "a notification of S3 with several entries")
}

/// Whether a record's body is a notification with several entries.
pub(crate) fn is_divisible(content: &Content) -> bool {
    matches!(content, Content::Malformed(malformed) if malformed.kind() == Some(SOURCE))
}

/// The entries of a notification, each as a record under the name of the whole, with the delivery's trace (S-44). Any other record
/// stays as it is.
pub(crate) fn divided(record: Record, delivery: &Delivery<'_>, trace: Option<&str>) -> Vec<Record> {
    if !is_divisible(&record.content) {
        return vec![record];
    }
    let body = String::from_utf8_lossy(&record.body).into_owned();
    let Some(outer) = Object::parse(json::unmarked(&body)) else { return vec![record] };
    // Through SNS the notification is the message.
    let message = outer.string("Message").filter(|_| shape::is_notification(&outer));
    match message.as_deref().map(json::unmarked).map_or(Some(outer), Object::parse) {
        Some(object) if is_notification(&object) => entries(&object, &record, delivery, trace),
        _ => vec![record],
    }
}

fn entries(object: &Object<'_>, whole: &Record, delivery: &Delivery<'_>, trace: Option<&str>) -> Vec<Record> {
    let entries = raw_entries(object);
    let record = |entry: &RawValue| {
        let mut record = whole.clone().holding(trace::continued(content(entry, delivery), trace));
        if entries.len() > 1 {
            record.body = format!(r#"{{"Records":[{}]}}"#, entry.get()).into_bytes();
        }
        record
    };
    entries.iter().copied().map(record).collect()
}

/// The event of an entry.
fn content(entry: &RawValue, delivery: &Delivery<'_>) -> Content {
    let malformed = |what: &str| Content::Malformed(Malformed::new(format!("an entry of S3 {what}")));
    let Some(entry) = Object::parse(entry.get()) else { return malformed("that is no object") };
    if !is_entry(&entry) {
        return malformed("whose eventSource is not aws:s3");
    }
    let Some(name) = entry.string("eventName") else { return malformed("without eventName") };
    let Some(s3) = entry.object("s3") else { return malformed("without s3") };
    let (Some(bucket), Some(object)) = (s3.object("bucket"), s3.object("object")) else {
        return malformed("without bucket or object");
    };
    let (Some(bucket), Some(written)) = (bucket.string("name"), object.string("key")) else {
        return malformed("without the names of its bucket and its key");
    };
    let Some(key) = decoded(&written) else { return malformed("whose key is not UTF-8 text") };
    let text = |name: &str| object.string(name).unwrap_or_default();
    let request = || entry.object("responseElements")?.string("x-amz-request-id");
    let order = object.string("sequencer").or_else(request).unwrap_or_default();
    // Length-prefixed by `derived_id`, so no two entries share an id.
    let place = derived_id(&bucket, &key, &text("versionId"), 0);
    let id = derived_id(&place, &order, &name, 0);
    let Some(data) = with_key(&entry, &s3, &object, &key) else { return malformed("that cannot be read") };
    let time = shape::time(&entry, "eventTime").or_else(delivery.sent);
    event::content((taken(&name, delivery), SOURCE, &id), time, data)
}

/// The name that the service takes: the whole one, or the part before the colon.
fn taken<'n>(whole: &'n str, delivery: &Delivery<'_>) -> &'n str {
    let family = whole.split(':').next().unwrap_or(whole);
    match !delivery.takes(whole, SOURCE) && delivery.takes(family, SOURCE) {
        true => family,
        false => whole,
    }
}

/// The key as its users wrote it.
fn decoded(key: &str) -> Option<String> {
    let spaced = key.replace('+', " ");
    Some(percent_decode_str(&spaced).decode_utf8().ok()?.into_owned())
}

/// The entry with another key.
fn with_key(entry: &Object<'_>, s3: &Object<'_>, object: &Object<'_>, key: &str) -> Option<Box<RawValue>> {
    let object = object.with("key", &serde_json::Value::from(key).to_string());
    RawValue::from_string(entry.with("s3", &s3.with("object", &object))).ok()
}

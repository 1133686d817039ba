//! S3 notifications, as foreign events. A service that handles none of them gets a dead letter (S-41).
//!
//! `ObjectCreated:Put` is the name `ObjectCreated` of the source `aws:s3`, unless the service handles the whole name. S3 gives no
//! id, so it is derived from what tells two events of one object apart. Source: S3 user guide, "Event message structure".

use std::collections::BTreeMap;

use waxseal::{
    Envelope, Malformed, Raw, Service, Transport,
    batch::{Content, Record},
    derived_id,
};

use super::{
    batch::{Batch, Kind},
    delivery::Delivery,
    shape,
};
use crate::json::{Object, Objects};

/// The reason for a test message of S3 to be acknowledged.
pub(crate) const TEST: &str = "the test event of S3";

const SOURCE: &str = "aws:s3";

/// The test message of S3, sent to the function itself: S3 wants no more than an answer.
pub(crate) fn test(text: &str) -> Batch {
    batch_of(vec![Record::new("notification", text.as_bytes().to_vec(), Content::Ignored(TEST))])
}

/// A notification that S3 sent to the function itself.
pub(crate) fn batch(text: &str, notification: &Objects<'_>, service: Option<&Service>) -> Batch {
    let transport = Transport::Bus { source: SOURCE, detail_type: "" };
    let delivery = Delivery { service, transport, id: "", sent: &|| None, attributes: &[], returned: None };
    let content = match read(&notification.0, &delivery) {
        Ok(raw) => Content::Message(Box::new(raw)),
        Err(malformed) => Content::Malformed(malformed),
    };
    batch_of(vec![Record::new("notification", text.as_bytes().to_vec(), content)])
}

fn batch_of(records: Vec<Record>) -> Batch {
    Batch { kind: Kind::S3, records }
}

/// Whether an object is the message by which S3 tests that it may notify.
pub(crate) fn is_test(object: &Object<'_>) -> bool {
    object.string("Event").as_deref() == Some("s3:TestEvent")
}

/// The records of a notification of S3; `None` where an object is none.
pub(crate) fn records<'a>(object: &Object<'a>) -> Option<Vec<Object<'a>>> {
    let Objects(records) = serde_json::from_str(object.get("Records")?.get()).ok()?;
    let is_s3 = |record: &Object<'_>| record.string("eventSource").as_deref() == Some(SOURCE);
    (!records.is_empty() && records.iter().all(is_s3)).then_some(records)
}

/// The event in a notification, where the service takes it.
pub(crate) fn read(records: &[Object<'_>], delivery: &Delivery<'_>) -> Result<Raw, Malformed> {
    let taken: Vec<_> = records.iter().filter_map(|record| Some((record, name(record, delivery)?))).collect();
    match (&*taken, records) {
        ([], _) => Err(notification()),
        ([(record, name)], [_]) => event(record, name),
        // S3 sends one at a time, although its format has room for more.
        _ => Err(Malformed::foreign(
            SOURCE,
            format!(
                "a notification of S3 with {} records, and one message is one event: split it",
                records.len()
            ),
        )),
    }
}

/// The name of a record that the service takes: the whole one, or the part before the colon.
fn name(record: &Object<'_>, delivery: &Delivery<'_>) -> Option<String> {
    let whole = record.string("eventName")?;
    let family = whole.split(':').next().unwrap_or_default();
    [&*whole, family].into_iter().find(|name| delivery.takes(name, SOURCE)).map(str::to_owned)
}

fn event(record: &Object<'_>, name: &str) -> Result<Raw, Malformed> {
    let wrong = |what: &str| Malformed::foreign(SOURCE, format!("a notification of S3 {what}"));
    let s3 = record.object("s3").ok_or_else(|| wrong("without s3"))?;
    let (bucket, object) = (s3.object("bucket"), s3.object("object"));
    let (Some(bucket), Some(object)) = (bucket.and_then(|bucket| bucket.string("name")), object) else {
        return Err(wrong("without a bucket's name or an object"));
    };
    let key = object.string("key").ok_or_else(|| wrong("without the key of an object"))?;
    let timestamp =
        shape::time(record, "eventTime").ok_or_else(|| wrong("whose eventTime is no RFC 3339 time"))?;
    let text = |object: Option<&Object<'_>>, name: &str| {
        object.and_then(|object| object.string(name)).unwrap_or_default().into_owned()
    };
    // Creations and deletions have a sequencer, which tells the events of one key apart. Others have their request.
    let response = record.object("responseElements");
    let request = text(response.as_ref(), "x-amz-request-id");
    let happened = match text(Some(&object), "sequencer") {
        sequencer if sequencer.is_empty() => format!("{request} {timestamp}"),
        sequencer => sequencer,
    };
    let version = text(Some(&object), "versionId");
    let what = format!("{} {happened} {version}", text(Some(record), "eventName"));
    let id = derived_id(&bucket, &key, &what, 0);
    Ok(Envelope {
        correlation_id: id.clone(),
        id,
        name: name.to_owned(),
        version: 1,
        timestamp,
        source: SOURCE.to_owned(),
        causation_id: None,
        data: record.to_raw()?,
        metadata: BTreeMap::new(),
    })
}

/// The refusal of a notification of S3.
fn notification() -> Malformed {
    Malformed::foreign(
        SOURCE,
        "a notification of S3, which no handler takes: handle it as a foreign event of the source `aws:s3`, such as `ObjectCreated`, let \
         S3 notify EventBridge and handle its event, or declare `.ignore(\"aws:s3\")` on the service",
    )
}

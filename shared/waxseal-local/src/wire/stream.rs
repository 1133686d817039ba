//! Records of a table's stream.

use std::{borrow::Cow, fmt, sync::Arc};

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::value::RawValue;
use waxseal::{
    Timestamp,
    table::{Foreign, Item, Key, Value, attribute, memory::Change},
};
use waxseal_pattern::Known;

use super::arn::{Arn, REGION, Text};

/// One change of a table.
#[derive(Debug)]
pub(crate) struct StreamRecord {
    /// Its number in the stream, from 1 on.
    pub(crate) sequence: u64,
    pub(crate) at: Timestamp,
    pub(crate) change: Change,
    /// Whether TTL made it.
    pub(crate) by_ttl: bool,
}

/// DynamoDB's own name in the records of items that TTL removed.
const TTL: Identity = Identity { r#type: "Service", principal_id: "dynamodb.amazonaws.com" };

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    #[serde(rename = "eventID")]
    id: Text<fmt::Arguments<'a>>,
    event_name: &'a str,
    event_version: &'a str,
    event_source: &'a str,
    aws_region: &'a str,
    dynamodb: Data<'a>,
    #[serde(rename = "eventSourceARN")]
    arn: Arn<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_identity: Option<Identity>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Data<'a> {
    approximate_creation_date_time: i64,
    keys: Option<Keys<'a>>,
    sequence_number: String,
    size_bytes: usize,
    stream_view_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    old_image: Option<Image<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_image: Option<Image<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    r#type: &'static str,
    principal_id: &'static str,
}

/// These records as an event source mapping of a stream hands them to a function.
pub(crate) fn stream_event(table: &str, records: &[Arc<StreamRecord>]) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Event<'a> {
        records: Records<'a>,
    }
    let size = |item: &Arc<Item>| item.size() * 5 / 4;
    let images = |change: &Change| [&change.old, &change.new].into_iter().flatten().map(size).sum::<usize>();
    let bytes = records.iter().map(|record| 800 + images(&record.change)).sum();
    let mut event = Vec::with_capacity(bytes);
    // Texts and numbers alone cannot fail.
    serde_json::to_writer(&mut event, &Event { records: Records { table, records } }).ok();
    event
}

/// One record as a filter sees it.
pub(crate) fn stream_record(table: &str, record: &StreamRecord) -> String {
    // Texts and numbers alone cannot fail.
    serde_json::to_string(&OfTable { table, record }).unwrap_or_default()
}

struct Records<'a> {
    table: &'a str,
    records: &'a [Arc<StreamRecord>],
}

impl Serialize for Records<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let of = |record| OfTable { table: self.table, record };
        serializer.collect_seq(self.records.iter().map(|record| of(record)))
    }
}

struct OfTable<'a> {
    table: &'a str,
    record: &'a StreamRecord,
}

impl Serialize for OfTable<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let StreamRecord { sequence, at, change, by_ttl } = self.record;
        let (old, new) = (change.old.as_deref(), change.new.as_deref());
        let dynamodb = Data {
            approximate_creation_date_time: at.as_second(),
            keys: new.or(old).map(|item| Keys(&item.key)),
            sequence_number: sequence_number(*sequence),
            size_bytes: new.map_or(0, Item::size) + old.map_or(0, Item::size),
            stream_view_type: "NEW_AND_OLD_IMAGES",
            old_image: old.map(Image),
            new_image: new.map(Image),
        };
        let table = self.table;
        let record = Record {
            id: Text(format_args!("{sequence:032x}")),
            event_name: event_name(change),
            event_version: "1.1",
            event_source: "aws:dynamodb",
            aws_region: REGION,
            dynamodb,
            arn: Arn {
                service: "dynamodb",
                resource: format_args!("table/{table}/stream/1970-01-01T00:00:00.000"),
            },
            user_identity: by_ttl.then_some(TTL),
        };
        record.serialize(serializer)
    }
}

fn event_name(change: &Change) -> &'static str {
    match (&change.old, &change.new) {
        (None, _) => "INSERT",
        (Some(_), Some(_)) => "MODIFY",
        (Some(_), None) => "REMOVE",
    }
}

/// The form of a stream's sequence numbers: 21 digits or more, growing.
pub(crate) fn sequence_number(sequence: u64) -> String {
    format!("1{sequence:020}")
}

/// An attribute as DynamoDB types it.
#[derive(Serialize)]
enum Typed<'a> {
    S(&'a str),
    N(Text<i64>),
    #[serde(untagged)]
    Foreign(&'a RawValue),
}

struct Keys<'a>(&'a Key);

impl Serialize for Keys<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut keys = serializer.serialize_map(Some(2))?;
        write_key(self.0, &mut keys)?;
        keys.end()
    }
}

fn write_key<M: SerializeMap>(key: &Key, map: &mut M) -> Result<(), M::Error> {
    map.serialize_entry(attribute::PARTITION, &Typed::S(&key.partition))?;
    map.serialize_entry(attribute::SORT, &Typed::S(&key.sort))
}

struct Image<'a>(&'a Item);

impl Serialize for Image<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Item { key, attributes } = self.0;
        let mut image = serializer.serialize_map(Some(attributes.len() + 2))?;
        write_key(key, &mut image)?;
        for (name, value) in attributes {
            match value {
                Value::Text(text) => image.serialize_entry(name, &Typed::S(text))?,
                Value::Number(number) => image.serialize_entry(name, &Typed::N(Text(*number)))?,
                Value::Foreign(foreign) => image.serialize_entry(name, &typed(foreign))?,
            }
        }
        image.end()
    }
}

/// DynamoDB's own JSON: only a test that stored it meets it.
fn typed(foreign: &Foreign) -> Option<Typed<'_>> {
    serde_json::from_str(foreign.json()).ok().map(Typed::Foreign)
}

/// The field of a record at a path, where it is known without the record's text: a filter most
/// often asks for the kind of change and for attributes.
pub(crate) fn stream_field<'r>(record: &'r StreamRecord, path: &str) -> Known<'r> {
    let change = &record.change;
    if path == "eventName" {
        return Known::text(event_name(change));
    }
    let image = |name| path.strip_prefix("dynamodb.")?.strip_prefix(name)?.strip_prefix('.');
    let (item, path) = match (image("NewImage"), image("OldImage")) {
        (Some(path), _) => (&change.new, path),
        (None, Some(path)) => (&change.old, path),
        (None, None) => return Known::Unknown,
    };
    let Some(item) = item else { return Known::Absent };
    let Some((name, kind)) = path.rsplit_once('.') else { return Known::Absent };
    match (item.attributes.get(name), kind) {
        (Some(Value::Text(text)), "S") => Known::text(&**text),
        (Some(Value::Number(number)), "N") => Known::Text(Cow::Owned(number.to_string())),
        (Some(Value::Text(_) | Value::Number(_)), "S" | "N") => Known::Absent,
        // The key, deeper paths, and attributes of other writers.
        _ if item.foreign().is_some() || name == attribute::PARTITION || name == attribute::SORT => {
            Known::Unknown
        }
        (None, "S" | "N") => Known::Absent,
        _ => Known::Unknown,
    }
}

//! Kinesis: one record for each record of a shard, in order for each partition key.
//!
//! Records that the Kinesis Producer Library has aggregated hold several records of its users in one; `kpl` takes them apart.

use std::borrow::Cow;

use waxseal::{
    Malformed, Service,
    batch::{Content, MissingId, Place, Record},
};

use super::{
    batch::{Batch, Kind},
    data::Carrier,
    kpl, shape,
};
use crate::json::Object;

/// The records of a shard as `waxseal::batch` runs them.
///
/// # Errors
/// Where a record has no sequence number to name it by (S-4).
pub(crate) fn batch(objects: &[Object<'_>], service: Option<&Service>) -> Result<Batch, MissingId> {
    let mut records = Vec::with_capacity(objects.len());
    for (index, object) in objects.iter().enumerate() {
        let data = object.object("kinesis").unwrap_or_default();
        let id = sequence_number(&data).ok_or(MissingId::at(index))?;
        read(&mut records, object, &data, id, service);
    }
    Ok(Batch::new(Kind::Kinesis, records))
}

/// The records of a pipe. EventBridge Pipes puts the members of `kinesis` beside the others, and names a record by its `eventID`.
///
/// # Errors
/// Where a record has no event id to name it by (S-4).
pub(crate) fn piped(objects: &[Object<'_>], service: Option<&Service>) -> Result<Vec<Record>, MissingId> {
    let mut records = Vec::with_capacity(objects.len());
    for (index, object) in objects.iter().enumerate() {
        let id = event_id(object).ok_or(MissingId::at(index))?.into_owned();
        read(&mut records, object, object, id, service);
    }
    Ok(records)
}

/// Reads one record of a shard: several records where it is aggregated.
fn read(
    records: &mut Vec<Record>,
    object: &Object<'_>,
    data: &Object<'_>,
    id: String,
    service: Option<&Service>,
) {
    let Some(base64) = data.string("data") else {
        let malformed = Malformed::new("the record has no data");
        records.push(Record::new(id, Vec::new(), Content::Malformed(malformed)));
        return;
    };
    let key = data.string("partitionKey").map(Cow::into_owned);
    let mut place = Place::new(
        object.string("eventSourceARN").unwrap_or_default(),
        event_id(object).unwrap_or(Cow::Borrowed(&id)),
    );
    place.written_at = data.get("approximateArrivalTimestamp").and_then(shape::seconds);
    place.key.clone_from(&key);
    let carrier = Carrier { service, kind: Kind::Kinesis, attributes: &[] };
    let mut record = carrier.record(id, &base64, place);
    record.group = key;
    match kpl::records(&record.body) {
        None => records.push(record),
        Some(Ok(parts)) => {
            let part = |(index, part)| part_of(&record, index, part, carrier);
            records.extend(parts.iter().enumerate().map(part));
        }
        Some(Err(what)) => {
            let malformed =
                Malformed::new(format!("an aggregated record of the Kinesis Producer Library {what}"));
            records.push(record.holding(Content::Malformed(malformed)));
        }
    }
}

/// A user's record inside of an aggregated one. It is named as the whole, and its identity has its index.
fn part_of(whole: &Record, index: usize, part: &kpl::Part<'_>, carrier: Carrier<'_>) -> Record {
    let mut place = whole.place.as_deref().cloned().unwrap_or_else(|| Place::new("", ""));
    place.id = format!("{}:{index}", place.id);
    place.key = Some(part.key.to_owned());
    let content = carrier.read(part.data, &place);
    let mut record = Record::new(whole.id.clone(), part.data.to_vec(), content).in_group(part.key);
    record.place = Some(Box::new(place));
    record
}

fn sequence_number(data: &Object<'_>) -> Option<String> {
    data.string("sequenceNumber").filter(|number| !number.is_empty()).map(Cow::into_owned)
}

fn event_id<'a>(object: &Object<'a>) -> Option<Cow<'a, str>> {
    object.string("eventID").filter(|id| !id.is_empty())
}

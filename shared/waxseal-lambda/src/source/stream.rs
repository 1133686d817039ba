//! DynamoDB streams: the emissions of a table's receipts.
//!
//! An insertion or a change whose new image has other emissions than the old one holds envelopes; everything else is
//! silent. A removal, by TTL above all, is no domain event (S-39). The relay publishes the emissions as they are stored;
//! any other function handles them straight from the stream, without a bus: one record for each envelope, under the
//! stream record's sequence number.

use std::borrow::Cow;

use waxseal::{
    Emission, Malformed, Raw, Timestamp,
    batch::{Content, MissingId, Record},
    read_emissions,
    relay::Pending,
    row::sort,
    table::attribute::{self, EMITTED},
};

use super::batch::{Batch, Kind};
use crate::json::Object;

/// One stream record, read once: its members, and those of `dynamodb`.
struct StreamRecord<'a> {
    name: Option<Cow<'a, str>>,
    object: &'a Object<'a>,
    data: Option<Object<'a>>,
}

impl<'a> StreamRecord<'a> {
    fn of(object: &'a Object<'a>) -> Self {
        Self { name: object.string("eventName"), object, data: object.object("dynamodb") }
    }
}

/// The change that one stream record holds.
pub(crate) enum Change {
    /// Nothing was emitted, with the reason in words.
    Silent(&'static str),
    /// The attribute as it is stored.
    Emitted(String),
    /// Not readable.
    Malformed(Malformed),
}

/// The records of a stream batch as `waxseal::batch` runs them.
///
/// # Errors
/// Where a record has no sequence number to name it by (S-4).
pub(crate) fn batch(objects: &[Object<'_>]) -> Result<Batch, MissingId> {
    let mut records = Vec::with_capacity(objects.len());
    for (index, object) in objects.iter().enumerate() {
        let stream = StreamRecord::of(object);
        let (id, group) = (sequence_number(index, &stream)?, group(&stream));
        let record = |body: Vec<u8>, content| {
            let mut record = Record::new(id.clone(), body, content);
            record.group.clone_from(&group);
            record
        };
        match change(&stream) {
            Change::Silent(why) => records.push(record(Vec::new(), Content::Ignored(why))),
            Change::Malformed(malformed) => {
                records.push(record(whole(object), Content::Malformed(malformed)))
            }
            Change::Emitted(emitted) => match read(&emitted) {
                Ok(emissions) => records.extend(emissions.into_iter().map(|emission| {
                    let json = emission.envelope.get();
                    let content = Raw::parse(json)
                        .map_or_else(Content::Malformed, |raw| Content::Message(Box::new(raw)));
                    record(json.as_bytes().to_vec(), content)
                })),
                Err(reason) => {
                    records.push(record(emitted.into_bytes(), Content::Malformed(Malformed::new(reason))));
                }
            },
        }
    }
    Ok(Batch { kind: Kind::Stream, records })
}

/// The receipts of a stream batch as the relay publishes them. Silent records are left out.
///
/// # Errors
/// Where a record has no sequence number to name it by (S-4).
pub(crate) fn pending(objects: &[Object<'_>]) -> Result<Vec<Pending>, MissingId> {
    let mut receipts = Vec::with_capacity(objects.len());
    for (index, object) in objects.iter().enumerate() {
        let stream = StreamRecord::of(object);
        let record = sequence_number(index, &stream)?;
        let (emissions, body) = match change(&stream) {
            Change::Silent(_) => continue,
            Change::Malformed(malformed) => (Err(malformed.to_string()), whole(object)),
            Change::Emitted(emitted) => (read(&emitted), emitted.into_bytes()),
        };
        receipts.push(Pending::new(record, emissions, body).written_at(written_at(&stream)));
    }
    Ok(receipts)
}

/// For the dead-letter queue: everything that a malformed record says about its item.
fn whole(object: &Object<'_>) -> Vec<u8> {
    object.get("dynamodb").map(|data| data.get().as_bytes().to_vec()).unwrap_or_default()
}

fn read(emitted: &str) -> Result<Vec<Emission>, String> {
    // By place alone: serde's own words would quote what it found there.
    read_emissions(emitted).map_err(|error| {
        format!(
            "the attribute {EMITTED} is not what a receipt holds, at line {} column {}",
            error.line(),
            error.column()
        )
    })
}

fn change(record: &StreamRecord<'_>) -> Change {
    let malformed = |what: &str| Change::Malformed(Malformed::new(what));
    let name = &record.name;
    if name.as_deref() == Some("REMOVE") && is_expired(record.object) {
        return Change::Silent("an item has expired");
    }
    if matches!(name.as_deref(), Some("INSERT" | "MODIFY" | "REMOVE")) && !is_ours(record) {
        return Change::Malformed(Malformed::foreign(
            "aws:dynamodb",
            "a record of a table that is not Waxseal's, by its keys, which no handler takes: wire the function to its service's own \
             table, or declare `.ignore(\"aws:dynamodb\")` on the service",
        ));
    }
    match name.as_deref() {
        Some("REMOVE") => return Change::Silent("an item was removed"),
        Some("INSERT" | "MODIFY") => {}
        Some(_) | None => {
            return malformed("the stream record's eventName is none of INSERT, MODIFY and REMOVE");
        }
    }
    let Some(data) = &record.data else {
        return malformed("the stream record has no object dynamodb");
    };
    let Some(new) = data.object("NewImage") else {
        return malformed(
            "the stream record has no NewImage: the table's StreamViewType must be NEW_AND_OLD_IMAGES",
        );
    };
    let emitted = match text(&new) {
        Ok(Some(emitted)) => emitted,
        Ok(None) => return Change::Silent("an item that emitted nothing"),
        Err(()) => return malformed("the attribute emitted of NewImage is no text"),
    };
    // Without an old image (another view type) a change counts as an emission: published twice rather than never.
    let before = data.object("OldImage").and_then(|old| text(&old).ok().flatten());
    if before.as_deref() == Some(&*emitted) {
        return Change::Silent("an item changed, but not what it had emitted");
    }
    Change::Emitted(emitted.into_owned())
}

/// Whether DynamoDB's TTL removed the item. Source: DynamoDB developer guide, "DynamoDB Streams and Time to Live".
fn is_expired(object: &Object<'_>) -> bool {
    object.object("userIdentity").is_some_and(|by| {
        by.string("type").as_deref() == Some("Service")
            && by.string("principalId").as_deref() == Some("dynamodb.amazonaws.com")
    })
}

/// Whether the item is the protocol's own, by its keys: many tables have a `pk` and an `sk`. A later build's item may have
/// another sort key; it is ours where it emitted. A record without keys may be.
fn is_ours(record: &StreamRecord<'_>) -> bool {
    let Some(data) = &record.data else { return true };
    let Some(keys) = data.object("Keys") else { return true };
    if !keys.members().all(|name| name == attribute::PARTITION || name == attribute::SORT) {
        return false;
    }
    let sort = keys.object(attribute::SORT).and_then(|value| value.string("S"));
    sort.is_some_and(|sort| sort::ALL.contains(&&*sort))
        || data.object("NewImage").is_some_and(|new| text(&new).is_ok_and(|emitted| emitted.is_some()))
}

/// The attribute's text; `Err` where it has another type.
fn text<'a>(image: &Object<'a>) -> Result<Option<Cow<'a, str>>, ()> {
    match image.get(EMITTED) {
        Some(raw) => Object::parse(raw.get()).and_then(|value| value.string("S")).map(Some).ok_or(()),
        None => Ok(None),
    }
}

/// The name of the record in the response.
fn sequence_number(index: usize, record: &StreamRecord<'_>) -> Result<String, MissingId> {
    let number = record.data.as_ref().and_then(|data| data.string("SequenceNumber"));
    number.filter(|number| !number.is_empty()).map(Cow::into_owned).ok_or(MissingId::at(index))
}

/// The time at which the record was written, by the stream: seconds since 1970, with or without a fraction.
fn written_at(record: &StreamRecord<'_>) -> Option<Timestamp> {
    let seconds: f64 = record.data.as_ref()?.get("ApproximateCreationDateTime")?.get().parse().ok()?;
    let milliseconds = seconds * 1000.0;
    // Nine thousand years of milliseconds are exact in 53 bits; anything else is no time of a record.
    #[allow(clippy::cast_possible_truncation, reason = "checked by the range")]
    (0.0..2.6e14).contains(&milliseconds).then(|| Timestamp::from_millisecond(milliseconds as i64).ok())?
}

/// The item's key as it stands: one item's changes run in order.
fn group(record: &StreamRecord<'_>) -> Option<String> {
    record.data.as_ref()?.get("Keys").map(|keys| keys.get().to_owned())
}

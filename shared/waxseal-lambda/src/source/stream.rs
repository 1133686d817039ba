//! DynamoDB streams: the emissions of a table's receipts.
//!
//! An insertion or a change whose new image has other emissions than the old one holds envelopes; everything else is
//! silent. A removal, by TTL above all, is no domain event (S-39). The relay publishes the emissions as they are stored;
//! any other function handles them straight from the stream, without a bus: one record for each envelope, under the
//! stream record's sequence number. A record of a table that is not ours is a change (`changes`).

use std::borrow::Cow;

use waxseal::{
    Emission, Malformed, Raw, Service, Timestamp,
    batch::{Content, MissingId, Place, Record},
    read_emissions,
    relay::Pending,
    row::sort,
    table::attribute::{self, EMITTED},
};

use super::{
    batch::{Batch, Kind},
    changes, shape,
};
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

    fn place(&self) -> Option<Place> {
        let mut place = Place::new(self.object.string("eventSourceARN")?, event_id(self)?);
        place.written_at = self.written_at();
        Some(place)
    }

    /// The time at which the record was written, by the stream.
    fn written_at(&self) -> Option<Timestamp> {
        shape::seconds(self.data.as_ref()?.get("ApproximateCreationDateTime")?)
    }

    /// The item's key as it stands: one item's changes run in order.
    fn group(&self) -> Option<String> {
        self.data.as_ref()?.get("Keys").map(|keys| keys.get().to_owned())
    }
}

/// The name of a record in the response.
fn sequence_number(record: &StreamRecord<'_>) -> Option<String> {
    let number = record.data.as_ref()?.string("SequenceNumber")?;
    (!number.is_empty()).then(|| number.into_owned())
}

/// The name of a record in the response to a pipe.
fn event_id(record: &StreamRecord<'_>) -> Option<String> {
    record.object.string("eventID").filter(|id| !id.is_empty()).map(Cow::into_owned)
}

const EXPIRED: &str = "an item has expired";

/// For relays.
const FOREIGN: &str = "a record of a table that is not Waxseal's, by its keys, which no relay takes: wire the relay to its service's own \
     table";

/// The change that one stream record holds.
pub(crate) enum Change {
    /// Nothing was emitted, with the reason in words.
    Silent(&'static str),
    /// The attribute as it is stored.
    Emitted(String),
    /// Not readable.
    Malformed(Malformed),
    /// A change of a table that is not ours, and whether its item was removed since it had expired.
    Foreign { expired: bool },
}

/// The records of a stream batch as `waxseal::batch` runs them.
///
/// # Errors
/// Where a record has no sequence number to name it by (S-4).
pub(crate) fn batch(objects: &[Object<'_>], service: &Service) -> Result<Batch, MissingId> {
    Ok(Batch::new(Kind::Stream, records(objects, service, sequence_number)?))
}

/// The records of a pipe, which names a record by its `eventID`.
///
/// # Errors
/// Where a record has no event id to name it by (S-4).
pub(super) fn piped(objects: &[Object<'_>], service: &Service) -> Result<Vec<Record>, MissingId> {
    records(objects, service, event_id)
}

/// The records of a stream under the ids that `name` gives them.
fn records(
    objects: &[Object<'_>],
    service: &Service,
    name: impl Fn(&StreamRecord<'_>) -> Option<String>,
) -> Result<Vec<Record>, MissingId> {
    let mut records = Vec::with_capacity(objects.len());
    for (index, object) in objects.iter().enumerate() {
        let stream = StreamRecord::of(object);
        let (id, group) = (name(&stream).ok_or(MissingId::at(index))?, stream.group());
        let place = stream.place().map(Box::new);
        let record = |body: Vec<u8>, content| {
            let mut record = Record::new(id.clone(), body, content);
            record.group.clone_from(&group);
            record.place.clone_from(&place);
            record
        };
        match change(&stream) {
            Change::Silent(why) => records.push(record(Vec::new(), Content::Ignored(why))),
            Change::Foreign { expired } => {
                let content = changes::content(object);
                records.push(match expired && !takes_removal(&content, service) {
                    true => record(Vec::new(), Content::Ignored(EXPIRED)),
                    // The whole record can be read again, from a queue too.
                    false => record(object.written().into_bytes(), content),
                });
            }
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
    Ok(records)
}

/// Whether a handler takes the removal of a foreign item that has expired: without one it is silent (S-41).
fn takes_removal(content: &Content, service: &Service) -> bool {
    match content {
        Content::Message(raw) => service.handles(&raw.name, &raw.source),
        // A table that cannot be told may be that of any handler.
        _ => service.catalog().iter().any(|entry| entry.consumes.name == changes::REMOVE),
    }
}

/// The receipts of a stream batch as the relay publishes them. Silent records are left out.
///
/// # Errors
/// Where a record has no sequence number to name it by (S-4).
pub(crate) fn pending(objects: &[Object<'_>]) -> Result<Vec<Pending>, MissingId> {
    let mut receipts = Vec::with_capacity(objects.len());
    for (index, object) in objects.iter().enumerate() {
        let stream = StreamRecord::of(object);
        let record = sequence_number(&stream).ok_or(MissingId::at(index))?;
        let (emissions, body) = match change(&stream) {
            Change::Silent(_) | Change::Foreign { expired: true } => continue,
            Change::Foreign { expired: false } => (Err(FOREIGN.to_owned()), whole(object)),
            Change::Malformed(malformed) => (Err(malformed.to_string()), whole(object)),
            Change::Emitted(emitted) => (read(&emitted), emitted.into_bytes()),
        };
        receipts.push(Pending::new(record, emissions, body).written_at(stream.written_at()));
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
    let name = record.name.as_deref();
    let expired = name == Some(changes::REMOVE) && is_expired(record.object);
    if matches!(name, Some("INSERT" | "MODIFY" | "REMOVE")) && !is_ours(record) {
        return Change::Foreign { expired };
    }
    if expired {
        return Change::Silent(EXPIRED);
    }
    match name {
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
    sort.is_some_and(|sort| sort::is_own(&sort))
        || data.object("NewImage").is_some_and(|new| text(&new).is_ok_and(|emitted| emitted.is_some()))
}

/// The attribute's text; `Err` where it has another type.
fn text<'a>(image: &Object<'a>) -> Result<Option<Cow<'a, str>>, ()> {
    match image.get(EMITTED) {
        Some(raw) => Object::parse(raw.get()).and_then(|value| value.string("S")).map(Some).ok_or(()),
        None => Ok(None),
    }
}

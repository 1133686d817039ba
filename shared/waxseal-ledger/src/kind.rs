//! From a stream record to an entry: a plain function.

use serde_json::{
    Map, Value,
    value::{RawValue, to_raw_value},
};
use waxseal::{
    Timestamp, read_emissions,
    row::{Receipt, Status, sort},
    table::{Item, Key, attribute},
};

use crate::{
    entry::{Entry, EntryKind, Handled},
    image,
    stream::Record,
};

/// The entry of a record; `None` for what TTL removed, which nobody did.
pub(crate) fn entry(service: &str, whole: &Value) -> Option<Entry> {
    let record: Record = match serde_json::from_value(whole.clone()) {
        Ok(record) => record,
        Err(error) => return Some(unreadable(service, whole, &waxseal_message::misfit(&error))),
    };
    if record.is_expiry() {
        return None;
    }
    let image = |image: &Option<Map<String, Value>>| image.as_ref().map(image::item);
    let (old, new) = (image(&record.dynamodb.old_image), image(&record.dynamodb.new_image));
    let (old, new) = match (old.transpose_item(), new.transpose_item()) {
        (Some(old), Some(new)) if old.is_some() || new.is_some() => (old, new),
        _ => return Some(unreadable(service, whole, "it has no images of an item with `pk` and `sk`")),
    };
    let key = new.as_ref().or(old.as_ref()).map(|item| item.key.clone())?;
    let kind = kind(&key, old.as_ref(), new.as_ref()).unwrap_or_else(|| EntryKind::Other {
        before: record.dynamodb.old_image.as_ref().and_then(|image| to_raw_value(image).ok()),
        after: record.dynamodb.new_image.as_ref().and_then(|image| to_raw_value(image).ok()),
    });
    let sequence = record.dynamodb.sequence_number.clone();
    let id = if record.event_id.is_empty() { sequence.clone() } else { record.event_id.clone() };
    Some(Entry {
        record: id,
        sequence,
        at: record.at(),
        service: service.to_owned(),
        partition: key.partition.to_string(),
        sort: key.sort.into_owned(),
        what: kind,
    })
}

/// An image is absent, or readable, or neither.
trait TransposeItem {
    fn transpose_item(self) -> Option<Option<Item>>;
}

impl TransposeItem for Option<Option<Item>> {
    fn transpose_item(self) -> Option<Option<Item>> {
        match self {
            None => Some(None),
            Some(Some(item)) => Some(Some(item)),
            Some(None) => None,
        }
    }
}

fn unreadable(service: &str, whole: &Value, reason: &str) -> Entry {
    let data = whole.get("dynamodb");
    let text = |of: Option<&Value>, name: &str| of?.get(name)?.as_str().map(str::to_owned);
    let sequence = text(data, "SequenceNumber").unwrap_or_default();
    let record = text(Some(whole), "eventID").or_else(|| text(data, "SequenceNumber"));
    Entry {
        // A record without a name of its own is named by its content, so that it is one however often it comes.
        record: record.unwrap_or_else(|| crate::object::hex_digest(whole.to_string().as_bytes())),
        sequence,
        at: Timestamp::UNIX_EPOCH,
        service: service.to_owned(),
        partition: String::new(),
        sort: String::new(),
        what: EntryKind::Unreadable {
            reason: reason.to_owned(),
            whole: to_raw_value(whole).unwrap_or_else(|_| RawValue::NULL.to_owned()),
        },
    }
}

/// The kind of a write, where it is one that is known.
fn kind(key: &Key, old: Option<&Item>, new: Option<&Item>) -> Option<EntryKind> {
    let raw = |item: Option<&Item>, name: &str| {
        item?.get_text(name).and_then(|text| RawValue::from_string(text.to_owned()).ok())
    };
    let parts = parts(key);
    if key.sort == sort::RECEIPT
        && let (["receipt", consumer, source, id], Some(item)) = (&*strs(&parts), new)
    {
        return handled(item, old, [consumer, source, id]).map(EntryKind::Handled);
    }
    let [entity, id, ..] = &*strs(&parts) else { return None };
    let (entity, id) = ((*entity).to_owned(), (*id).to_owned());
    if key.sort == sort::STATE {
        let version = new.and_then(|item| item.get_number(attribute::VERSION));
        let version = version.and_then(|version| u64::try_from(version).ok());
        let (before, after) = (raw(old, "data"), raw(new, "data"));
        // What is no JSON is kept as it is.
        let is_whole = before.is_some() == old.is_some() && after.is_some() == new.is_some();
        return is_whole.then_some(EntryKind::State { entity, id, version, before, after });
    }
    let first = key.sort.strip_prefix(sort::EVENT).and_then(|number| number.parse().ok());
    if let (Some(first), None, Some(_)) = (first, old, new) {
        let (events, by) = (raw(new, "events")?, raw(new, "cause")?);
        return Some(EntryKind::Recorded { entity, id, first, events, by });
    }
    None
}

/// The parts of a partition key, unescaped.
fn parts(key: &Key) -> Vec<String> {
    key.partition.split('#').map(|part| part.replace("%23", "#").replace("%25", "%")).collect()
}

fn strs(parts: &[String]) -> Vec<&str> {
    parts.iter().map(String::as_str).collect()
}

fn handled(item: &Item, old: Option<&Item>, [consumer, source, id]: [&&str; 3]) -> Option<Handled> {
    let receipt = Receipt::from_item(item).ok()?;
    let (status, failed) = match &receipt.status {
        Status::Completed => ("completed", None),
        Status::Leased { .. } => ("leased", None),
        Status::Failed { error } => ("failed", Some(error.clone())),
        Status::Acted => ("acted", None),
        Status::Undone => ("undone", None),
        _ => return None,
    };
    let emitted =
        match (old.and_then(|old| old.get_text(attribute::EMITTED)), item.get_text(attribute::EMITTED)) {
            // What was emitted before is in the entry of that write.
            (before, after) if before == after => Vec::new(),
            (_, Some(text)) => read_emissions(text).ok()?,
            (_, None) => Vec::new(),
        };
    Some(Handled {
        consumer: (**consumer).to_owned(),
        source: (**source).to_owned(),
        id: (**id).to_owned(),
        status: status.to_owned(),
        attempt: receipt.attempt,
        first_at: receipt.first_at,
        error: failed.or(receipt.last_error),
        emitted: emitted.into_iter().map(|emission| emission.envelope).collect(),
    })
}

//! The rows of a history: the events that one message recorded, and the snapshot.
//!
//! The events of a message are one item, keyed by the number of the first of them. That key is the
//! optimistic lock: of two writers that continue one history, the condition refuses one. The items
//! have no TTL and are never replaced. The snapshot is the entity's row; it is derived, so it may be
//! absent, behind or of another form.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    row::{
        sort,
        state::{self, Stored},
    },
    table::{Item, Key, Query, SortRange},
};
use waxseal_message::{Timestamp, misfit};

/// The digits of a number in a sort key: all of a `u64`, so that the order of the keys is the order
/// of the numbers.
const DIGITS: usize = 20;

const EVENTS: &str = "events";
const SCHEMA: &str = "schema";
const AT: &str = "at";
const CAUSE: &str = "cause";
const SEQUENCE: &str = "sequence";
/// It is never stored.
const KEPT: &str = "kept";

/// The message that recorded events, as the history keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RecordedBy {
    /// The message's name.
    pub name: String,
    /// The message's source.
    pub source: String,
    /// The message's id.
    pub id: String,
    /// The message's correlation id.
    pub correlation_id: String,
    /// The consumer that recorded: `payment/charge-card`.
    pub consumer: String,
}

/// The events that one message recorded.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// The number of the first event, from 1.
    pub(crate) first: u64,
    /// The version of the events' form.
    pub(crate) schema: u16,
    pub(crate) events: Vec<Box<RawValue>>,
    pub(crate) at: Timestamp,
    pub(crate) cause: RecordedBy,
    /// The number of events that the entity has emitted in sequence so far (S-34).
    pub(crate) sequence: u64,
}

impl Entry {
    /// The number of the last event.
    pub(crate) fn last(&self) -> u64 {
        self.first.saturating_add(u64::try_from(self.events.len()).unwrap_or(u64::MAX)).saturating_sub(1)
    }
}

/// The key of the events from number `first` on, beside an entity's row.
pub(crate) fn key(row: &Key, first: u64) -> Key {
    Key { partition: row.partition.clone(), sort: sort_key(first).into() }
}

fn sort_key(first: u64) -> String {
    format!("{}{first:0DIGITS$}", sort::EVENT)
}

/// Whether a key is that of events.
pub(crate) fn is_key(key: &Key) -> bool {
    key.sort
        .strip_prefix(sort::EVENT)
        .is_some_and(|number| number.len() == DIGITS && number.bytes().all(|digit| digit.is_ascii_digit()))
}

/// The key of the row to whose history a key belongs; other keys are their own.
pub(crate) fn row_of(key: Key) -> Key {
    if is_key(&key) { Key { partition: key.partition, sort: sort::STATE.into() } } else { key }
}

/// A read of the events after number `after`.
pub(crate) fn query(row: &Key, after: u64) -> Query {
    let first = sort_key(after.saturating_add(1));
    Query::of(&*row.partition).range(SortRange::between(first, sort_key(u64::MAX)))
}

/// A read of the item that holds the event of this number, if there is one.
pub(crate) fn holding(row: &Key, number: u64) -> Query {
    let range = SortRange::between(sort_key(1), sort_key(number));
    Query::of(&*row.partition).range(range).backwards().limit(1)
}

/// The item of some events.
pub(crate) fn item(row: &Key, entry: &Entry) -> Result<Item, serde_json::Error> {
    let item = Item::new(key(row, entry.first))
        .text(EVENTS, serde_json::to_string(&entry.events)?)
        .number(SCHEMA, i64::from(entry.schema))
        .text(AT, entry.at.to_string())
        .text(CAUSE, serde_json::to_string(&entry.cause)?);
    let sequence = i64::try_from(entry.sequence).unwrap_or(i64::MAX);
    Ok(if sequence == 0 { item } else { item.number(SEQUENCE, sequence) })
}

/// The reason why a history could not be read. It names the place at which the reading ended (E-5).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// Something else wrote the item.
    #[error("item {item} holds no events: {reason}; something else wrote it, so correct or remove it")]
    Foreign {
        /// The item's key.
        item: String,
        /// The attribute that does not fit.
        reason: String,
    },
    /// An event does not fit the build's type.
    #[error(
        "event {number} of {entity} does not fit: {reason}; the message is retried until a build is deployed that can read it"
    )]
    Event {
        /// The entity: its kind and its id.
        entity: String,
        /// The number of the event in its history, from 1.
        number: u64,
        /// The reason, without the content.
        reason: String,
    },
    /// The numbers of the events are not dense: an item is missing.
    #[error("event {expected} of {entity} is missing: the next one that is stored is {found}")]
    Gap {
        /// The entity: its kind and its id.
        entity: String,
        /// The number that should follow.
        expected: u64,
        /// The number that follows.
        found: u64,
    },
}

/// The events that an item holds.
pub(crate) fn read(item: &Item) -> Result<Entry, HistoryError> {
    let foreign = |reason: String| HistoryError::Foreign { item: item.key.to_string(), reason };
    let text = |name| {
        item.get_text(name)
            .ok_or_else(|| foreign(format!("its attribute `{name}` is {}", item.standing(name))))
    };
    let unfit =
        |name: &str, error: &serde_json::Error| foreign(format!("its attribute `{name}`: {}", misfit(error)));
    let number = item.key.sort.strip_prefix(sort::EVENT).and_then(|number| number.parse().ok());
    let schema = item.get_number(SCHEMA).and_then(|schema| u16::try_from(schema).ok());
    Ok(Entry {
        first: number.ok_or_else(|| foreign("its sort key is no number".to_owned()))?,
        schema: schema
            .ok_or_else(|| foreign(format!("its attribute `{SCHEMA}` is {}", item.standing(SCHEMA))))?,
        events: serde_json::from_str(text(EVENTS)?).map_err(|error| unfit(EVENTS, &error))?,
        at: text(AT)?.parse().map_err(|error| foreign(format!("its attribute `{AT}`: {error}")))?,
        cause: serde_json::from_str(text(CAUSE)?).map_err(|error| unfit(CAUSE, &error))?,
        sequence: item.get_number(SEQUENCE).and_then(|number| u64::try_from(number).ok()).unwrap_or_default(),
    })
}

/// A snapshot: the fold of the events up to a number.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    /// The version of the state's form.
    pub(crate) schema: u16,
    /// The number of the last event that it folds.
    pub(crate) through: u64,
    /// The time of that event.
    pub(crate) at: Timestamp,
    pub(crate) state: Box<RawValue>,
}

/// A snapshot as its row holds it.
pub(crate) struct Row {
    pub(crate) snapshot: Snapshot,
    /// The end of the stored snapshot, where this row is only seen by the later messages of a batch.
    pub(crate) kept: Option<u64>,
    pub(crate) version: u64,
    pub(crate) sequence: u64,
}

/// The snapshot of a row.
pub(crate) fn read_row(item: &Item) -> Result<Row, HistoryError> {
    let foreign = |reason: String| HistoryError::Foreign { item: item.key.to_string(), reason };
    let Stored { data, version, sequence } = state::read(item).map_err(|error| foreign(error.to_string()))?;
    let snapshot = serde_json::from_str(data)
        .map_err(|error| foreign(format!("it is no snapshot of a history: {}", misfit(&error))))?;
    let kept = item.get_number(KEPT).and_then(|number| u64::try_from(number).ok());
    Ok(Row { snapshot, kept, version, sequence })
}

/// The row as the later messages of a batch see it. It ends with the history, so nothing is to be
/// read after it. `kept` is the end of the snapshot that is stored.
pub(crate) fn seen(row: Item, kept: u64) -> Item {
    row.number(KEPT, i64::try_from(kept).unwrap_or(i64::MAX))
}

/// Whether an item of a table holds the events of a history.
#[must_use]
pub fn holds_events(item: &Item) -> bool {
    is_key(&item.key) && item.attributes.contains_key(EVENTS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn e1_keys_are_in_the_order_of_their_numbers(one: u64, other: u64, id in "\\PC{0,12}") {
            let row = Key::of("account", &[&id], sort::STATE);
            let (first, second) = (key(&row, one), key(&row, other));
            prop_assert_eq!(one.cmp(&other), first.sort.cmp(&second.sort));
            prop_assert!(is_key(&first) && !is_key(&row));
            prop_assert_eq!(row_of(first), row);
        }

        #[test]
        fn e3_a_tail_is_every_number_after(after in 0..u64::MAX, number in 1..=u64::MAX) {
            let row = Key::of("account", &["a"], sort::STATE);
            prop_assert_eq!(query(&row, after).wants(&key(&row, number).sort), number > after);
        }
    }

    #[test]
    fn e2_events_are_read_back_exactly() {
        let row = Key::of("account", &["ø#1"], sort::STATE);
        let cause = RecordedBy {
            name: "charge-card".to_owned(),
            source: "fulfilment".to_owned(),
            id: "m-1".to_owned(),
            correlation_id: "o-1".to_owned(),
            consumer: "payment/charge".to_owned(),
        };
        let events = vec![RawValue::from_string(r#"{"amount":9223372036854775807}"#.to_owned()).unwrap()];
        let at = Timestamp::new(1_795_253_401, 120_000_000).unwrap();
        let entry = Entry { first: 7, schema: 2, events, at, cause, sequence: 3 };
        let item = item(&row, &entry).unwrap();
        let back = read(&item).unwrap();
        assert_eq!((back.first, back.last(), back.schema, back.at, back.sequence), (7, 7, 2, at, 3));
        assert_eq!((back.events[0].get(), back.cause), (entry.events[0].get(), entry.cause));
        let foreign = Item { attributes: std::collections::BTreeMap::new(), ..item };
        assert!(matches!(read(&foreign), Err(HistoryError::Foreign { .. })));
    }
}

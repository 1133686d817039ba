//! The place of a rebuild: how far it is.

use crate::{
    row::sort,
    table::{Action, Condition, Item, Key, Write, attribute},
};
use waxseal_message::Timestamp;

const DONE: &str = "done";
const BEGAN: &str = "began";
const BUILT: &str = "built";

/// How far a rebuild is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The number of events that were given.
    pub(crate) done: u64,
    pub(crate) began: Timestamp,
    /// Whether it came to its end.
    pub(crate) is_built: bool,
    /// The version of the item; 0 where there is none.
    pub(crate) version: u64,
}

impl Place {
    pub(crate) fn beginning(now: Timestamp) -> Self {
        Self { done: 0, began: now, is_built: false, version: 0 }
    }
}

/// The key of the place, by the kind of the rows.
pub(crate) fn key(kind: &str) -> Key {
    Key::of("projection", &[kind], sort::REBUILD)
}

/// The place that an item holds; `None` where something else wrote it.
pub(crate) fn read(item: &Item) -> Option<Place> {
    let number = |name| item.get_number(name).and_then(|number| u64::try_from(number).ok());
    Some(Place {
        done: number(DONE)?,
        began: Timestamp::from_millisecond(item.get_number(BEGAN)?).ok()?,
        is_built: number(BUILT)? == 1,
        version: number(attribute::VERSION)?,
    })
}

/// The write of a place, on the one that was read.
pub(crate) fn write(kind: &str, place: &Place, now: Timestamp) -> Write {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let item = Item::new(key(kind))
        .number(DONE, number(place.done))
        .number(BEGAN, place.began.as_millisecond())
        .number(BUILT, i64::from(place.is_built))
        .number(attribute::VERSION, number(place.version + 1));
    let condition = match place.version {
        0 => Condition::Absent { now },
        version => Condition::Version(version),
    };
    Write { action: Action::Put(item), condition }
}

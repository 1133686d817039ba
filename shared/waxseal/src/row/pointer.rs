//! The pointer of a projection: the version that queries read.

use crate::{
    row::sort,
    table::{Action, Condition, Item, Key, Write, attribute},
};
use waxseal_message::Timestamp;

const CURRENT: &str = "current";

/// The version that queries read, and the version of the item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pointer {
    pub(crate) current: u16,
    pub(crate) version: u64,
}

/// The key of the pointer of a projection.
pub(crate) fn key(projection: &str) -> Key {
    Key::of("projection", &[projection], sort::POINTER)
}

/// The pointer that an item holds; `None` where something else wrote it.
pub(crate) fn read(item: &Item) -> Option<Pointer> {
    let current = item.get_number(CURRENT).and_then(|current| u16::try_from(current).ok())?;
    let version = item.get_number(attribute::VERSION).and_then(|version| u64::try_from(version).ok())?;
    Some(Pointer { current, version })
}

/// The write that moves the pointer from what was read.
pub(crate) fn write(projection: &str, to: u16, read: Option<Pointer>, now: Timestamp) -> Write {
    let version = read.map_or(0, |pointer| pointer.version);
    let item = Item::new(key(projection))
        .number(CURRENT, i64::from(to))
        .number(attribute::VERSION, i64::try_from(version + 1).unwrap_or(i64::MAX));
    let condition = match version {
        0 => Condition::Absent { now },
        version => Condition::Version(version),
    };
    Write { action: Action::Put(item), condition }
}

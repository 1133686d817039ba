//! A read of the index of timers: the items that are to be woken.

use crate::table::item::Key;
use waxseal_message::Timestamp;

/// A read of one shard of the index of timers, one page at a time, the newest time first.
///
/// The newest stand first so that items that cannot be woken never keep back those that can. The
/// index is eventually consistent.
///
/// ```
/// use waxseal::{Timestamp, table::Due};
/// let due = Due::of("07", Timestamp::UNIX_EPOCH).limit(100);
/// assert_eq!((&*due.shard, due.limit), ("07", Some(100)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Due {
    /// The shard: a value of [`attribute::WAKE_SHARD`](super::attribute::WAKE_SHARD).
    pub shard: String,
    /// Only items that are to be woken at this time or before.
    pub until: Timestamp,
    /// The last entry of the page before; this page begins after it.
    pub after: Option<DueItem>,
    /// The largest number of entries in a page. With `None` it is the table's own page.
    pub limit: Option<usize>,
}

impl Due {
    /// The items of a shard that are due at `until`.
    pub fn of(shard: impl Into<String>, until: Timestamp) -> Self {
        Self { shard: shard.into(), until, after: None, limit: None }
    }

    /// Continues after [`DuePage::next`] of the page before.
    #[must_use]
    pub fn after(self, after: DueItem) -> Self {
        Self { after: Some(after), ..self }
    }

    /// Limits a page to this many entries; the least is one.
    #[must_use]
    pub fn limit(self, limit: usize) -> Self {
        Self { limit: Some(limit.max(1)), ..self }
    }
}

/// An entry of the index of timers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DueItem {
    /// The milliseconds since 1970 from which on the item is to be woken.
    pub at: i64,
    /// The item's key.
    pub key: Key,
}

/// One page of the index of timers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DuePage {
    /// The entries, the newest time first.
    pub items: Vec<DueItem>,
    /// The entry after which the next page begins; `None` on the last page.
    pub next: Option<DueItem>,
}

//! What a request bills.
//!
//! | request | units |
//! |---|---|
//! | plain write | 1 a KB of the larger of the item before and after, 1 at the least, applied or refused |
//! | write or check in a transaction | twice that, committed or cancelled |
//! | the same in the index of timers | 1 for an entry that comes or goes, 2 for one that moves, none for one that stays; 1 a KB of the entry |
//! | a transaction repeated with its client token | reads its items: transactional reads |
//! | strongly consistent read | 1 for 4 KB of each item, 1 at the least, found or not |
//! | eventually consistent, transactional read | half, twice that |
//!
//! Source: DynamoDB developer guide, "Read and write operations", "Working with items: conditional writes", "Transactions: how
//! it works", "Using global secondary indexes: write capacity units". What throttling and conflicts with somebody else's
//! transaction bill is not documented: nothing here. Nor is what a transaction bills in an index. An index follows its table
//! after the commit, so here its entries are no part of the transaction, and are billed once.

use serde_json::{Value as Json, json};
use waxseal::table::Item;

/// Capacity units.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct Capacity {
    /// Write capacity units of the table.
    pub write: f64,
    /// Write capacity units of the index of timers, beside those of the table.
    pub index_write: f64,
    /// Read capacity units.
    pub read: f64,
}

const WRITE: usize = 1024;
const READ: usize = 4096;

fn units(bytes: usize, unit: usize) -> f64 {
    // An item has 400 KB at most.
    f64::from(u32::try_from(bytes.div_ceil(unit).max(1)).unwrap_or(u32::MAX))
}

fn size(item: Option<&Item>) -> usize {
    item.map_or(0, Item::size)
}

impl Capacity {
    /// Of one plain write, or one check, of an item that is `before` and would be `after`.
    pub(super) fn of_write(before: Option<&Item>, after: Option<&Item>) -> Self {
        Self { write: units(size(before).max(size(after)), WRITE), ..Self::default() }
    }

    /// Of a write that was applied, in the index: its entry before and after.
    pub(super) fn of_index(before: Option<&Item>, after: Option<&Item>) -> Self {
        if before == after {
            return Self::default();
        }
        // One that moves is taken out in one place and put into another.
        let each = [before, after].into_iter().flatten().map(|entry| units(entry.size(), WRITE));
        Self { index_write: each.sum(), ..Self::default() }
    }

    /// Of one item's strongly consistent read; of a query the whole counts as one item.
    pub(super) fn of_read(bytes: usize) -> Self {
        Self { read: units(bytes, READ), ..Self::default() }
    }

    pub(super) fn of_item(item: Option<&Item>) -> Self {
        Self::of_read(size(item))
    }

    /// The same within a transaction: once to prepare it, once to commit.
    pub(super) fn twice(self) -> Self {
        Self { write: 2.0 * self.write, read: 2.0 * self.read, ..self }
    }

    pub(super) fn add(&mut self, more: Self) {
        self.write += more.write;
        self.read += more.read;
        self.index_write += more.index_write;
    }

    /// As an answer shows it where `ReturnConsumedCapacity` asks for it.
    pub(super) fn shown(self, table: &str) -> Json {
        json!({"TableName": table, "CapacityUnits": self.write + self.index_write + self.read})
    }
}

#[cfg(test)]
mod tests {
    use waxseal::table::Key;

    use super::*;

    /// An item of exactly that size.
    fn item(bytes: usize) -> Item {
        let item = Item::new(Key::of("k", &[], "s"));
        let rest = bytes - item.size() - "d".len();
        item.text("d", "x".repeat(rest))
    }

    #[test]
    fn c1_units_are_those_of_the_developer_guide() {
        let write = |before: Option<usize>, after: Option<usize>| {
            let items = [before, after].map(|bytes| bytes.map(item));
            Capacity::of_write(items[0].as_ref(), items[1].as_ref()).write
        };
        for (before, after, expected) in [
            (None, Some(100), 1.0),
            (None, Some(1024), 1.0),
            (None, Some(1025), 2.0),
            (Some(300 * 1024), Some(310 * 1024), 310.0),
            (Some(3000), Some(10), 3.0),
            (Some(3000), None, 3.0),
            (None, None, 1.0),
        ] {
            assert!((write(before, after) - expected).abs() < f64::EPSILON, "{before:?} {after:?}");
        }
        for (bytes, expected) in [(0, 1.0), (4096, 1.0), (4097, 2.0), (16 * 1024, 4.0)] {
            assert!((Capacity::of_read(bytes).read - expected).abs() < f64::EPSILON, "{bytes}");
        }
        let twice = Capacity::of_write(None, Some(&item(1025))).twice();
        assert_eq!(twice, Capacity { write: 4.0, ..Capacity::default() });
    }

    #[test]
    fn c1_an_index_bills_entries_that_come_go_or_move() {
        let (entry, moved) = (item(100), item(101));
        for (before, after, expected) in [
            (None, None, 0.0),
            (None, Some(&entry), 1.0),
            (Some(&entry), Some(&moved), 2.0),
            (Some(&entry), Some(&entry), 0.0),
            (Some(&entry), None, 1.0),
            // A key of a table has up to 3 KB.
            (None, Some(&item(1025)), 2.0),
        ] {
            let billed = Capacity::of_index(before, after);
            assert_eq!(billed, Capacity { index_write: expected, ..Capacity::default() });
            assert_eq!(billed.twice(), billed, "it is no part of a transaction");
        }
    }
}

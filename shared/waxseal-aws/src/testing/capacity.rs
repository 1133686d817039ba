//! What a request bills.
//!
//! | request | units |
//! |---|---|
//! | plain write | 1 a KB of the larger of the item before and after, 1 at the least, applied or refused |
//! | write or check in a transaction | twice that, committed or cancelled |
//! | a transaction repeated with its client token | reads its items: transactional reads |
//! | strongly consistent read | 1 for 4 KB of each item, 1 at the least, found or not |
//! | eventually consistent, transactional read | half, twice that |
//!
//! Source: DynamoDB developer guide, "Read and write operations", "Working with items: conditional writes", "Transactions: how
//! it works". What throttling and conflicts with somebody else's transaction bill is not documented: nothing here.

use serde_json::{Value as Json, json};
use waxseal::table::Item;

/// Capacity units.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct Capacity {
    /// Write capacity units.
    pub write: f64,
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
        Self { write: units(size(before).max(size(after)), WRITE), read: 0.0 }
    }

    /// Of one item's strongly consistent read; of a query the whole counts as one item.
    pub(super) fn of_read(bytes: usize) -> Self {
        Self { write: 0.0, read: units(bytes, READ) }
    }

    pub(super) fn of_item(item: Option<&Item>) -> Self {
        Self::of_read(size(item))
    }

    /// The same within a transaction: once to prepare it, once to commit.
    pub(super) fn twice(self) -> Self {
        Self { write: 2.0 * self.write, read: 2.0 * self.read }
    }

    pub(super) fn add(&mut self, more: Self) {
        self.write += more.write;
        self.read += more.read;
    }

    /// As an answer shows it where `ReturnConsumedCapacity` asks for it.
    pub(super) fn shown(self, table: &str) -> Json {
        json!({"TableName": table, "CapacityUnits": self.write + self.read})
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
        assert_eq!(twice, Capacity { write: 4.0, read: 0.0 });
    }
}

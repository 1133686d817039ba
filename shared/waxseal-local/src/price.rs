//! The write units that DynamoDB counts for a request.
//!
//! Source: DynamoDB developer guide, "Read and write operations" and "Using global secondary
//! indexes": 1 unit for each KB of the larger of the item before and after, twice that in a
//! transaction, and 1 unit for each change of an entry of the index of timers.

use waxseal::table::{Action, Item, Write, attribute, memory::Items};

const UNIT: usize = 1024;

/// The units of one request. A refused one costs the same.
pub(crate) fn write_units(items: &Items, writes: &[Write]) -> u64 {
    let factor = if writes.len() > 1 { 2 } else { 1 };
    let of = |write: &Write| {
        let old = items.get(write.key());
        let new = match &write.action {
            Action::Put(item) => Some(item),
            Action::Delete(_) => None,
            Action::Check(_) => old,
        };
        let size = |item: Option<&Item>| item.map_or(0, Item::size);
        let units = size(old).max(size(new)).div_ceil(UNIT).max(1);
        factor * units as u64 + of_index(old, new)
    };
    writes.iter().map(of).sum()
}

/// The units of the entry of an item in the index of timers.
fn of_index(old: Option<&Item>, new: Option<&Item>) -> u64 {
    let time = |item: Option<&Item>| item.and_then(|item| item.get_number(attribute::WAKE_AT));
    match (time(old), time(new)) {
        (old, new) if old == new => 0,
        (Some(_), Some(_)) => 2,
        (Some(_), None) | (None, Some(_)) | (None, None) => 1,
    }
}

#[cfg(test)]
mod tests {
    use waxseal::{
        Timestamp,
        table::{Condition, Key},
    };

    use super::*;

    #[test]
    fn a_request_costs_by_size_and_twice_in_a_transaction() {
        let key = |name: &str| Key::of("order", &[name], "state");
        let item = |name: &str, bytes: usize| Item::new(key(name)).text("data", "x".repeat(bytes));
        let put = |item: Item| Write {
            action: Action::Put(item),
            condition: Condition::Absent { now: Timestamp::UNIX_EPOCH },
        };
        let none = Items::default();
        assert_eq!(write_units(&none, &[put(item("a", 10))]), 1);
        assert_eq!(write_units(&none, &[put(item("a", 2_000))]), 2);
        assert_eq!(write_units(&none, &[put(item("a", 2_000)), put(item("b", 10))]), 6);
        let armed = |at| item("a", 10).number(attribute::WAKE_AT, at);
        assert_eq!(write_units(&none, &[put(armed(5))]), 2, "armed");
        let mut items = Items::default();
        items.write(&[put(armed(5))]).unwrap();
        assert_eq!(write_units(&items, &[put(armed(7))]), 3, "moved");
        assert_eq!(write_units(&items, &[put(armed(5))]), 1, "the same time");
        assert_eq!(write_units(&items, &[put(item("a", 10))]), 2, "cleared");
        assert_eq!(write_units(&items, &[put(item("a", 2_000))]), 3, "the larger one counts");
    }
}

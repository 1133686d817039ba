//! A table's meaning as plain data: the behaviour of DynamoDB without its wire. The embedded
//! environment's tables are these items behind a lock, and the tests of every other table compare
//! with it.

use std::{
    collections::BTreeSet,
    ops::{Bound, RangeBounds},
    sync::Arc,
};

use foldhash::HashMap;

use crate::table::{
    due::{Due, DueItem, DuePage},
    error::{Refusal, WriteError},
    item::{Action, Item, Key, Write, attribute},
    limits::check_size,
    page::Page,
    query::{Direction, Query, Scan, ScanPage},
};

/// Items by key. An item never changes, so a table and its stream share it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Items {
    /// Nearly every request names its keys. A tree alone would compare each with a dozen others.
    items: HashMap<Key, Arc<Item>>,
    /// The same keys in order, for queries and scans.
    keys: BTreeSet<Key>,
    /// The items that are to be woken, by shard and time.
    timers: BTreeSet<(String, DueItem)>,
}

impl FromIterator<Item> for Items {
    fn from_iter<I: IntoIterator<Item = Item>>(items: I) -> Self {
        let mut all = Self::default();
        items.into_iter().for_each(|item| drop(all.insert(item)));
        all
    }
}

/// The change of an item by a commit, as a DynamoDB stream reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The item before, if there was one.
    pub old: Option<Arc<Item>>,
    /// The item after, unless it was removed.
    pub new: Option<Arc<Item>>,
}

impl Items {
    /// The item under `key`, expired or not.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<&Item> {
        self.items.get(key).map(|item| &**item)
    }

    /// All items, in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = &Item> {
        self.range(..)
    }

    fn range(&self, keys: impl RangeBounds<Key>) -> impl DoubleEndedIterator<Item = &Item> {
        self.keys.range(keys).filter_map(|key| self.get(key))
    }

    fn insert(&mut self, item: Item) -> Change {
        let (key, new) = (item.key.clone(), Arc::new(item));
        let old = self.items.insert(key.clone(), new.clone());
        match &old {
            Some(old) => {
                if let Some(timer) = timer(old) {
                    self.timers.remove(&timer);
                }
            }
            None => drop(self.keys.insert(key)),
        }
        self.timers.extend(timer(&new));
        Change { old, new: Some(new) }
    }

    /// One page of a query; at most `page` items where the query has no limit.
    #[must_use]
    pub fn query(&self, query: &Query, page: usize) -> Page {
        let limit = query.limit.unwrap_or(page).max(1);
        let start = Key { partition: query.partition.as_str().into(), sort: "".into() };
        let partition = self.range(start..).take_while(|item| *item.key.partition == *query.partition);
        let wanted = partition.filter(|item| query.wants(&item.key.sort));
        let mut items: Vec<Item> = match query.direction {
            Direction::Forward => wanted.take(limit.saturating_add(1)).cloned().collect(),
            Direction::Backward => {
                let all: Vec<&Item> = wanted.collect();
                all.into_iter().rev().take(limit.saturating_add(1)).cloned().collect()
            }
        };
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|item| item.key.sort.clone().into_owned());
        Page { items, next }
    }

    /// One page of a scan, of `page` items where the scan has no limit. All items that are read
    /// count towards a page, also those that the scan filters out.
    #[must_use]
    pub fn scan(&self, scan: &Scan, page: usize) -> ScanPage {
        let limit = scan.limit.unwrap_or(page).max(1);
        let start = scan.after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        let read: Vec<&Item> = self.range((start.cloned(), Bound::Unbounded)).take(limit).collect();
        let next = read.get(limit - 1).map(|last| last.key.clone());
        let is_wanted =
            |item: &&Item| scan.has.as_deref().is_none_or(|name| item.attributes.contains_key(name));
        ScanPage { items: read.into_iter().filter(is_wanted).cloned().collect(), next }
    }

    /// One page of the index of timers; at most `page` entries where the read has no limit.
    #[must_use]
    pub fn due(&self, due: &Due, page: usize) -> DuePage {
        let limit = due.limit.unwrap_or(page).max(1);
        let before_all = |at| DueItem { at, key: Key { partition: "".into(), sort: "".into() } };
        // An item's time is rounded up to milliseconds, so the whole millisecond counts.
        let end = before_all(due.until.as_millisecond().saturating_add(1));
        let end = due.after.clone().map_or(end.clone(), |after| after.min(end));
        let range = (due.shard.clone(), before_all(i64::MIN))..(due.shard.clone(), end);
        let entries = self.timers.range(range).rev().map(|(_, item)| item);
        let mut items: Vec<DueItem> = entries.take(limit.saturating_add(1)).cloned().collect();
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).cloned();
        DuePage { items, next }
    }

    /// Applies all `writes` or none, and returns the changes. A write that leaves an item as it was
    /// is no change, as in a DynamoDB stream.
    ///
    /// # Errors
    /// Every failed condition with the item that is stored there, or the exceeded limit.
    pub fn write(&mut self, writes: &[Write]) -> Result<Vec<Change>, WriteError> {
        check_size(writes).map_err(WriteError::TooLarge)?;
        let refusals: Vec<Refusal> = writes
            .iter()
            .filter(|write| !write.condition.holds(self.get(write.key())))
            .map(|write| Refusal { key: write.key().clone(), stored: self.get(write.key()).cloned() })
            .collect();
        if !refusals.is_empty() {
            return Err(WriteError::Refused(refusals));
        }
        let mut changes = Vec::new();
        for write in writes {
            let change = match &write.action {
                Action::Put(item) => self.insert(item.clone()),
                Action::Delete(key) => Change { old: self.remove(key), new: None },
                Action::Check(_) => continue,
            };
            if change.old != change.new {
                changes.push(change);
            }
        }
        Ok(changes)
    }

    /// Removes an item without a condition, as TTL does.
    pub fn remove(&mut self, key: &Key) -> Option<Arc<Item>> {
        let old = self.items.remove(key)?;
        self.keys.remove(key);
        if let Some(timer) = timer(&old) {
            self.timers.remove(&timer);
        }
        Some(old)
    }
}

/// The entry of an item in the index of timers. An item without both attributes has none, as in
/// DynamoDB.
fn timer(item: &Item) -> Option<(String, DueItem)> {
    let shard = item.get_text(attribute::WAKE_SHARD)?.to_owned();
    let at = item.get_number(attribute::WAKE_AT)?;
    Some((shard, DueItem { at, key: item.key.clone() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::item::Condition;

    #[test]
    fn s69_the_index_of_timers_follows_its_items_newest_first() {
        let mut items = Items::default();
        let put = |items: &mut Items, id: &str, at: Option<i64>| {
            let item = Item::new(Key::of("p", &[id], "state"));
            let item = match at {
                Some(at) => item.text(attribute::WAKE_SHARD, "03").number(attribute::WAKE_AT, at),
                None => item,
            };
            items.insert(item);
        };
        let read = |items: &Items, until: i64| {
            let mut due =
                Due::of("03", waxseal_message::Timestamp::from_millisecond(until).unwrap()).limit(2);
            let mut read = Vec::new();
            loop {
                let page = items.due(&due, 100);
                read.extend(page.items.iter().map(|item| item.at));
                let Some(next) = page.next else { break read };
                due = due.after(next);
            }
        };
        for (id, at) in [("a", 10), ("b", 30), ("c", 20), ("d", 40), ("e", 20)] {
            put(&mut items, id, Some(at));
        }
        assert_eq!(read(&items, 30), [30, 20, 20, 10]);
        put(&mut items, "a", None);
        put(&mut items, "b", Some(5));
        assert_eq!(read(&items, 30), [20, 20, 5]);
        items.remove(&Key::of("p", &["c"], "state"));
        assert_eq!(read(&items, 30), [20, 5]);
        assert_eq!(items.due(&Due::of("04", waxseal_message::Timestamp::MAX), 100), DuePage::default());
    }

    #[test]
    fn a_query_pages_through_one_partition() {
        let mut items = Items::default();
        let now = waxseal_message::Timestamp::UNIX_EPOCH;
        for (partition, sort) in [("a", "1"), ("a", "2"), ("a", "3"), ("b", "1")] {
            let key = Key { partition: partition.into(), sort: sort.into() };
            let write = Write { action: Action::Put(Item::new(key)), condition: Condition::Absent { now } };
            items.write(&[write]).unwrap();
        }
        let first = items.query(&Query::of("a").limit(2), 100);
        assert_eq!((first.items.len(), first.next.as_deref()), (2, Some("2")));
        let last = items.query(&Query::of("a").limit(2).after(first.next.clone().unwrap()), 100);
        assert_eq!((last.items.len(), last.next), (1, None));
    }
}

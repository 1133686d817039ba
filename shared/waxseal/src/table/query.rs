//! Reads of many items: a query within one partition, and a scan of the whole table.

use std::borrow::Cow;

use crate::table::item::{Item, Key};

/// Which items of one partition are read, and in which direction: one page at a time.
///
/// ```
/// use waxseal::table::{Direction, Query, SortRange};
///
/// let newest = Query::of("stream#order-7").backwards().limit(10);
/// assert_eq!((newest.direction, newest.limit), (Direction::Backward, Some(10)));
/// let dated = Query::of("stream#order-7").range(SortRange::between("2026-01", "2026-02"));
/// assert!(dated.range.contains("2026-01-31") && !dated.range.contains("2026-03-01"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Query {
    /// The partition key.
    pub partition: String,
    /// The sort keys that belong to it.
    pub range: SortRange,
    /// The sort key of the last item that was read before: the page begins after it.
    pub after: Option<String>,
    /// Items of a page at the most; the table's own page where `None`.
    pub limit: Option<usize>,
    /// From the smallest sort key on, or from the largest.
    pub direction: Direction,
}

impl Query {
    /// All items of a partition, from the smallest sort key on.
    pub fn of(partition: impl Into<String>) -> Self {
        Self {
            partition: partition.into(),
            range: SortRange::All,
            after: None,
            limit: None,
            direction: Direction::Forward,
        }
    }

    /// Only the items whose sort keys are in `range`.
    #[must_use]
    pub fn range(self, range: SortRange) -> Self {
        Self { range, ..self }
    }

    /// Goes on after the item with this sort key: [`Page::next`](super::Page::next) of the page before.
    #[must_use]
    pub fn after(self, sort: impl Into<String>) -> Self {
        Self { after: Some(sort.into()), ..self }
    }

    /// At most so many items in a page; one at the least.
    #[must_use]
    pub fn limit(self, limit: usize) -> Self {
        Self { limit: Some(limit.max(1)), ..self }
    }

    /// From the largest sort key on.
    #[must_use]
    pub fn backwards(self) -> Self {
        Self { direction: Direction::Backward, ..self }
    }

    /// Whether an item with this sort key is still to be read.
    #[must_use]
    pub fn wants(&self, sort: &str) -> bool {
        let is_ahead = self.after.as_deref().is_none_or(|after| match self.direction {
            Direction::Forward => sort > after,
            Direction::Backward => sort < after,
        });
        is_ahead && self.range.contains(sort)
    }
}

/// Which way a query goes through the sort keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the smallest on.
    Forward,
    /// From the largest on.
    Backward,
}

/// A range of sort keys, compared byte for byte, as DynamoDB compares them. Its ends belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SortRange {
    /// Every sort key.
    All,
    /// Those that begin with this text.
    Prefix(Cow<'static, str>),
    /// From this one on.
    From(Cow<'static, str>),
    /// Up to this one.
    To(Cow<'static, str>),
    /// From the first to the second.
    Between(Cow<'static, str>, Cow<'static, str>),
}

impl SortRange {
    /// The sort keys that begin with `prefix`.
    pub fn prefix(prefix: impl Into<Cow<'static, str>>) -> Self {
        Self::Prefix(prefix.into())
    }

    /// The sort keys from `first` to `last`.
    pub fn between(first: impl Into<Cow<'static, str>>, last: impl Into<Cow<'static, str>>) -> Self {
        Self::Between(first.into(), last.into())
    }

    /// Whether it has `sort`.
    #[must_use]
    pub fn contains(&self, sort: &str) -> bool {
        match self {
            Self::All => true,
            Self::Prefix(prefix) => sort.starts_with(&**prefix),
            Self::From(first) => sort >= &**first,
            Self::To(last) => sort <= &**last,
            Self::Between(first, last) => sort >= &**first && sort <= &**last,
        }
    }
}

/// Which items of the whole table are read: one page at a time, in an order that stays the same between the pages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Scan {
    /// The key to go on after: that of any item that a page held, or [`ScanPage::next`].
    pub after: Option<Key>,
    /// Items read for a page at the most; the table's own page where `None`.
    pub limit: Option<usize>,
    /// Only items that have this attribute.
    pub has: Option<Cow<'static, str>>,
}

impl Scan {
    /// The items that have `attribute`.
    pub fn having(attribute: impl Into<Cow<'static, str>>) -> Self {
        Self { has: Some(attribute.into()), ..Self::default() }
    }

    /// Goes on after `key`, or from the beginning.
    #[must_use]
    pub fn after(self, key: Option<Key>) -> Self {
        Self { after: key, ..self }
    }
}

/// One page of a scan. It may be empty and not be the last one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScanPage {
    /// The items that the scan wants, in the scan's order.
    pub items: Vec<Item>,
    /// The key to go on after; `None` on the last page.
    pub next: Option<Key>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Pages of any size, in either direction, put together are the whole range in order.
        #[test]
        fn e3_pages_put_together_are_the_range_in_order(
            mut sorts in prop::collection::btree_set("[a-c]{0,3}", 0..30),
            first in "[a-c]{0,2}", last in "[a-c]{0,2}", limit in 1_usize..5, backwards: bool,
        ) {
            let items: crate::table::memory::Items = sorts.iter().map(|sort| Item::new(Key::of("p", &[], sort.clone()))).collect();
            let range = SortRange::between(first, last);
            sorts.retain(|sort| range.contains(sort));
            let query = Query::of("p").range(range).limit(limit);
            let mut query = if backwards { query.backwards() } else { query };
            let mut read = Vec::new();
            loop {
                let page = items.query(&query, 100);
                prop_assert!(page.items.len() <= limit);
                read.extend(page.items.into_iter().map(|item| item.key.sort.into_owned()));
                let Some(next) = page.next else { break };
                query = query.after(next);
            }
            let expected: Vec<String> = if backwards { sorts.into_iter().rev().collect() } else { sorts.into_iter().collect() };
            prop_assert_eq!(read, expected);
        }
    }
}

//! Reads of many items: a query within one partition, and a scan of the whole table.

use std::borrow::Cow;

use crate::table::item::{Item, Key};

/// A read of the items of one partition, in one direction and one page at a time.
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
    /// The range of sort keys that are read.
    pub range: SortRange,
    /// The sort key of the last item of the page before; this page begins after it.
    pub after: Option<String>,
    /// The largest number of items in a page. With `None` it is the table's own page.
    pub limit: Option<usize>,
    /// The direction through the sort keys.
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

    /// Continues after the item with this sort key: [`Page::next`](super::Page::next) of the page
    /// before.
    #[must_use]
    pub fn after(self, sort: impl Into<String>) -> Self {
        Self { after: Some(sort.into()), ..self }
    }

    /// Limits a page to this many items; the least is one.
    #[must_use]
    pub fn limit(self, limit: usize) -> Self {
        Self { limit: Some(limit.max(1)), ..self }
    }

    /// Reads from the largest sort key down.
    #[must_use]
    pub fn backwards(self) -> Self {
        Self { direction: Direction::Backward, ..self }
    }

    /// Whether the query still has to read an item with this sort key.
    #[must_use]
    pub fn wants(&self, sort: &str) -> bool {
        let is_ahead = self.after.as_deref().is_none_or(|after| match self.direction {
            Direction::Forward => sort > after,
            Direction::Backward => sort < after,
        });
        is_ahead && self.range.contains(sort)
    }
}

/// The direction of a query through the sort keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the smallest sort key up.
    Forward,
    /// From the largest sort key down.
    Backward,
}

/// A range of sort keys, compared byte for byte, as DynamoDB compares them. A range includes its
/// ends.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SortRange {
    /// Every sort key.
    All,
    /// The sort keys with this prefix.
    Prefix(Cow<'static, str>),
    /// The sort keys from this one on.
    From(Cow<'static, str>),
    /// The sort keys up to this one.
    To(Cow<'static, str>),
    /// The sort keys from the first to the second.
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

    /// Whether the range contains `sort`.
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

/// A read of the items of the whole table, one page at a time. The order is the same for all pages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Scan {
    /// The key after which the page begins: that of any item of an earlier page, or
    /// [`ScanPage::next`].
    pub after: Option<Key>,
    /// The largest number of items that are read for a page. With `None` it is the table's own
    /// page.
    pub limit: Option<usize>,
    /// The attribute that an item must have to be returned.
    pub has: Option<Cow<'static, str>>,
}

impl Scan {
    /// A scan that returns the items with `attribute`.
    pub fn having(attribute: impl Into<Cow<'static, str>>) -> Self {
        Self { has: Some(attribute.into()), ..Self::default() }
    }

    /// Continues after `key`, or begins at the start.
    #[must_use]
    pub fn after(self, key: Option<Key>) -> Self {
        Self { after: key, ..self }
    }
}

/// One page of a scan. It may be empty without being the last one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScanPage {
    /// The items that the scan returns, in the scan's order.
    pub items: Vec<Item>,
    /// The key after which the next page begins; `None` on the last page.
    pub next: Option<Key>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// All pages together, of any size and in either direction, are the whole range in order.
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

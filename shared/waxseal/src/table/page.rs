//! Parts of a table's answer: a read of one key, a page of a query, a page of a scan.

use crate::table::{
    error::TableError,
    item::{Item, Key},
};

/// The result of a read of one key.
pub type Found = Result<Option<Item>, TableError>;

/// One page of a query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The items, in the order of their sort keys.
    pub items: Vec<Item>,
    /// The sort key to go on after; `None` on the last page.
    pub next: Option<String>,
}

/// One page of the items that emitted something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Emitted {
    /// The items; there may be none, and more on later pages.
    pub items: Vec<Item>,
    /// The place to go on after; `None` on the last page.
    pub next: Option<Key>,
}

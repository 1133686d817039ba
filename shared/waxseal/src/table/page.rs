//! Parts of a table's answer: a read of one key, a page of a query.

use crate::table::{error::TableError, item::Item};

/// The result of a read of one key.
pub type Found = Result<Option<Item>, TableError>;

/// One page of a query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The items, in the order of the query.
    pub items: Vec<Item>,
    /// The sort key after which the next page begins; `None` on the last page.
    pub next: Option<String>,
}

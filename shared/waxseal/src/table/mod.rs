//! The table behind a service: its items, its interface, and its meaning.
//!
//! [`Table`] has strongly consistent reads and one all-or-nothing conditional write. [`memory`]
//! gives both a meaning as plain data, and DynamoDB's limits stand in one place. The folder knows
//! no rows and no handlers.

mod due;
mod error;
mod interface;
mod item;
mod limits;
pub mod memory;
mod page;
mod query;

pub use due::{Due, DueItem, DuePage};
pub use error::{Refusal, TableError, WriteError, settle};
pub(crate) use interface::AnyTable;
pub use interface::Table;
pub use item::{Action, Condition, Foreign, Item, Key, Name, Value, Write, attribute};
pub use limits::{
    LARGEST_ACTIONS, LARGEST_COMMIT, LARGEST_ITEM, LARGEST_PARTITION, LARGEST_READ, LARGEST_SORT, TooLarge,
    check_size,
};
pub use page::{Found, Page};
pub use query::{Direction, Query, Scan, ScanPage, SortRange};

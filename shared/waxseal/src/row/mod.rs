//! The rows of a service's table, one file for each kind of item.
//!
//! A row knows its key, its attributes and its meaning. It knows no handler and no engine.

pub mod cursor;
pub(crate) mod group_block;
pub(crate) mod history;
pub(crate) mod pointer;
pub(crate) mod poison_marker;
pub(crate) mod rebuild;
pub mod receipt;
pub(crate) mod scheduled;
pub mod sort;
pub mod state;
pub mod times;
pub(crate) mod undo;

pub use history::{HistoryError, RecordedBy, holds_events};
pub use receipt::{NotAReceipt, Receipt, ReceiptMeaning, Status};
pub(crate) use state::Stored;
pub use state::{Entity, Loaded};
pub(crate) use times::Times;
pub(crate) use undo::UndoMeaning;

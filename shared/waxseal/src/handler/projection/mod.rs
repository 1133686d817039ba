//! Projections: rows that are folded from events, to be read.
//!
//! A [`Projection`] says which events concern which rows, and how an event changes a row. It decides
//! nothing and sends nothing to anybody but its readers, so it can be built again from old events.

mod definition;
mod key;
mod projected;
mod rows;

pub(in crate::handler) use definition::{EachProjected, check};
pub use definition::{EmitsEvents, Project, Projection, Projects, Raised};
pub use key::{RowKey, Rows};
pub(crate) use projected::Projected;
pub use rows::row_kind;
pub(crate) use rows::{prefix_query, read_row, row_key, sort_of};

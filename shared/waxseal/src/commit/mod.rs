//! The way of units of work to the table: alone, or together with the rest of their batch.
//!
//! [`plan`](plan::plan) decides as a plain function which commits share a request, and [`Group`]
//! drives them. The folder knows no handlers and no batches.

mod access;
mod group;
mod permit;
mod plan;
mod requests;

pub(crate) use access::Access;
pub(crate) use group::Group;
pub(crate) use permit::{CommitError, EntityLock, Slot, Stopped, WriteEpoch};
pub use plan::Grouping;

//! Event-sourced state: what happened is stored, and the state is its fold.
//!
//! [`EventSourced`] is a state with the events that make it. A [`Decider`] is the pure form of a
//! handler on such a state; other handlers read and continue a [`History`] through their unit.

mod decided;
mod decider;
mod definition;
mod fold;
mod history;
mod pure;

pub(crate) use decided::Recording;
pub(in crate::handler) use decider::EachRecord;
pub use decider::{Decider, Record, Recorder, Records, Translation};
pub use definition::{DomainEvent, EventSourced, Recorded, Snapshots};
pub use fold::Folded;
pub(crate) use fold::{Fold, recorded};
pub use history::History;
pub(crate) use history::history_key;
pub use pure::{HistoryDecision, decide_history, stored_history};

//! What happened in an environment: the facts in order, and the causes of a message as a tree.

mod fact;
mod list;
mod recorder;
mod tree;
mod why;

pub use fact::{Fact, Named, What};
pub use list::History;
pub(crate) use recorder::Recorder;
pub use why::Why;

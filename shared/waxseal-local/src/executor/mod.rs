//! The scheduler of an environment, and its tasks.

mod outside;
mod process;
mod scheduler;
mod visit;

pub use process::{Ended, Join};
pub use scheduler::Executor;
pub(crate) use visit::Waited;

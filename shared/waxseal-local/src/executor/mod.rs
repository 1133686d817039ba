//! The scheduler of an environment, and its tasks.

mod process;
mod scheduler;

pub use process::{Ended, Join};
pub use scheduler::Executor;

//! The test kit of Waxseal.
//!
//! [`MemoryTable`], [`ManualHost`] and [`RecordedDeadLetters`] stand in for a table, a clock and a dead-letter queue, so that a
//! service is tested in one process and in milliseconds. [`block_on`] runs a future without a runtime.

mod block_on;
mod dead_letters;
mod host;
mod memory;

pub use block_on::block_on;
pub use dead_letters::RecordedDeadLetters;
pub use host::ManualHost;
pub use memory::MemoryTable;

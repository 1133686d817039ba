//! The environment against which a statement runs.

use std::future::Future;

use waxseal::{Table, Timestamp};
use waxseal_testing::MemoryTable;

/// An environment that claims the contract.
pub trait ContractEnv: Sync {
    /// The environment's table. Clones are handles to one table, as two functions hold them.
    type Table: Table + Clone;

    /// An empty table. Every statement asks for its own.
    fn table(&self) -> impl Future<Output = Self::Table> + Send;

    /// The time at which a statement begins: the same at every call, in whole milliseconds. An
    /// environment that deletes expired items by its own clock returns that clock's time.
    fn start(&self) -> Timestamp {
        // 2026-11-21T09:30:00.123Z. It is no whole second, since receipts store both seconds and
        // milliseconds.
        Timestamp::from_millisecond(1_795_253_400_123).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

/// The reference environment: the table in memory.
#[derive(Debug, Clone, Copy, Default)]
pub struct Memory;

impl ContractEnv for Memory {
    type Table = MemoryTable;
    async fn table(&self) -> MemoryTable {
        MemoryTable::default()
    }
}

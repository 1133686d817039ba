//! A table in memory.

use std::sync::Arc;

use waxseal::{
    Table,
    lock::Lock,
    relay::Receipts,
    table::{Emitted, Item, Key, Page, TableError, Write, WriteError, memory::Items},
};

/// A table in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryTable {
    items: Arc<Lock<Items>>,
}

impl MemoryTable {
    /// What it holds now.
    #[must_use]
    pub fn items(&self) -> Items {
        self.items.lock().clone()
    }
}

impl Table for MemoryTable {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableError> {
        let items = self.items.lock();
        Ok(keys.iter().map(|key| items.get(key).cloned()).collect())
    }

    async fn query(&self, partition: &str, after: Option<&str>) -> Result<Page, TableError> {
        let items = self.items.lock();
        Ok(items.query(partition, after, 10))
    }

    async fn write(&self, writes: &[Write]) -> Result<(), WriteError> {
        self.items.lock().write(writes).map(|_| ())
    }
}

impl Receipts for MemoryTable {
    async fn emitted(&self, after: Option<&Key>) -> Result<Emitted, TableError> {
        Ok(self.items.lock().emitted(after, 10))
    }
}

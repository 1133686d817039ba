//! A table in memory.

use std::sync::Arc;

use waxseal::{
    Table,
    lock::Lock,
    table::{Item, Key, Page, Query, Scan, ScanPage, TableError, Write, WriteError, memory::Items},
};

/// The items of a page. They are few, so that readers of several pages are tested.
const PAGE: usize = 10;

/// A table in memory. Clones are handles to one table.
#[derive(Debug, Clone, Default)]
pub struct MemoryTable {
    items: Arc<Lock<Items>>,
}

impl MemoryTable {
    /// A copy of its items.
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

    async fn query(&self, query: &Query) -> Result<Page, TableError> {
        Ok(self.items.lock().query(query, PAGE))
    }

    async fn scan(&self, scan: &Scan) -> Result<ScanPage, TableError> {
        Ok(self.items.lock().scan(scan, PAGE))
    }

    async fn write(&self, writes: &[Write]) -> Result<(), WriteError> {
        self.items.lock().write(writes).map(|_| ())
    }
}

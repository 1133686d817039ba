//! A table in memory, with the faults that a test asks for.

use std::{collections::BTreeSet, sync::Arc};

use waxseal::{
    Raw, Table,
    lock::Lock,
    read_emissions,
    table::{
        Due, DuePage, Item, Key, Page, Query, Scan, ScanPage, TableError, Write, WriteError, attribute,
        memory::Items,
    },
};

/// The items of a page. They are few, so that readers of several pages are tested.
const PAGE: usize = 10;

/// A table in memory. Clones are handles to one table.
#[derive(Debug, Clone, Default)]
pub struct MemoryTable {
    state: Arc<Lock<State>>,
}

#[derive(Debug, Default)]
struct State {
    items: Items,
    /// Receipts whose emissions were taken.
    taken: BTreeSet<Key>,
    is_unavailable: bool,
    lost_writes: u32,
    lost_answers: u32,
}

impl MemoryTable {
    /// A copy of its items.
    #[must_use]
    pub fn items(&self) -> Items {
        self.state.lock().items.clone()
    }

    /// Until the opposite is said, every request fails, or none.
    pub fn set_unavailable(&self, is_unavailable: bool) {
        self.state.lock().is_unavailable = is_unavailable;
    }

    /// The next `count` writes are not applied, and fail.
    pub fn lose_writes(&self, count: u32) {
        self.state.lock().lost_writes = count;
    }

    /// The next `count` writes are applied, and fail: their answers are lost.
    pub fn lose_answers(&self, count: u32) {
        self.state.lock().lost_answers = count;
    }

    /// The envelopes in receipts that have appeared since the last call, in the order of the
    /// receipts' keys.
    ///
    /// # Panics
    /// Where a receipt's outbox has another form than the core's.
    #[must_use]
    pub fn take_emitted(&self) -> Vec<Raw> {
        let State { items, taken, .. } = &mut *self.state.lock();
        let is_new = |item: &&Item| item.get_text(attribute::EMITTED).is_some() && !taken.contains(&item.key);
        let receipts: Vec<&Item> = items.iter().filter(is_new).collect();
        taken.extend(receipts.iter().map(|item| item.key.clone()));
        receipts.into_iter().flat_map(emitted).collect()
    }
}

/// The envelopes in a receipt.
fn emitted(receipt: &Item) -> Vec<Raw> {
    let text = receipt.get_text(attribute::EMITTED).unwrap_or("[]");
    let emissions = read_emissions(text).unwrap_or_else(|error| panic!("{}: {error}", receipt.key));
    let parse =
        |envelope: &str| Raw::parse(envelope).unwrap_or_else(|error| panic!("{}: {error}", receipt.key));
    emissions.iter().map(|emission| parse(emission.envelope.get())).collect()
}

fn unavailable(action: &'static str) -> TableError {
    TableError::new("memory", action, "turned off by the test")
}

impl Table for MemoryTable {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableError> {
        let state = self.state.lock();
        if state.is_unavailable {
            return Err(unavailable("BatchGetItem"));
        }
        Ok(keys.iter().map(|key| state.items.get(key).cloned()).collect())
    }

    async fn query(&self, query: &Query) -> Result<Page, TableError> {
        let state = self.state.lock();
        if state.is_unavailable {
            return Err(unavailable("Query"));
        }
        Ok(state.items.query(query, PAGE))
    }

    async fn scan(&self, scan: &Scan) -> Result<ScanPage, TableError> {
        let state = self.state.lock();
        if state.is_unavailable {
            return Err(unavailable("Scan"));
        }
        Ok(state.items.scan(scan, PAGE))
    }

    async fn due(&self, due: &Due) -> Result<DuePage, TableError> {
        let state = self.state.lock();
        if state.is_unavailable {
            return Err(unavailable("Query"));
        }
        Ok(state.items.due(due, PAGE))
    }

    async fn write(&self, writes: &[Write]) -> Result<(), WriteError> {
        let lost = || Err(WriteError::Unavailable(unavailable("TransactWriteItems")));
        let mut state = self.state.lock();
        if state.is_unavailable {
            return lost();
        }
        if state.lost_writes > 0 {
            state.lost_writes -= 1;
            return lost();
        }
        state.items.write(writes)?;
        if state.lost_answers > 0 {
            state.lost_answers -= 1;
            return lost();
        }
        Ok(())
    }
}

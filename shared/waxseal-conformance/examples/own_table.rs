//! `cargo run --profile ci -p waxseal-conformance --example own_table`: some statements of the contract on a
//! table of one's own.
//!
//! In a test, `waxseal_conformance::contract_tests!(Shelves)` makes a test of each statement.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use waxseal::{
    Table,
    table::{
        Due, DuePage, Item, Key, Page, Query, Scan, ScanPage, TableError, Write, WriteError, memory::Items,
    },
};
use waxseal_conformance::{
    ContractEnv, block_on, c2_all_or_nothing_and_every_refusal_is_named,
    c2_each_condition_means_what_it_says, s12_a_zombie_commit_loses,
};

/// A table of one's own would talk to a database here. Clones reach the same items.
#[derive(Clone, Default)]
struct Shelf(Arc<Mutex<Items>>);

impl Shelf {
    fn items(&self) -> MutexGuard<'_, Items> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table for Shelf {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableError> {
        let items = self.items();
        Ok(keys.iter().map(|key| items.get(key).cloned()).collect())
    }

    async fn query(&self, query: &Query) -> Result<Page, TableError> {
        Ok(self.items().query(query, 100))
    }

    async fn scan(&self, scan: &Scan) -> Result<ScanPage, TableError> {
        Ok(self.items().scan(scan, 100))
    }

    async fn due(&self, due: &Due) -> Result<DuePage, TableError> {
        Ok(self.items().due(due, 100))
    }

    async fn write(&self, writes: &[Write]) -> Result<(), WriteError> {
        self.items().write(writes).map(|_| ())
    }
}

struct Shelves;

impl ContractEnv for Shelves {
    type Table = Shelf;

    /// An empty table for each statement.
    async fn table(&self) -> Shelf {
        Shelf::default()
    }
}

fn main() {
    block_on(c2_each_condition_means_what_it_says(&Shelves));
    block_on(c2_all_or_nothing_and_every_refusal_is_named(&Shelves));
    block_on(s12_a_zombie_commit_loses(&Shelves));
    println!("three statements hold on this table");
}

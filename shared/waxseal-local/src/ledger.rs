//! The ledger of each service, in memory: a second reader of its table's stream.

use std::sync::{Arc, atomic::AtomicU64};

use waxseal_lambda::Ledger;
use waxseal_ledger::{LedgerStore, Memory, Put, StoreError};
use waxseal_pattern::Pattern;

use crate::{error::LocalError, local::Local, mapping, table::Table, world::World};

/// The time-out of a ledger's function, in seconds.
const TIMEOUT: u32 = 30;

/// What the mapping selects: every write, and every removal.
const FILTER: &str = r#"{"eventName":["INSERT","MODIFY","REMOVE"]}"#;

/// A store that the environment's faults hit.
#[derive(Clone)]
struct Store {
    objects: Memory,
    world: World,
}

impl LedgerStore for Store {
    async fn put(&self, name: &str, body: Vec<u8>) -> Result<Put, StoreError> {
        let faults = &self.world.faults;
        self.world.simulate_latency().await;
        if self.world.injects(faults.crash_before_commit) {
            self.world.executor.crash().await;
        }
        let put = self.objects.put(name, body).await?;
        if self.world.injects(faults.crash_after_commit) {
            self.world.executor.crash().await;
        }
        if self.world.injects(faults.lost_answer) {
            return Err(StoreError::new("put", name, "the connection was closed before the answer came"));
        }
        Ok(put)
    }

    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.world.simulate_latency().await;
        self.objects.get(name).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.world.simulate_latency().await;
        self.objects.list(prefix).await
    }
}

impl Local {
    /// The ledgers of the services; `None` unless the environment was built with
    /// [`keep_ledger`](crate::Builder::keep_ledger).
    #[must_use]
    pub fn ledger(&self) -> Option<Memory> {
        self.world.ledger.clone()
    }

    /// Maps a table's stream to its ledger, where the environment keeps one.
    pub(crate) fn keep(&self, service: &str, table: &Table) -> Result<(), LocalError> {
        let Some(objects) = self.ledger() else { return Ok(()) };
        let store = Store { objects, world: self.world.clone() };
        let ledger = Ledger::new(service, store, self.host());
        let ledger = self.deployed(&format!("{service}-ledger"), ledger, TIMEOUT);
        let stream = table.stream(Pattern::new(&serde_json::from_str(FILTER)?)?);
        let poller = mapping::stream::run(stream, ledger, Arc::new(AtomicU64::new(0)));
        self.pollers.start(service, poller);
        Ok(())
    }
}

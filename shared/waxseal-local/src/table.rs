//! Tables with conditional transactions and streams: [`waxseal::table::memory::Items`] behind a
//! lock, with time and faults.

use std::{
    collections::VecDeque,
    sync::{Arc, MutexGuard},
    time::Duration,
};

use serde_json::Value;
use waxseal::{
    Timestamp,
    lock::Lock,
    table::{
        Item, Key, Page, Query, Scan, ScanPage, TableError, Write, WriteError,
        memory::{Change, Items},
    },
};

use crate::{
    signal::{Changed, Signal},
    wire,
    world::World,
};

/// A DynamoDB table. Clones are the same table.
#[derive(Debug, Clone)]
pub struct Table {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    name: String,
    world: World,
    state: Lock<State>,
    signal: Signal,
}

#[derive(Debug, Default)]
struct State {
    items: Items,
    /// The changes, oldest first. DynamoDB forgets them after 24 hours.
    stream: VecDeque<(u64, Timestamp, Value)>,
    next: u64,
    requests: u64,
}

/// The retention of a DynamoDB stream.
const STREAM_RETENTION: Duration = Duration::from_hours(24);

/// Items of one page of a query or a scan, at the most: small, so that pagination is met early.
const PAGE: usize = 100;

impl Table {
    pub(crate) fn new(name: &str, world: World) -> Self {
        let (state, signal) = (Lock::default(), Signal::default());
        Self { inner: Arc::new(Inner { name: name.to_owned(), world, state, signal }) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock()
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// Its items, in the order of keys: for tests and reports.
    #[must_use]
    pub fn items(&self) -> Vec<Item> {
        self.state().items.iter().cloned().collect()
    }

    /// An item, without a request.
    pub(crate) fn look(&self, key: &Key) -> Option<Item> {
        self.state().items.get(key).cloned()
    }

    /// The number of requests that it has answered.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.state().requests
    }

    /// Removes expired items, as TTL does some time after their expiry.
    pub fn expire(&self) {
        let now = self.inner.world.clock.now();
        let mut state = self.state();
        let expired: Vec<Key> =
            state.items.iter().filter(|item| item.is_expired(now)).map(|item| item.key.clone()).collect();
        for key in expired {
            let old = state.items.remove(&key);
            self.record(&mut state, &Change { old, new: None }, true);
        }
        drop(state);
        self.inner.signal.notify();
    }

    fn record(&self, state: &mut State, change: &Change, by_ttl: bool) {
        state.next += 1;
        let now = self.inner.world.clock.now();
        let record = wire::stream_record(&self.inner.name, state.next, now, change, by_ttl);
        let sequence = state.next;
        state.stream.push_back((sequence, now, record));
    }

    /// The stream's records after `sequence`, at most `most`, oldest first.
    pub(crate) fn stream_after(&self, sequence: u64, most: usize) -> Vec<(u64, Value)> {
        let now = self.inner.world.clock.now();
        let mut state = self.state();
        while state.stream.front().is_some_and(|(_, at, _)| *at + STREAM_RETENTION < now) {
            state.stream.pop_front();
        }
        let start = state.stream.partition_point(|(number, ..)| *number <= sequence);
        let records = state.stream.range(start..).take(most);
        records.map(|(number, _, record)| (*number, record.clone())).collect()
    }

    pub(crate) fn changed(&self) -> Changed {
        self.inner.signal.changed()
    }
}

impl waxseal::Table for Table {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableError> {
        self.inner.world.simulate_latency().await;
        let mut state = self.state();
        state.requests += 1;
        Ok(keys.iter().map(|key| state.items.get(key).cloned()).collect())
    }

    async fn query(&self, query: &Query) -> Result<Page, TableError> {
        self.inner.world.simulate_latency().await;
        let mut state = self.state();
        state.requests += 1;
        Ok(state.items.query(query, PAGE))
    }

    async fn scan(&self, scan: &Scan) -> Result<ScanPage, TableError> {
        self.inner.world.simulate_latency().await;
        let mut state = self.state();
        state.requests += 1;
        Ok(state.items.scan(scan, PAGE))
    }

    async fn write(&self, writes: &[Write]) -> Result<(), WriteError> {
        let world = &self.inner.world;
        let faults = &world.faults;
        world.simulate_latency().await;
        if world.injects(faults.crash_before_commit) {
            world.executor.crash().await;
        }
        {
            let mut state = self.state();
            state.requests += 1;
            let changes = state.items.write(writes)?;
            changes.iter().for_each(|change| self.record(&mut state, change, false));
        }
        self.inner.signal.notify();
        if world.injects(faults.crash_after_commit) {
            world.executor.crash().await;
        }
        if world.injects(faults.lost_answer) {
            return Err(WriteError::Unavailable(TableError {
                table: self.inner.name.clone(),
                action: "TransactWriteItems",
                source: "the connection was closed before the answer came".into(),
            }));
        }
        self.inner.world.simulate_latency().await;
        Ok(())
    }
}

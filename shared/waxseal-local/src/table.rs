//! Tables with conditional transactions and streams: [`waxseal::table::memory::Items`] behind a
//! lock, with time and faults.

use std::sync::{Arc, MutexGuard};

use waxseal::{
    lock::Lock,
    table::{
        Due, DuePage, Item, Key, Page, Query, Scan, ScanPage, TableError, Write, WriteError,
        memory::{Change, Items},
    },
};
use waxseal_pattern::Pattern;

use crate::{price::write_units, stream::Stream, wakes::Wakes, wire::StreamRecord, world::World};

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
}

#[derive(Debug, Default)]
struct State {
    items: Items,
    /// The stream, as each mapping reads it.
    streams: Vec<Stream>,
    /// Its rows that are to be woken, where its service has timers.
    wakes: Option<Wakes>,
    /// The number of changes so far.
    changes: u64,
    requests: u64,
    write_units: u64,
}

/// Items of one page of a query or a scan, at the most: small, so that pagination is met early.
const PAGE: usize = 100;

impl Table {
    pub(crate) fn new(name: &str, world: World) -> Self {
        Self { inner: Arc::new(Inner { name: name.to_owned(), world, state: Lock::default() }) }
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

    /// The number of changes of its items: writes and removals, those by TTL included.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.state().changes
    }

    /// The write units that DynamoDB would have counted for them, those of the index of timers
    /// included. Refused requests count.
    #[must_use]
    pub fn write_units(&self) -> u64 {
        self.state().write_units
    }

    /// Removes expired items, as TTL does some time after their expiry.
    pub fn expire(&self) {
        let now = self.inner.world.clock.now();
        let mut state = self.state();
        let expired: Vec<Key> =
            state.items.iter().filter(|item| item.is_expired(now)).map(|item| item.key.clone()).collect();
        for key in expired {
            let old = state.items.remove(&key);
            self.record(&mut state, vec![Change { old, new: None }], true);
        }
    }

    /// The stream from now on, for a mapping with this filter.
    pub(crate) fn stream(&self, filter: Pattern) -> Stream {
        let stream = Stream::new(&self.inner.name, filter);
        self.state().streams.push(stream.clone());
        stream
    }

    /// The rows that are to be woken, from now on.
    pub(crate) fn wakes(&self) -> Wakes {
        self.state().wakes.get_or_insert_default().clone()
    }

    fn record(&self, state: &mut State, changes: Vec<Change>, by_ttl: bool) {
        let State { streams, wakes, changes: number, .. } = state;
        let at = self.inner.world.clock.now();
        for change in changes {
            *number += 1;
            if let Some(wakes) = wakes {
                wakes.record(&change);
            }
            if !streams.is_empty() {
                let record = Arc::new(StreamRecord { sequence: *number, at, change, by_ttl });
                streams.iter().for_each(|stream| stream.record(&record));
            }
        }
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

    async fn due(&self, due: &Due) -> Result<DuePage, TableError> {
        self.inner.world.simulate_latency().await;
        let mut state = self.state();
        state.requests += 1;
        Ok(state.items.due(due, PAGE))
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
            state.write_units += write_units(&state.items, writes);
            let changes = state.items.write(writes)?;
            self.record(&mut state, changes, false);
        }
        if world.injects(faults.crash_after_commit) {
            world.executor.crash().await;
        }
        if world.injects(faults.lost_answer) {
            return Err(WriteError::Unavailable(TableError::new(
                &*self.inner.name,
                "TransactWriteItems",
                "the connection was closed before the answer came",
            )));
        }
        self.inner.world.simulate_latency().await;
        Ok(())
    }
}

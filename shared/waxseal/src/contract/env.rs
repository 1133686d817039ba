//! What a statement is run against: a table, a clock that only moves when told, and the table in memory as the
//! reference.

use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    thread::Thread,
    time::Duration,
};

use jiff::Timestamp;

use crate::{
    Host, Table, Token,
    item::{Item, Key, Write},
    memory::Items,
    relay::{Emitted, Receipts},
    table::{Page, TableError, WriteError},
};

/// An environment that claims the contract.
pub trait ContractEnv: Sync {
    /// Its table. Clones are handles to one table, as two functions hold them.
    type Table: Table + Clone;

    /// A table that holds nothing yet. Every statement asks for its own.
    fn table(&self) -> impl Future<Output = Self::Table> + Send;

    /// The time at which a statement begins: the same at every call, in whole milliseconds. An environment that deletes expired items by its own clock gives that
    /// clock's time.
    fn start(&self) -> Timestamp {
        // 2026-11-21T09:30:00.123Z: not a whole second, since receipts store both seconds and milliseconds.
        Timestamp::from_millisecond(1_795_253_400_123).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

/// The reference environment: [`Items`] behind a lock.
#[derive(Debug, Clone, Copy, Default)]
pub struct Memory;

impl ContractEnv for Memory {
    type Table = MemoryTable;
    async fn table(&self) -> MemoryTable {
        MemoryTable::default()
    }
}

/// A table in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryTable {
    items: Arc<Mutex<Items>>,
}

impl MemoryTable {
    /// What it holds now.
    #[must_use]
    pub fn items(&self) -> Items {
        self.items.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Table for MemoryTable {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableError> {
        let items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(keys.iter().map(|key| items.get(key).cloned()).collect())
    }

    async fn query(&self, partition: &str, after: Option<&str>) -> Result<Page, TableError> {
        let items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(items.query(partition, after, 10))
    }

    async fn write(&self, writes: &[Write]) -> Result<(), WriteError> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner).write(writes).map(|_| ())
    }
}

impl Receipts for MemoryTable {
    async fn emitted(&self, after: Option<&Key>) -> Result<Emitted, TableError> {
        Ok(self.items.lock().unwrap_or_else(PoisonError::into_inner).emitted(after, 10))
    }
}

/// A host whose time moves when told, and whose tokens count up: a run repeats exactly.
#[derive(Debug)]
pub struct Clock {
    milliseconds: AtomicI64,
    tokens: AtomicU64,
}

impl Clock {
    /// A clock that stands at `start`.
    #[must_use]
    pub fn new(start: Timestamp) -> Self {
        Self { milliseconds: AtomicI64::new(start.as_millisecond()), tokens: AtomicU64::new(0) }
    }

    /// Moves on.
    pub fn pass(&self, time: Duration) {
        let milliseconds = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        self.milliseconds.fetch_add(milliseconds, Ordering::SeqCst);
    }

    /// Stands at `time`.
    pub fn set(&self, time: Timestamp) {
        self.milliseconds.store(time.as_millisecond(), Ordering::SeqCst);
    }
}

impl Host for Clock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.milliseconds.load(Ordering::SeqCst)).unwrap_or(Timestamp::MAX)
    }
    fn token(&self) -> Token {
        Token(u128::from(self.tokens.fetch_add(1, Ordering::SeqCst)) + 1)
    }
}

/// Runs a future to its end on this thread.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}

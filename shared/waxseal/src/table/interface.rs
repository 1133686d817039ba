//! The table behind a service: strongly consistent reads and one all-or-nothing conditional write.

use std::{fmt, future::Future};

use crate::{
    future::BoxFuture,
    table::{
        due::{Due, DuePage},
        error::{TableError, WriteError},
        item::{Item, Key, Write},
        page::{Found, Page},
        query::{Query, Scan, ScanPage},
    },
};

/// A service's own table.
///
/// An implementation must give [`Condition`](crate::table::Condition)s the meaning of
/// [`Condition::holds`](crate::table::Condition::holds), apply all writes of a commit or none. It
/// must retry contention and throttling by itself, since the core has no timer.
pub trait Table: Send + Sync + 'static {
    /// Reads items by key, strongly consistent, in one request where the keys fit one. The result
    /// has the order of `keys`, which may hold a key more than once.
    fn get(&self, keys: &[Key]) -> impl Future<Output = Result<Vec<Option<Item>>, TableError>> + Send;

    /// As [`Table::get`], with an error for each key alone. A key without an answer fails its own
    /// reader, and no other reader of the shared request (S-2). The engine reads by this method. A
    /// table whose requests succeed or fail as a whole need not implement it.
    fn get_each(&self, keys: &[Key]) -> impl Future<Output = Result<Vec<Found>, TableError>> + Send {
        async { Ok(self.get(keys).await?.into_iter().map(Ok).collect()) }
    }

    /// Reads one page of the items of one partition, strongly consistent.
    ///
    /// # Errors
    /// Where the table cannot be read.
    fn query(&self, query: &Query) -> impl Future<Output = Result<Page, TableError>> + Send;

    /// Reads one page of the whole table, strongly consistent. DynamoDB bills all items that a scan
    /// reads, also those that it filters out: 1 RCU for 4 KB.
    ///
    /// # Errors
    /// Where the table cannot be read.
    fn scan(&self, scan: &Scan) -> impl Future<Output = Result<ScanPage, TableError>> + Send;

    /// Reads one page of the index of timers. It is eventually consistent.
    ///
    /// # Errors
    /// Where the table cannot be read, or has no such index.
    fn due(&self, due: &Due) -> impl Future<Output = Result<DuePage, TableError>> + Send;

    /// Prepares the first request, for example by opening a connection. The runtime calls it once,
    /// before it asks for the first event. The default reads an item that does not exist; an
    /// implementation may know a cheaper way.
    ///
    /// # Errors
    /// Where the table cannot be reached.
    fn connect(&self) -> impl Future<Output = Result<(), TableError>> + Send {
        async { self.get(&[Key::of("warm-up", &[], "warm-up")]).await.map(drop) }
    }

    /// Applies all `writes` or none: a single write as a plain conditional write, several as one
    /// transaction.
    ///
    /// # Errors
    /// [`WriteError::Refused`] with every failed condition and the item found there;
    /// [`WriteError::TooLarge`] before anything is sent.
    fn write(&self, writes: &[Write]) -> impl Future<Output = Result<(), WriteError>> + Send;
}

/// The erased form of [`Table`]: handlers and the engine are compiled once for all tables.
pub(crate) trait AnyTable: Send + Sync {
    fn get<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Found>, TableError>>;
    fn query<'a>(&'a self, query: &'a Query) -> BoxFuture<'a, Result<Page, TableError>>;
    fn write<'a>(&'a self, writes: &'a [Write]) -> BoxFuture<'a, Result<(), WriteError>>;
    fn connect(&self) -> BoxFuture<'_, Result<(), TableError>>;
}

impl<T: Table> AnyTable for T {
    fn get<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Found>, TableError>> {
        Box::pin(Table::get_each(self, keys))
    }
    fn query<'a>(&'a self, query: &'a Query) -> BoxFuture<'a, Result<Page, TableError>> {
        Box::pin(Table::query(self, query))
    }
    fn write<'a>(&'a self, writes: &'a [Write]) -> BoxFuture<'a, Result<(), WriteError>> {
        Box::pin(Table::write(self, writes))
    }
    fn connect(&self) -> BoxFuture<'_, Result<(), TableError>> {
        Box::pin(Table::connect(self))
    }
}

impl fmt::Debug for dyn AnyTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Table")
    }
}

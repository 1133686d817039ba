//! The table behind a service: strongly consistent reads and one all-or-nothing conditional write.

use std::{fmt, future::Future, pin::Pin};

use crate::{
    BoxError, Token, chain,
    item::{Item, Key, Write},
};

/// A service's own table.
///
/// An implementation must give [`Condition`](crate::item::Condition)s the meaning of
/// [`Condition::holds`](crate::item::Condition::holds), apply all writes of a commit or none, and retry contention
/// and throttling by itself, since the core has no timer.
pub trait Table: Send + Sync + 'static {
    /// Reads items by key, strongly consistent, in one request where the keys fit one; the result is in the order
    /// of `keys`, which may name one more than once.
    fn get(&self, keys: &[Key]) -> impl Future<Output = Result<Vec<Option<Item>>, TableError>> + Send;

    /// As [`Table::get`], with an error for each key alone: a key that stayed without an answer fails its own reader, and none of those who
    /// share the request (S-2). The engine reads by this one. A table whose requests are answered whole or not at all need not
    /// implement it.
    fn get_each(&self, keys: &[Key]) -> impl Future<Output = Result<Vec<Found>, TableError>> + Send {
        async { Ok(self.get(keys).await?.into_iter().map(Ok).collect()) }
    }

    /// Reads the items of one partition in the order of their sort keys, after `after`: one page.
    fn query(
        &self,
        partition: &str,
        after: Option<&str>,
    ) -> impl Future<Output = Result<Page, TableError>> + Send;

    /// Opens what the first request needs, such as a connection: called once, before the first event is asked for. Unless
    /// an implementation knows a cheaper way, it reads an item that does not exist.
    ///
    /// # Errors
    /// Where the table cannot be reached.
    fn connect(&self) -> impl Future<Output = Result<(), TableError>> + Send {
        async { self.get(&[Key::of("warm-up", &[], "warm-up")]).await.map(drop) }
    }

    /// Applies all `writes` or none: a lone one as a plain conditional write, several as one transaction.
    ///
    /// # Errors
    /// [`WriteError::Refused`] with every failed condition and the item found there; [`WriteError::TooLarge`] before
    /// anything is sent.
    fn write(&self, writes: &[Write]) -> impl Future<Output = Result<(), WriteError>> + Send;
}

/// The result of a read of one key.
pub type Found = Result<Option<Item>, TableError>;

/// One page of a query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The items, in the order of their sort keys.
    pub items: Vec<Item>,
    /// The sort key to go on after; `None` on the last page.
    pub next: Option<String>,
}

/// The table could not be read or written; another try may succeed.
#[derive(Debug, thiserror::Error)]
#[error("table {table}: {action} failed")]
pub struct TableError {
    /// Its name.
    pub table: String,
    /// What was tried: `GetItem`, `TransactWriteItems`, ….
    pub action: &'static str,
    /// Why.
    pub source: BoxError,
}

impl TableError {
    /// The same for another who shared the request.
    pub(crate) fn shared(&self) -> Self {
        Self { table: self.table.clone(), action: self.action, source: chain(&*self.source).into() }
    }
}

/// Why a commit was not applied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// Conditions failed: nothing was written.
    #[error("refused by the condition on {}", Refusal::list(.0))]
    Refused(Vec<Refusal>),
    /// It cannot be sent in one request (C-2).
    #[error("too large to commit at once: {0}")]
    TooLarge(TooLarge),
    /// Not known whether it was applied; another try finds out.
    #[error(transparent)]
    Unavailable(TableError),
}

/// A failed condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The item's key.
    pub key: Key,
    /// What is stored there.
    pub stored: Option<Item>,
}

impl Refusal {
    fn list(refusals: &[Self]) -> String {
        refusals.iter().map(|refusal| refusal.key.to_string()).collect::<Vec<_>>().join(", ")
    }
}

/// A limit of one DynamoDB write request, found before anything is sent (C-2).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TooLarge {
    /// More actions than a transaction takes.
    #[error("{count} actions, {LARGEST_ACTIONS} at most")]
    Actions {
        /// How many there are.
        count: usize,
    },
    /// An item over the limit.
    #[error("item {key} has {bytes} bytes, {LARGEST_ITEM} at most")]
    Item {
        /// Its key.
        key: Key,
        /// Its size.
        bytes: usize,
    },
    /// The whole over the limit.
    #[error("{bytes} bytes in all, {LARGEST_COMMIT} at most; the largest item is {largest}")]
    Commit {
        /// Their size.
        bytes: usize,
        /// The key of the largest item.
        largest: Key,
    },
    /// A key over the limit.
    #[error("the key that starts with {start} has {bytes} bytes, {limit} at most")]
    Key {
        /// What it starts with.
        start: String,
        /// Its size.
        bytes: usize,
        /// The limit: partition and sort keys have different ones.
        limit: usize,
    },
    /// Two actions on one item.
    #[error("two actions on item {key}")]
    Twice {
        /// Its key.
        key: Key,
    },
}

/// Actions in one transaction. Source: DynamoDB developer guide, "Quotas".
pub const LARGEST_ACTIONS: usize = 100;
/// Bytes of one item. Source: as above; 400 KB.
pub const LARGEST_ITEM: usize = 400 * 1024;
/// Bytes of one transaction. Source: as above; 4 MB.
pub const LARGEST_COMMIT: usize = 4 * 1024 * 1024;

/// Keys of one batch read. Source: `BatchGetItem` in the API reference.
pub const LARGEST_READ: usize = 100;

/// Bytes of a partition key. Source: as above.
pub const LARGEST_PARTITION: usize = 2048;
/// Bytes of a sort key. Source: as above.
pub const LARGEST_SORT: usize = 1024;

/// Checks the limits of one write request: every [`Table`] calls it first.
///
/// # Errors
/// The limit that is passed, naming the items.
pub fn check_size(writes: &[Write]) -> Result<(), TooLarge> {
    if writes.len() > LARGEST_ACTIONS {
        return Err(TooLarge::Actions { count: writes.len() });
    }
    for Key { partition, sort } in writes.iter().map(Write::key) {
        for (text, limit) in [(&**partition, LARGEST_PARTITION), (&**sort, LARGEST_SORT)] {
            if text.len() > limit {
                let start = text[..text.floor_char_boundary(64)].to_owned();
                return Err(TooLarge::Key { start, bytes: text.len(), limit });
            }
        }
    }
    let mut keys: Vec<&Key> = writes.iter().map(Write::key).collect();
    keys.sort_unstable();
    if let Some(pair) = keys.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(TooLarge::Twice { key: pair[0].clone() });
    }
    let (mut bytes, mut largest) = (0, (0, None));
    for write in writes {
        let size = write.bytes();
        if size > LARGEST_ITEM {
            return Err(TooLarge::Item { key: write.key().clone(), bytes: size });
        }
        bytes += size;
        largest = largest.max((size, Some(write.key())));
    }
    match largest {
        (_, Some(largest)) if bytes > LARGEST_COMMIT => {
            Err(TooLarge::Commit { bytes, largest: largest.clone() })
        }
        _ => Ok(()),
    }
}

/// The verdict on a commit: `Ok` also where a refusal shows our own token, since then it was our own request that
/// came first and a retry inside the client that was refused (C-2).
///
/// # Errors
/// The refusals of others, and every other error unchanged.
pub fn settle(result: Result<(), WriteError>, token: Token) -> Result<(), WriteError> {
    match result {
        Err(WriteError::Refused(refusals))
            if refusals
                .iter()
                .any(|refusal| refusal.stored.as_ref().is_some_and(|item| item.is_owned_by(token))) =>
        {
            Ok(())
        }
        other => other,
    }
}

pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The erased twin of [`Table`]: handlers and the engine are compiled once, whatever the table.
pub(crate) trait AnyTable: Send + Sync {
    fn get<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Found>, TableError>>;
    fn write<'a>(&'a self, writes: &'a [Write]) -> BoxFuture<'a, Result<(), WriteError>>;
    fn connect(&self) -> BoxFuture<'_, Result<(), TableError>>;
}

impl<T: Table> AnyTable for T {
    fn get<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Found>, TableError>> {
        Box::pin(Table::get_each(self, keys))
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

//! The store of a ledger: objects that are written once.

use std::future::Future;

use waxseal::BoxError;

/// The outcome of a put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// The object is there now.
    New,
    /// An object of this name was there, and stays as it is.
    Known,
}

/// An object could not be written or read; another try may succeed.
#[derive(Debug, thiserror::Error)]
#[error("ledger {action} of {name} failed")]
#[non_exhaustive]
pub struct StoreError {
    /// The action: `put`, `get` or `list`.
    pub action: &'static str,
    /// The object's name, or the beginning of names.
    pub name: String,
    /// The cause.
    pub source: BoxError,
}

impl StoreError {
    /// The failure of an action.
    pub fn new(action: &'static str, name: impl Into<String>, source: impl Into<BoxError>) -> Self {
        Self { action, name: name.into(), source: source.into() }
    }
}

/// A store of objects that are never changed.
pub trait LedgerStore: Send + Sync + 'static {
    /// Writes an object, unless one of its name is there. The check and the write are one: of two
    /// writers at once one is [`Put::New`].
    ///
    /// # Errors
    /// Where the store cannot be reached; the object may have been written.
    fn put(&self, name: &str, body: Vec<u8>) -> impl Future<Output = Result<Put, StoreError>> + Send;

    /// Reads an object; `None` where there is none.
    ///
    /// # Errors
    /// Where the store cannot be reached.
    fn get(&self, name: &str) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;

    /// The names that begin with `prefix`, all of them, in order.
    ///
    /// # Errors
    /// Where the store cannot be reached.
    fn list(&self, prefix: &str) -> impl Future<Output = Result<Vec<String>, StoreError>> + Send;
}

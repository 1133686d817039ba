//! Where payloads lie: what a store must do, without saying whose it is.

use std::future::Future;

use crate::{fault::BoxError, future::BoxFuture};

/// A store of payloads: S3, or one in memory.
pub trait Claims: Send + Sync + 'static {
    /// What lies at `location`, `None` where nothing does. A store may stop reading beyond `most` bytes, but must then
    /// give more than `most`, so that the difference is seen.
    ///
    /// # Errors
    /// [`StoreError`]. A location that this store was not told to trust is refused: it comes from the wire.
    fn get(
        &self,
        location: &str,
        most: u64,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;

    /// Stores `payload` under `key`, which is its SHA-256, and says where. Once it returns `Ok`, readers find it. Storing
    /// it again is no error, and keeps it for as long as storing it anew would.
    ///
    /// # Errors
    /// [`StoreError`].
    fn put(&self, key: &str, payload: &[u8]) -> impl Future<Output = Result<String, StoreError>> + Send;
}

/// Why a store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It never will: no retry can help.
    #[error("{0}")]
    Refused(String),
    /// It could not be reached, or not now.
    #[error(transparent)]
    Unavailable(BoxError),
}

/// The erased twin of [`Claims`]: the engine is compiled once, whatever the store.
pub(super) trait AnyClaims: Send + Sync {
    fn get<'a>(&'a self, location: &'a str, most: u64) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreError>>;
    fn put<'a>(&'a self, key: &'a str, payload: &'a [u8]) -> BoxFuture<'a, Result<String, StoreError>>;
}

impl<C: Claims> AnyClaims for C {
    fn get<'a>(&'a self, location: &'a str, most: u64) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreError>> {
        Box::pin(Claims::get(self, location, most))
    }
    fn put<'a>(&'a self, key: &'a str, payload: &'a [u8]) -> BoxFuture<'a, Result<String, StoreError>> {
        Box::pin(Claims::put(self, key, payload))
    }
}

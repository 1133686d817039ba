//! The interface of a store of payloads.

use std::future::Future;

use crate::{fault::BoxError, future::BoxFuture};

/// A store of payloads: S3, or one in memory.
pub trait Claims: Send + Sync + 'static {
    /// The bytes at `location`, or `None` where nothing is stored. A store may stop reading beyond
    /// `most` bytes. It must then return more than `most` bytes, so that the caller sees the
    /// excess.
    ///
    /// # Errors
    /// [`StoreError`]. The location comes from the wire, so a store refuses every location outside
    /// of its configuration.
    fn get(
        &self,
        location: &str,
        most: u64,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;

    /// Stores `payload` under `key`, its SHA-256, and returns the location. After `Ok`, readers
    /// find the payload. Storing it again is no error and renews its life.
    ///
    /// # Errors
    /// [`StoreError`].
    fn put(&self, key: &str, payload: &[u8]) -> impl Future<Output = Result<String, StoreError>> + Send;
}

/// The reason why a store did not act.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store refuses permanently, so no retry can help.
    #[error("{0}")]
    Refused(String),
    /// The store cannot be reached now.
    #[error(transparent)]
    Unavailable(BoxError),
}

/// The erased form of [`Claims`]: the engine is compiled once for all stores.
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

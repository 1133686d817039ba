//! A batch of a stream becomes an object.

use crate::{
    kind,
    object::{Name, pack},
    store::{LedgerStore, Put, StoreError},
    stream::Batch,
};
use waxseal_message::misfit;

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written {
    /// The object's name; `None` where the batch held only what TTL removed.
    pub name: Option<Name>,
    /// The number of its entries.
    pub entries: usize,
    /// Whether the object was there before: the batch was delivered again.
    pub is_known: bool,
}

/// A batch was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The payload is no batch of a stream; the reason, without the content.
    #[error("the payload is no batch of a DynamoDB stream: {0}")]
    NotABatch(String),
    /// The store cannot be reached.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Writes the entries of a stream's batch, as Lambda delivers it, into one object.
///
/// # Errors
/// Where the payload is no batch, or the store cannot be reached: the batch is to be delivered again.
pub async fn write(store: &impl LedgerStore, service: &str, payload: &[u8]) -> Result<Written, WriteError> {
    let batch: Batch =
        serde_json::from_slice(payload).map_err(|error| WriteError::NotABatch(misfit(&error)))?;
    let entries: Vec<_> = batch.records.iter().filter_map(|record| kind::entry(service, record)).collect();
    let Some(name) = Name::of(service, &entries) else {
        return Ok(Written { name: None, entries: 0, is_known: false });
    };
    let put = store.put(name.as_str(), pack(&entries)).await?;
    Ok(Written { name: Some(name), entries: entries.len(), is_known: put == Put::Known })
}

//! A ledger: it keeps what a table's stream says, for ever.

use std::{sync::Arc, time::Duration};

use waxseal::{End, Host, Point, Timestamp, lock::Lock, table::TableError};
use waxseal_ledger::{LedgerStore, StoreError, WriteError, seal, write};

use crate::{
    error::InvokeError,
    invocation::Invocation,
    invoke::{Invoke, guarded},
};

/// How often a digest is added to the chain.
const BETWEEN_DIGESTS: Duration = Duration::from_hours(1);

/// A ledger's function: one for each service, beside its relay. Cheap to clone.
///
/// | payload | reaction | response |
/// |---|---|---|
/// | DynamoDB stream | its records become one object of the [ledger](waxseal_ledger) | none failed; a failure fails the batch, which is delivered again |
///
/// An object that is there already is a success: the batch was delivered before. Once an hour a
/// digest of the new objects is added to the chain (E-12).
///
/// ```
/// use std::sync::Arc;
/// use waxseal::Timestamp;
/// use waxseal_lambda::{Invocation, Invoke, Ledger};
/// use waxseal_ledger::Memory;
/// use waxseal_testing::ManualHost;
///
/// let store = Memory::default();
/// let ledger = Ledger::new("inventory", store.clone(), Arc::new(ManualHost::new(Timestamp::UNIX_EPOCH)));
/// let batch = br#"{"Records":[{"eventID":"1","eventSource":"aws:dynamodb","eventName":"INSERT","dynamodb":{
///     "ApproximateCreationDateTime":1795253401,"SequenceNumber":"100","NewImage":{
///         "pk":{"S":"stock#hat"},"sk":{"S":"state"},"data":{"S":"{\"onHand\":4}"},"version":{"N":"1"}}}}]}"#;
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// for _ in 0..2 {
///     let response = ledger.invoke(batch, &Invocation::default()).await.unwrap();
///     assert_eq!(response, br#"{"batchItemFailures":[]}"#);
/// }
/// # });
/// let names: Vec<String> = store.objects().into_keys().collect();
/// assert_eq!(names[1], "inventory/entries/dt=2026-11-21/100-100.jsonl.gz");
/// ```
pub struct Ledger<S> {
    parts: Arc<Parts<S>>,
}

struct Parts<S> {
    service: String,
    store: S,
    host: Arc<dyn Host>,
    /// The time of the last digest that this instance has added, or has found unnecessary.
    sealed: Lock<Option<Timestamp>>,
}

impl<S> Clone for Ledger<S> {
    fn clone(&self) -> Self {
        Self { parts: Arc::clone(&self.parts) }
    }
}

impl<S> std::fmt::Debug for Ledger<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger").field("service", &self.parts.service).finish_non_exhaustive()
    }
}

impl<S: LedgerStore> Ledger<S> {
    /// The ledger of a service in a store. `host` tells the time of digests.
    #[must_use]
    pub fn new(service: impl Into<String>, store: S, host: Arc<dyn Host>) -> Self {
        Self { parts: Arc::new(Parts { service: service.into(), store, host, sealed: Lock::default() }) }
    }

    async fn keep(&self, payload: &[u8]) -> Result<(), WriteError> {
        let Parts { service, store, .. } = &*self.parts;
        let written = write(store, service, payload).await?;
        if written.is_known {
            tracing::debug!(service, "the batch was kept before");
        }
        self.seal().await.map_err(WriteError::Store)
    }

    async fn seal(&self) -> Result<(), StoreError> {
        let Parts { service, store, host, sealed } = &*self.parts;
        let now = host.now();
        let is_due = sealed.lock().is_none_or(|last| now.saturating_duration_since(last) >= BETWEEN_DIGESTS);
        if is_due {
            // The log keeps the hash of each digest apart from the store.
            if let waxseal_ledger::Sealed::New { number, hash, objects } = seal(store, service, now).await? {
                tracing::info!(service, number, hash, objects, "a digest was added to the ledger");
            }
            *sealed.lock() = Some(now);
        }
        Ok(())
    }
}

impl<S: LedgerStore> Invoke for Ledger<S> {
    async fn warm_up(&self) -> Result<(), TableError> {
        Ok(())
    }

    async fn invoke_until(
        &self,
        payload: &[u8],
        invocation: &Invocation,
        mut end: End<'_>,
    ) -> Result<Vec<u8>, InvokeError> {
        let work = async {
            match end.within(Point::Cutoff, self.keep(payload)).await {
                Some(Ok(())) => Ok(br#"{"batchItemFailures":[]}"#.to_vec()),
                Some(Err(WriteError::NotABatch(problem))) => Err(InvokeError::NotKept { problem }),
                Some(Err(error)) => Err(InvokeError::NotKept { problem: waxseal::error_chain(&error) }),
                None => Err(InvokeError::NotKept { problem: "the store did not answer in time".to_owned() }),
            }
        };
        guarded(invocation, work).await
    }
}

//! A handler's access to the table: alone, or together with the rest of its batch.
//!
//! It is an enum of two and not a trait. A trait object would box every read and every commit of a
//! batch, and generics would compile the engine twice.

use std::future::Future;

use crate::{
    commit::{
        group::Group,
        permit::{CommitError, EntityLock, Slot, Stopped, WriteEpoch},
    },
    row::receipt,
    table::{AnyTable, Found, Item, Key, Page, Query, TableError, Write, WriteError},
    token::Token,
};
use waxseal_message::Timestamp;

/// A handler's access to the table.
#[derive(Clone, Copy)]
pub(crate) enum Access<'a> {
    Alone(&'a dyn AnyTable),
    Together(&'a Group),
}

impl<'a> Access<'a> {
    /// The items under `keys`, all of them or an error.
    pub(crate) async fn get(self, keys: Vec<Key>) -> Result<Vec<Option<Item>>, TableError> {
        self.get_each(keys).await?.into_iter().collect()
    }

    /// The items under `keys`, with an error for each alone.
    pub(crate) async fn get_each(self, keys: Vec<Key>) -> Result<Vec<Found>, TableError> {
        match self {
            Self::Alone(table) => table.get(&keys).await,
            Self::Together(group) => group.get(keys).await,
        }
    }

    /// One page of the items of a partition.
    pub(crate) async fn query(self, query: Query) -> Result<Page, TableError> {
        match self {
            Self::Alone(table) => table.query(&query).await,
            Self::Together(group) => group.query(query).await,
        }
    }

    /// Commits all `writes` or none. `reads` are the other items on which the writes were decided.
    pub(crate) async fn commit(self, writes: Vec<Write>, reads: Vec<Key>) -> Result<(), CommitError> {
        match self {
            Self::Alone(table) => table.write(&writes).await.map_err(CommitError::Write),
            Self::Together(group) => group.commit(writes, reads).await,
        }
    }

    /// A permit to run a handler body, which the bound and the end of the invocation limit.
    pub(crate) async fn enter(self) -> Result<Slot<'a>, Stopped> {
        match self {
            Self::Alone(_) => Ok(Slot(None)),
            Self::Together(group) => group.enter().await,
        }
    }

    /// Runs a handler's body and returns the permit before its commit. A body that waits for
    /// nothing needs no permit.
    pub(crate) async fn body<T>(
        self,
        slot: Option<Slot<'a>>,
        body: impl Future<Output = T>,
    ) -> Result<T, Stopped> {
        let result = self.until_stopped(body).await;
        drop(slot);
        result
    }

    /// The writer token of one commit of a batch.
    pub(crate) fn token(self) -> Option<Token> {
        match self {
            Self::Alone(_) => None,
            Self::Together(group) => Some(group.token()),
        }
    }

    /// Runs other work that may take long. It is dropped at the stop, as a body is.
    pub(crate) async fn until_stopped<T>(self, work: impl Future<Output = T>) -> Result<T, Stopped> {
        match self {
            Self::Alone(_) => Ok(work.await),
            Self::Together(group) => group.until_stopped(work).await,
        }
    }

    /// Whether the remaining time is too short to start anything (S-20).
    pub(crate) fn is_closed(self, now: Timestamp) -> bool {
        match self {
            Self::Alone(_) => false,
            Self::Together(group) => group.is_closed(now),
        }
    }

    /// The current write epoch, taken before the first read.
    pub(crate) fn epoch(self) -> WriteEpoch {
        match self {
            Self::Alone(_) => WriteEpoch(0),
            Self::Together(group) => group.epoch(),
        }
    }

    /// Turns a refusal into a conflict in the batch where another record of the batch has written
    /// the refusing items since `began`. A read at that time still saw the earlier items. A refused
    /// receipt comes first.
    pub(crate) fn or_conflict_in_batch(self, error: CommitError, began: WriteEpoch) -> CommitError {
        match (self, error) {
            (Self::Together(group), CommitError::Write(WriteError::Refused(refusals)))
                if !refusals.iter().any(|refusal| receipt::is_key(&refusal.key)) =>
            {
                let keys = group.written_since(began, refusals.iter().map(|refusal| &refusal.key));
                match keys.is_empty() {
                    true => CommitError::Write(WriteError::Refused(refusals)),
                    false => CommitError::ConflictInBatch(keys),
                }
            }
            (_, error) => error,
        }
    }

    /// Waits until no other record of the batch decides on `keys`.
    pub(crate) async fn lock(self, keys: Vec<Key>) -> EntityLock {
        match self {
            Self::Alone(_) => EntityLock::default(),
            Self::Together(group) => group.lock(keys).await,
        }
    }
}

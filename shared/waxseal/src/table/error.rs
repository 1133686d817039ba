//! Why a table was not read or written.

use crate::{
    error_chain::error_chain,
    fault::BoxError,
    table::{
        item::{Item, Key},
        limits::TooLarge,
    },
    token::Token,
};

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
        Self { table: self.table.clone(), action: self.action, source: error_chain(&*self.source).into() }
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
                .any(|refusal| refusal.stored.as_ref().is_some_and(|item| item.is_written_by(token))) =>
        {
            Ok(())
        }
        other => other,
    }
}

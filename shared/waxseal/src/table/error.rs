//! The errors of a table: a read or a write that did not happen.

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
#[non_exhaustive]
pub struct TableError {
    /// The table's name.
    pub table: String,
    /// The action that failed: `GetItem`, `TransactWriteItems`, ….
    pub action: &'static str,
    /// The cause.
    pub source: BoxError,
}

impl TableError {
    /// The failure of `action` on a table.
    pub fn new(table: impl Into<String>, action: &'static str, source: impl Into<BoxError>) -> Self {
        Self { table: table.into(), action, source: source.into() }
    }

    /// The same error for another record that shared the request.
    pub(crate) fn shared(&self) -> Self {
        Self { table: self.table.clone(), action: self.action, source: error_chain(&*self.source).into() }
    }
}

/// The reason why a commit was not applied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// Conditions failed, and nothing was written.
    #[error("refused by the condition on {}", Refusal::list(.0))]
    Refused(Vec<Refusal>),
    /// The commit does not fit one request (C-2).
    #[error("too large to commit at once: {0}")]
    TooLarge(TooLarge),
    /// It is not known whether the commit was applied; another try finds out.
    #[error(transparent)]
    Unavailable(TableError),
}

/// A failed condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The item's key.
    pub key: Key,
    /// The item that is stored there.
    pub stored: Option<Item>,
}

impl Refusal {
    fn list(refusals: &[Self]) -> String {
        refusals.iter().map(|refusal| refusal.key.to_string()).collect::<Vec<_>>().join(", ")
    }
}

/// The outcome of a commit. It is `Ok` also where the stored item carries the commit's own token:
/// the first request was applied, and a retry inside the client was refused (C-2).
///
/// # Errors
/// Refusals by items of other writers, and every other error unchanged.
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

//! The requests of a batch's records, and how the answers go back to them.

use foldhash::{HashMap, HashSet};
use futures_channel::oneshot;

use crate::{
    commit::permit::CommitError,
    row::receipt,
    table::{Action, AnyTable, Found, Key, Page, Query, TableError, Write, WriteError},
};

/// The requests of the records.
#[derive(Default)]
pub(super) struct Queue {
    pub(super) reads: Vec<Read>,
    pub(super) finds: Vec<Find>,
    pub(super) commits: Vec<Commit>,
    /// The items that requests under way write.
    pub(super) busy: HashSet<Key>,
    /// The number of shared transactions under way.
    pub(super) transactions: usize,
    /// The number of requests that have written so far, and the last one that wrote each item of
    /// state.
    pub(super) epoch: u64,
    pub(super) written: HashMap<Key, u64>,
}

impl Queue {
    pub(super) fn note(&mut self, written: &[Write]) {
        self.epoch += 1;
        let changes = written.iter().filter(|write| !matches!(write.action, Action::Check(_)));
        // No record decides on another record's receipt.
        let state = changes.map(Write::key).filter(|key| !receipt::is_key(key));
        self.written.extend(state.map(|key| (key.clone(), self.epoch)));
    }
}

pub(super) struct Read {
    pub(super) keys: Vec<Key>,
    pub(super) answer: oneshot::Sender<Result<Vec<Found>, TableError>>,
}

/// A query. No two share a request.
pub(super) struct Find {
    pub(super) query: Query,
    pub(super) answer: oneshot::Sender<Result<Page, TableError>>,
}

pub(super) struct Commit {
    pub(super) writes: Vec<Write>,
    pub(super) reads: Vec<Key>,
    pub(super) answer: oneshot::Sender<Result<(), CommitError>>,
}

/// One request to the table.
pub(super) enum Request {
    Read(Vec<Read>),
    Find(Find),
    Commit(Vec<Commit>),
}

/// Whether the request is a transaction that other commits could have joined.
pub(super) fn is_shareable(commits: &[Commit]) -> bool {
    commits.iter().map(|commit| commit.writes.len()).sum::<usize>() > 1
}

pub(super) fn answer(commit: Commit, result: Result<(), WriteError>) {
    // The receiver is gone where a body was dropped.
    drop(commit.answer.send(result.map_err(CommitError::Write)));
}

/// Fails the waiting commits that write an item that was just written; the table would only refuse
/// them.
pub(super) fn refuse_overwritten(waiting: &mut Vec<Commit>, written: &[Write]) {
    if waiting.is_empty() {
        return;
    }
    let written: HashSet<&Key> =
        written.iter().filter(|write| !matches!(write.action, Action::Check(_))).map(Write::key).collect();
    for commit in std::mem::take(waiting) {
        let keys = |commit: &Commit| commit.writes.iter().map(|write| write.key().clone()).collect();
        if commit.writes.iter().any(|write| written.contains(write.key())) {
            let keys = keys(&commit);
            drop(commit.answer.send(Err(CommitError::ConflictInBatch(keys))));
        } else {
            waiting.push(commit);
        }
    }
}

/// Sends one read for all. A key may occur several times; the table then reads it once.
pub(super) async fn read(table: &dyn AnyTable, reads: Vec<Read>) {
    let mut keys: Vec<Key> = Vec::new();
    let mut asked = Vec::with_capacity(reads.len());
    for read in reads {
        asked.push((read.keys.len(), read.answer));
        keys.extend(read.keys);
    }
    let mut result = table.get(&keys).await.map(Vec::into_iter);
    for (count, answer) in asked {
        let items = match &mut result {
            Ok(items) => Ok(items.by_ref().take(count).collect()),
            Err(error) => Err(error.shared()),
        };
        drop(answer.send(items));
    }
}

/// Sends one query.
pub(super) async fn find(table: &dyn AnyTable, find: Find) {
    // The receiver is gone where a body was dropped.
    drop(find.answer.send(table.query(&find.query).await));
}

pub(super) fn unanswered(action: &'static str) -> TableError {
    TableError { table: "the batch's".to_owned(), action, source: "the batch ended first".into() }
}

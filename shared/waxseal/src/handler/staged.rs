//! The writes and messages that one run has staged.

use std::collections::BTreeMap;

use crate::{
    emission::Emission,
    fault::Fault,
    row::{Stored, state},
    table::{Action, Condition, Item, Key, Write, attribute},
    token::Token,
};
use waxseal_message::Timestamp;

/// What a run wants to write.
#[derive(Debug, Default)]
pub(crate) struct Staged {
    pub(crate) changes: Changes,
    /// What was read by hand.
    pub(crate) reads: Vec<Key>,
    pub(crate) emitted: Vec<Emission>,
    /// Which of them have to be checked in before the commit (S-42), by index.
    pub(crate) due: Vec<usize>,
    /// The last number given out for each entity that something was emitted in the sequence of (S-34).
    pub(super) numbered: BTreeMap<Key, u64>,
    /// The receipt that the run came upon: it ended there, and nothing of it counts.
    pub(crate) known: Option<Item>,
    /// The first thing that could not be staged: it fails the run.
    pub(super) error: Option<Fault>,
}

/// What a run does to each item that it saves, deletes or relies on, in its order: hardly ever more than a few.
#[derive(Debug, Default)]
pub(crate) struct Changes(Vec<(Key, Change)>);

impl Changes {
    pub(super) fn get(&self, key: &Key) -> Option<&Change> {
        self.0.iter().find(|(changed, _)| changed == key).map(|(_, change)| change)
    }

    pub(super) fn insert(&mut self, key: Key, change: Change) {
        match self.0.iter_mut().find(|(changed, _)| *changed == key) {
            Some((_, earlier)) => *earlier = change,
            None => self.0.push((key, change)),
        }
    }
}

#[derive(Debug)]
pub(super) struct Change {
    /// The version that the write is guarded by; 0 for none.
    pub(super) base: u64,
    pub(super) to: To,
}

#[derive(Debug)]
pub(super) enum To {
    Put { data: String, sequence: u64 },
    Delete,
    Unchanged,
}

impl Staged {
    /// What a run comes to whose body returned `result`.
    pub(crate) fn conclude(self, result: Result<(), Fault>) -> Result<Self, Fault> {
        // Whatever the body made of it: it ran on an event that has its receipt.
        if self.known.is_some() {
            return Ok(Self { known: self.known, ..Self::default() });
        }
        result?;
        if let Some(fault) = self.error {
            return Err(fault);
        }
        let is_saved = |key: &Key, number: u64| {
            let change = self.changes.get(key);
            matches!(change, Some(Change { to: To::Put { sequence, .. }, .. }) if *sequence == number)
        };
        match self.numbered.iter().find(|(key, number)| !is_saved(key, **number)) {
            Some((key, _)) => Err(Fault::permanent(format!(
                "something was emitted in the sequence of {key}, which was not saved afterwards: the count is kept with it"
            ))),
            None => Ok(self),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.changes.0.is_empty() && self.emitted.is_empty()
    }

    /// Takes over what a later event of the same batch changed, so that one write holds both.
    pub(crate) fn fold(&mut self, later: Changes) {
        for (key, change) in later.0 {
            match (self.changes.get(&key), change.to) {
                (Some(_), To::Unchanged) => {}
                // The table still holds what the first one read, also where one deletes and another starts anew.
                (Some(Change { base, .. }), to) => {
                    let base = *base;
                    self.changes.insert(key, Change { base, to });
                }
                (None, to) => self.changes.insert(key, Change { base: change.base, to }),
            }
        }
    }

    /// An item as the next event of the same batch sees it, where this one changed it.
    pub(crate) fn seen(&self, key: &Key) -> Option<Option<Item>> {
        match self.changes.get(key)? {
            Change { base, to: To::Put { data, sequence } } => {
                let stored = Stored { data: data.clone(), version: *base, sequence: *sequence };
                Some(Some(state::item(key.clone(), stored)))
            }
            Change { to: To::Delete, .. } => Some(None),
            Change { to: To::Unchanged, .. } => None,
        }
    }

    /// The state's part of the commit, marked as written by `token`; with room for `more` writes.
    pub(crate) fn take_writes(&mut self, now: Timestamp, token: Token, more: usize) -> Vec<Write> {
        let changes = std::mem::take(&mut self.changes.0);
        let mut writes = Vec::with_capacity(changes.len() + more);
        writes.extend(changes.into_iter().map(|(key, Change { base, to })| Write {
            action: match to {
                To::Put { data, sequence } => {
                    let stored = Stored { data, version: base + 1, sequence };
                    Action::Put(state::item(key, stored).text(attribute::WRITER, token.to_string()))
                }
                To::Delete => Action::Delete(key),
                To::Unchanged => Action::Check(key),
            },
            condition: match base {
                0 => Condition::Absent { now },
                version => Condition::Version(version),
            },
        }));
        writes
    }
}

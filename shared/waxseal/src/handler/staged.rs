//! The writes and messages that one run has staged.

use std::collections::BTreeMap;

use crate::{
    emission::Emission,
    fault::Fault,
    row::{Stored, Times, history, scheduled, state},
    table::{Action, Condition, Item, Key, Write, attribute},
    token::Token,
};
use waxseal_message::Timestamp;

/// The writes of a run.
#[derive(Debug, Default)]
pub(crate) struct Staged {
    pub(crate) changes: Changes,
    /// The keys that the handler has read.
    pub(crate) reads: Vec<Key>,
    pub(crate) emitted: Vec<Emission>,
    /// The number of messages so far, those included that are sent later: the index of the next one (S-45).
    pub(super) messages: u32,
    /// The emissions that must be checked in before the commit, by index (S-42).
    pub(crate) to_check_in: Vec<usize>,
    /// The last number in the sequence of each entity in which the run has emitted (S-34).
    pub(super) numbered: BTreeMap<Key, u64>,
    /// The receipt that the run has found. The run ended there, and nothing of it counts.
    pub(crate) known: Option<Item>,
    /// Whether the message has nothing to do: a timer that is no longer armed. Nothing is committed.
    pub(crate) is_void: bool,
    /// The row and the command of a compensation that fails with this run.
    pub(crate) failed_compensation: Option<(Key, String)>,
    /// The first staging error. It fails the run.
    pub(super) error: Option<Fault>,
}

/// The changes of a run to each item that it saves, deletes or relies on, in its order: rarely more
/// than a few.
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
    /// The version that guards the write; 0 for none.
    pub(super) base: u64,
    pub(super) to: To,
}

#[derive(Debug)]
pub(super) enum To {
    Put {
        data: String,
        sequence: u64,
        times: Times,
    },
    /// A message that is sent at this time.
    Schedule {
        message: String,
        at: Timestamp,
    },
    /// The events of a history that the run has recorded.
    Append(Box<Item>),
    /// The row of a history after them. Where it is not kept, only the later messages of the batch
    /// see it.
    Head {
        data: String,
        sequence: u64,
        /// The number of the last event in the stored snapshot.
        kept: u64,
        is_kept: bool,
    },
    Delete,
    Unchanged,
}

impl Staged {
    /// The outcome of a run whose body returned `result`.
    pub(crate) fn conclude(self, result: Result<(), Fault>) -> Result<Self, Fault> {
        // The result of the body does not count, since the event already has its receipt.
        if self.known.is_some() {
            return Ok(Self { known: self.known, ..Self::default() });
        }
        result?;
        if let Some(fault) = self.error {
            return Err(fault);
        }
        let is_saved = |key: &Key, number: u64| {
            let change = self.changes.get(key);
            matches!(
                change,
                Some(Change { to: To::Put { sequence, .. } | To::Head { sequence, .. }, .. }) if *sequence == number
            )
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

    /// Adds the changes of a later event of the same batch, so that one write holds both.
    pub(crate) fn fold(&mut self, later: Changes) {
        for (key, change) in later.0 {
            match (self.changes.get(&key), change.to) {
                (Some(_), To::Unchanged) => {}
                // The table still holds the item that the first one read, also where one deletes
                // and another creates the entity.
                (Some(Change { base, to: earlier }), mut to) => {
                    let base = *base;
                    if let (To::Head { is_kept: true, .. }, To::Head { is_kept, .. }) = (earlier, &mut to) {
                        *is_kept = true;
                    }
                    self.changes.insert(key, Change { base, to });
                }
                (None, to) => self.changes.insert(key, Change { base: change.base, to }),
            }
        }
    }

    /// The item as the next event of the same batch sees it, where this event changed it.
    pub(crate) fn seen(&self, key: &Key) -> Option<Option<Item>> {
        match self.changes.get(key)? {
            Change { base, to: To::Put { data, sequence, times } } => {
                let stored = Stored { data: data.clone(), version: *base, sequence: *sequence };
                Some(Some(state::item(key.clone(), stored, *times)))
            }
            Change { base, to: To::Head { data, sequence, kept, .. } } => {
                let stored = Stored { data: data.clone(), version: *base, sequence: *sequence };
                Some(Some(history::seen(state::item(key.clone(), stored, Times::default()), *kept)))
            }
            Change { to: To::Delete, .. } => Some(None),
            Change { to: To::Unchanged | To::Schedule { .. } | To::Append(_), .. } => None,
        }
    }

    /// The state's part of the commit, marked as written by `token`, with room for `more` writes.
    pub(crate) fn take_writes(&mut self, now: Timestamp, token: Token, more: usize) -> Vec<Write> {
        let changes = std::mem::take(&mut self.changes.0);
        let mut writes = Vec::with_capacity(changes.len() + more);
        let put = |item: Item| Some(Action::Put(item.text(attribute::WRITER, token.to_string())));
        let state = |key, base, data, sequence, times| {
            put(state::item(key, Stored { data, version: base + 1, sequence }, times))
        };
        writes.extend(changes.into_iter().filter_map(|(key, Change { base, to })| {
            let action = match to {
                To::Put { data, sequence, times } => state(key, base, data, sequence, times),
                To::Head { data, sequence, is_kept: true, .. } => {
                    state(key, base, data, sequence, Times::default())
                }
                To::Head { is_kept: false, .. } => None,
                To::Append(item) => put(*item),
                To::Schedule { message, at } => put(scheduled::item(key, message, at)),
                To::Delete => Some(Action::Delete(key)),
                To::Unchanged => Some(Action::Check(key)),
            };
            let condition = match base {
                0 => Condition::Absent { now },
                version => Condition::Version(version),
            };
            action.map(|action| Write { action, condition })
        }));
        writes
    }
}

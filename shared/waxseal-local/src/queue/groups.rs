//! The message groups of a FIFO queue: each is received from its head, and not at all while one of
//! its messages is hidden.

use std::collections::{BTreeMap, BTreeSet};

/// The groups that have messages.
#[derive(Debug, Default)]
pub(super) struct Groups(BTreeMap<String, Group>);

#[derive(Debug, Default)]
struct Group {
    visible: BTreeSet<u64>,
    /// The number of its hidden messages.
    hidden: usize,
}

impl Group {
    /// The position that a receive may take.
    fn head(&self) -> Option<u64> {
        if self.hidden == 0 { self.visible.first().copied() } else { None }
    }

    fn change(&mut self, ready: &mut BTreeSet<u64>, change: impl FnOnce(&mut Self)) {
        let before = self.head();
        change(self);
        let after = self.head();
        if before != after {
            before.map(|head| ready.remove(&head));
            after.map(|head| ready.insert(head));
        }
    }
}

impl Groups {
    /// Adds a message; `ready` has the heads that may be received.
    pub(super) fn add(&mut self, name: &str, position: u64, is_hidden: bool, ready: &mut BTreeSet<u64>) {
        if !self.0.contains_key(name) {
            self.0.insert(name.to_owned(), Group::default());
        }
        let Some(group) = self.0.get_mut(name) else { return };
        group.change(ready, |group| {
            if is_hidden {
                group.hidden += 1;
            } else {
                group.visible.insert(position);
            }
        });
    }

    /// Takes a message out.
    pub(super) fn remove(&mut self, name: &str, position: u64, is_hidden: bool, ready: &mut BTreeSet<u64>) {
        let Some(group) = self.0.get_mut(name) else { return };
        group.change(ready, |group| {
            if is_hidden {
                group.hidden -= 1;
            } else {
                group.visible.remove(&position);
            }
        });
        if group.hidden == 0 && group.visible.is_empty() {
            self.0.remove(name);
        }
    }
}

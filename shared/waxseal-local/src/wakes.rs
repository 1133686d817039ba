//! The rows of a table that are to be woken: when a tick has something to do, and whether anything is
//! left to wait for.
//!
//! Ticks by themselves would keep a run alive for ever. So a run goes on to the times that rows wait
//! for, and to no others. A row whose step fails again and again is woken for ever, too: after
//! [`MOST`] ticks without a step a run waits for it no longer.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use waxseal::{
    Timestamp,
    lock::Lock,
    table::{Item, Key, attribute, memory::Change},
};

use crate::signal::{Changed, Signal};

/// The ticks that find a row due before it counts as stuck. Delays grow to six hours, so it is a week
/// of virtual time.
const MOST: u32 = 30;

/// The rows of one table. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wakes(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: Lock<State>,
    signal: Signal,
}

#[derive(Debug, Default)]
struct State {
    /// The rows by their times, in milliseconds.
    rows: BTreeSet<(i64, Key)>,
    /// The ticks that have found a row due since its last step.
    tries: BTreeMap<Key, u32>,
}

impl Wakes {
    /// Follows a change of the table.
    pub(crate) fn record(&self, change: &Change) {
        let wake = |item: &Item| Some((item.get_number(attribute::WAKE_AT)?, item.key.clone()));
        let before = change.old.as_deref().and_then(wake);
        let after = change.new.as_deref().and_then(wake);
        if before.is_none() && after.is_none() {
            return;
        }
        let mut state = self.0.state.lock();
        let first = state.rows.first().cloned();
        // A step writes another version. A failed one moves the time alone.
        let version =
            |item: &Option<Arc<Item>>| item.as_ref().and_then(|item| item.get_number(attribute::VERSION));
        if let Some(row) = &before {
            state.rows.remove(row);
            if version(&change.old) != version(&change.new) {
                state.tries.remove(&row.1);
            }
        }
        if let Some(row) = after
            && state.tries.get(&row.1).is_none_or(|tries| *tries < MOST)
        {
            state.rows.insert(row);
        }
        let is_other = state.rows.first() != first.as_ref();
        drop(state);
        if is_other {
            self.0.signal.notify();
        }
    }

    /// The first time that a row waits for.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        let state = self.0.state.lock();
        Timestamp::from_millisecond(state.rows.first()?.0).ok()
    }

    /// Counts a tick that finds the rows up to this time due. The result is the rows that a run no
    /// longer waits for.
    pub(crate) fn tick(&self, until: Timestamp) -> Vec<Key> {
        let mut state = self.0.state.lock();
        let State { rows, tries } = &mut *state;
        let mut stuck = Vec::new();
        for row in rows.iter().take_while(|(at, _)| *at <= until.as_millisecond()) {
            let count = tries.entry(row.1.clone()).or_default();
            *count += 1;
            if *count >= MOST {
                stuck.push(row.clone());
            }
        }
        for row in &stuck {
            rows.remove(row);
        }
        stuck.into_iter().map(|(_, key)| key).collect()
    }

    pub(crate) fn changed(&self) -> Changed {
        self.0.signal.changed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(version: i64, at: Option<i64>) -> Item {
        let item = Item::new(Key::of("desk", &["o-1"], "state")).number(attribute::VERSION, version);
        match at {
            Some(at) => item.number(attribute::WAKE_AT, at),
            None => item,
        }
    }

    fn change(old: Option<Item>, new: Option<Item>) -> Change {
        Change { old: old.map(Arc::new), new: new.map(Arc::new) }
    }

    #[test]
    fn s69_a_run_waits_for_a_row_until_it_is_cleared_or_stuck() {
        let wakes = Wakes::default();
        let millisecond = |at| Timestamp::from_millisecond(at).ok();
        wakes.record(&change(None, Some(row(1, Some(60_000)))));
        assert_eq!(wakes.next(), millisecond(60_000));
        wakes.record(&change(Some(row(1, Some(60_000))), Some(row(2, None))));
        assert_eq!(wakes.next(), None);

        wakes.record(&change(Some(row(2, None)), Some(row(3, Some(1000)))));
        let mut at = 1000;
        for tick in 1..MOST {
            assert_eq!(wakes.tick(millisecond(at).unwrap()), [], "tick {tick}");
            // The step fails, and its time moves on.
            wakes.record(&change(Some(row(3, Some(at))), Some(row(3, Some(at + 1000)))));
            at += 1000;
        }
        assert_eq!(wakes.tick(millisecond(at - 1).unwrap()), [], "it is not due");
        assert_eq!(wakes.tick(millisecond(at).unwrap()), [row(3, None).key]);
        assert_eq!(wakes.next(), None, "the run waits no longer");
        wakes.record(&change(Some(row(3, Some(at))), Some(row(3, Some(at + 1000)))));
        assert_eq!(wakes.next(), None, "it has failed once more");
        wakes.record(&change(Some(row(3, Some(at + 1000))), Some(row(4, Some(at + 2000)))));
        assert_eq!(wakes.next(), millisecond(at + 2000), "a step was taken");
    }
}

//! Which instances a list has, and which reads find them.

use std::time::Duration;

use waxseal::{
    Timestamp,
    handler::{AnyInstance, awaits_a_person},
};

use crate::processes::{
    row::Row,
    typed::{Ls, State},
};

/// A timer that is later than this is stuck: it has missed two ticks, and the time of an attempt.
const LATE: Duration = Duration::from_secs(3 * 60);
/// The longest time by which a row's entry in the index is moved on when its timeout fails (S-70).
const LONGEST_DELAY: Duration = Duration::from_secs(6 * 3600);

/// The reads that find the wanted instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Read {
    /// The index of timers, up to this time.
    Index(Option<Timestamp>),
    /// The whole table.
    Scan,
}

/// The wanted instances.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) typed: &'a Ls,
    pub(crate) now: Timestamp,
}

impl Wanted<'_> {
    /// The read that finds them; the state that only a scan finds is the error.
    pub(crate) fn read(&self) -> Result<Read, State> {
        if self.typed.scan {
            return Ok(Read::Scan);
        }
        if let Some(state) = self.typed.state.iter().find(|state| state.has_no_timer()) {
            return Err(*state);
        }
        // The entry of a timeout that fails again and again lies ahead, and its timer behind.
        let until = self.typed.stuck.then(|| self.now.saturating_add(LONGEST_DELAY));
        Ok(Read::Index(until))
    }

    /// Whether a row is wanted. One that cannot be read has no state and no age, and is stuck.
    pub(crate) fn has(&self, row: &Row) -> bool {
        if self.typed.kind.as_ref().is_some_and(|kind| *kind != row.kind) {
            return false;
        }
        let Some(instance) = &row.instance else {
            return self.typed.state.is_empty() && self.typed.older_than.is_none();
        };
        let states = &self.typed.state;
        (states.is_empty() || states.iter().any(|wanted| wanted.name() == state(instance)))
            && (!self.typed.stuck || is_stuck(instance, self.now))
            && self.typed.older_than.is_none_or(|oldest| age(instance, self.now) >= oldest)
    }
}

/// Whether an instance does not go on by itself: its timer is late, or it waits for a person.
pub(crate) fn is_stuck(instance: &AnyInstance, now: Timestamp) -> bool {
    awaits_a_person(instance) || !instance.is_over() && instance.is_late_by(now) > LATE
}

/// The name of an instance's state.
pub(crate) fn state(instance: &AnyInstance) -> String {
    let phase = serde_json::to_value(&instance.phase).unwrap_or_default();
    phase["is"].as_str().unwrap_or_default().to_owned()
}

/// The time for which it has been in its step, or since its last input where none has begun it.
pub(crate) fn age(instance: &AnyInstance, now: Timestamp) -> Duration {
    since(instance).map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
}

/// The time since which it is in its step.
pub(crate) fn since(instance: &AnyInstance) -> Option<Timestamp> {
    let begun = instance.state.as_ref().map(|state| state.since);
    begun.or_else(|| instance.log.last().map(|entry| entry.at))
}

//! The fold of a history: plain functions from rows to a state.

use serde_json::value::RawValue;

use crate::{
    handler::sourced::definition::{DomainEvent, EventSourced, Recorded},
    row::{
        history::{Entry, HistoryError, Row},
        state,
    },
    table::Key,
};
use waxseal_message::{Timestamp, misfit};

/// A state as a history folds to it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Folded<S> {
    /// The state; `None` before the first event, or where the events have ended it.
    pub state: Option<S>,
    /// The number of events that it folds.
    pub version: u64,
    /// The time of the last of them.
    pub at: Option<Timestamp>,
}

/// A fold on its way.
pub(crate) struct Fold<S> {
    pub(crate) state: Option<S>,
    /// The number of the last event.
    pub(crate) version: u64,
    pub(crate) at: Option<Timestamp>,
    /// The number of the last event in the stored snapshot.
    pub(crate) kept: u64,
    /// The version of the snapshot's row; 0 where there is none.
    pub(crate) base: u64,
    pub(crate) sequence: u64,
    /// Whether nothing can have followed that the fold has not seen.
    pub(crate) is_whole: bool,
}

impl<S> Default for Folded<S> {
    fn default() -> Self {
        Self { state: None, version: 0, at: None }
    }
}

impl<S: EventSourced> Fold<S> {
    pub(crate) fn empty() -> Self {
        Self { state: None, version: 0, at: None, kept: 0, base: 0, sequence: 0, is_whole: false }
    }

    /// Begins with the snapshot of a row. One of another form is ignored (E-4), except for what
    /// guards the row.
    pub(crate) fn begin(row: Option<Row>) -> Self {
        let Some(Row { snapshot, kept, version: base, sequence }) = row else { return Self::empty() };
        let of_this_form =
            (snapshot.schema == S::VERSION).then(|| serde_json::from_str(snapshot.state.get()));
        // A state that does not fit its own version is as one of another version: events decide.
        let Some(Ok(state)) = of_this_form else {
            // A stored snapshot of another form is to be replaced by the next commit that writes one.
            return Self { base, ..Self::empty() };
        };
        let (version, at, is_whole) = (snapshot.through, Some(snapshot.at), kept.is_some());
        Self { state, version, at, kept: kept.unwrap_or(version), base, sequence, is_whole }
    }

    /// Adds the events of the next item, those after number `until` left out.
    pub(crate) fn add(&mut self, row: &Key, entry: Entry, until: u64) -> Result<(), HistoryError> {
        let expected = self.version.saturating_add(1);
        if entry.first != expected {
            let entity = state::named(row).to_owned();
            return Err(HistoryError::Gap { entity, expected, found: entry.first });
        }
        self.sequence = self.sequence.max(entry.sequence);
        for event in &entry.events {
            if self.version >= until {
                break;
            }
            self.version += 1;
            S::apply(&mut self.state, &decode(row, self.version, entry.schema, event)?);
        }
        self.at = Some(entry.at);
        Ok(())
    }

    /// Adds an event that is recorded now.
    pub(crate) fn record(&mut self, event: &S::Event, now: Timestamp) {
        self.version += 1;
        self.at = Some(self.at.map_or(now, |at| at.max(now)));
        S::apply(&mut self.state, event);
    }

    pub(crate) fn into_folded(self) -> Folded<S> {
        Folded { state: self.state, version: self.version, at: self.at }
    }
}

/// An event, lifted to the form of this build.
pub(crate) fn decode<E: DomainEvent>(
    row: &Key,
    number: u64,
    schema: u16,
    event: &RawValue,
) -> Result<E, HistoryError> {
    let unfit = |reason| HistoryError::Event { entity: state::named(row).to_owned(), number, reason };
    let misfit = |error: serde_json::Error| unfit(misfit(&error));
    if schema == E::VERSION {
        return serde_json::from_str(event.get()).map_err(misfit);
    }
    if schema > E::VERSION {
        let known = E::VERSION;
        return Err(unfit(format!("it is of version {schema}, and this build knows {known} at most")));
    }
    let event = serde_json::from_str(event.get()).map_err(misfit)?;
    serde_json::from_value(E::lift(schema, event).map_err(unfit)?).map_err(misfit)
}

/// The events of an item, with their places.
pub(crate) fn recorded<E: DomainEvent>(row: &Key, entry: &Entry) -> Result<Vec<Recorded<E>>, HistoryError> {
    let entity = state::id(row).unwrap_or_default();
    let place = |(version, event): (u64, &RawValue)| {
        let (entity, at, by) = (entity.clone(), entry.at, entry.cause.clone());
        Ok(Recorded { event: decode(row, version, entry.schema, event)?, entity, version, at, by })
    };
    (entry.first..).zip(entry.events.iter().map(|event| &**event)).map(place).collect()
}

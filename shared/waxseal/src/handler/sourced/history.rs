//! The history of one entity during a unit of work.

use crate::{
    fault::Fault,
    handler::{
        sourced::{
            definition::{DomainEvent as _, EventSourced, Recorded},
            fold::Fold,
        },
        staged::To,
        unit::{Run, Unit},
    },
    row::{
        RecordedBy,
        history::{self, Entry, HistoryError, Snapshot},
        state,
    },
    table::{Item, Key},
};
use serde_json::value::{RawValue, to_raw_value};
use waxseal_message::{Emits, Timestamp};

/// An event-sourced state as a unit has read it. Events that are recorded on it are stored once it
/// is given to [`Unit::append`], guarded by the number of its last event.
#[must_use = "a history that is not appended changes nothing"]
pub struct History<S: EventSourced> {
    pub(super) key: Key,
    pub(super) fold: Fold<S>,
    /// The number of the first event that is recorded now.
    first: u64,
    recorded: Vec<Result<Box<RawValue>, serde_json::Error>>,
    now: Timestamp,
    by: RecordedBy,
}

impl<S: EventSourced> History<S> {
    pub(super) fn new(key: Key, fold: Fold<S>, now: Timestamp, by: RecordedBy) -> Self {
        let first = fold.version.saturating_add(1);
        Self { key, fold, first, recorded: Vec::new(), now, by }
    }

    /// The state, the events that are recorded on it included.
    #[must_use]
    pub fn state(&self) -> Option<&S> {
        self.fold.state.as_ref()
    }

    /// The number of its last event; 0 for none.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.fold.version
    }

    /// Records an event, which [`state`](Self::state) then folds. Gives the event with its place.
    pub fn record(&mut self, event: S::Event) -> Recorded<S::Event> {
        self.fold.record(&event, self.now);
        self.recorded.push(to_raw_value(&event));
        Recorded {
            event,
            entity: state::id(&self.key).unwrap_or_default(),
            version: self.fold.version,
            at: self.fold.at.unwrap_or(self.now),
            by: self.by.clone(),
        }
    }
}

impl<S: EventSourced> std::fmt::Debug for History<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (entity, version) = (state::named(&self.key), self.fold.version);
        f.debug_struct("History").field("entity", &entity).field("version", &version).finish_non_exhaustive()
    }
}

impl<S: Emits> Unit<'_, S> {
    /// Reads the history of an event-sourced state, strongly consistent: its snapshot, and the
    /// events after it. A unit reads its own earlier events.
    ///
    /// The service must [say](crate::Service::keeps_history) that it does this, for the permission
    /// to query.
    ///
    /// # Errors
    /// A fault to retry where the table cannot be read, or an event is of a form that this build
    /// does not know. It must be passed on with `?`.
    pub async fn history<T: EventSourced>(&mut self, id: &str) -> Result<History<T>, Fault> {
        let key = history_key::<T>(id).replayed(self.run.replay);
        state::check_key(&key).map_err(Fault::permanent)?;
        if !self.run.histories.contains(&T::KIND) {
            return Err(Fault::permanent(format!(
                "service {} does not say that it keeps the history of `{kind}`: add `.keeps_history::<…>()` to it",
                self.run.service,
                kind = T::KIND,
            )));
        }
        let fold = self.run.fold::<T>(&key).await?;
        let cause = self.run.cause;
        let by = RecordedBy {
            name: cause.name.clone(),
            source: cause.source.clone(),
            id: cause.id.clone(),
            correlation_id: cause.correlation_id.clone(),
            consumer: self.run.consumer.to_owned(),
        };
        Ok(History::new(key, fold, self.run.now, by))
    }

    /// Stages the events that were recorded on a history. They are one item, so they are stored all
    /// or none (E-2). Where nothing was recorded, the commit depends on the history being as it was
    /// read.
    ///
    /// The events are not translated: the handler emits what others are to know.
    pub fn append<T: EventSourced>(&mut self, history: History<T>) {
        self.run.append(history);
    }
}

/// The key of the row of an event-sourced state.
pub(crate) fn history_key<S: EventSourced>(id: &str) -> Key {
    Key::of(S::KIND, &[id], crate::row::sort::STATE)
}

/// A fault that holds until a build is deployed that can read the history, or a person has mended it.
pub(super) fn unreadable(error: HistoryError) -> Fault {
    Fault::retry(error)
}

impl Run<'_> {
    /// The state under `key`: the snapshot, and the events after it.
    async fn fold<S: EventSourced>(&mut self, key: &Key) -> Result<Fold<S>, Fault> {
        let read = match self.staged.seen(key) {
            Some(item) => item,
            None => self.item(key).await?.map(std::borrow::Cow::into_owned),
        };
        let row = read.as_ref().map(history::read_row).transpose().map_err(unreadable)?;
        let mut fold = Fold::<S>::begin(row);
        // Each commit of this build writes the snapshot, so nothing follows one. A refusal says that
        // something did: another build does not write it each time.
        let is_at_head = S::SNAPSHOTS.is_each() && !self.has_lost && (fold.version > 0 || fold.base == 0);
        if fold.is_whole || is_at_head {
            return Ok(fold);
        }
        let mut query = history::query(key, fold.version);
        loop {
            let page = self.access.query(query.clone()).await.map_err(Fault::retry)?;
            for item in &page.items {
                let entry = history::read(item).map_err(unreadable)?;
                fold.add(key, entry, u64::MAX).map_err(unreadable)?;
            }
            match page.next {
                Some(after) => query = query.after(after),
                None => return Ok(fold),
            }
        }
    }

    fn append<S: EventSourced>(&mut self, history: History<S>) {
        let (key, first) = (history.key.clone(), history.first);
        if history.recorded.is_empty() {
            return self.stage(history::key(&key, first), 0, To::Unchanged);
        }
        match staged(&key, history) {
            Ok(Staged { events, head, base }) => {
                self.stage(history::key(&key, first), 0, To::Append(Box::new(events)));
                self.stage(key, base, head);
            }
            Err(error) => {
                let entity = state::named(&key);
                self.fail(Fault::permanent(format!(
                    "an event of {entity} cannot be written as JSON: {error}"
                )));
            }
        }
    }
}

/// The items of what was recorded on a history.
pub(super) struct Staged {
    pub(super) events: Item,
    pub(super) head: To,
    pub(super) base: u64,
}

pub(super) fn staged<S: EventSourced>(key: &Key, history: History<S>) -> Result<Staged, serde_json::Error> {
    let History { fold, first, recorded, by: cause, .. } = history;
    let Fold { state, version: through, at, kept, base, sequence, .. } = fold;
    let at = at.unwrap_or(Timestamp::UNIX_EPOCH);
    let events = recorded.into_iter().collect::<Result<_, _>>()?;
    let entry = Entry { first, schema: S::Event::VERSION, events, at, cause, sequence };
    let is_kept = S::SNAPSHOTS.is_due(kept, through);
    let kept = if is_kept { through } else { kept };
    let data =
        serde_json::to_string(&Snapshot { schema: S::VERSION, through, at, state: to_raw_value(&state)? })?;
    let events = history::item(key, &entry)?;
    Ok(Staged { events, head: To::Head { data, sequence, kept, is_kept }, base })
}

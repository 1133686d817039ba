//! Reads of the histories of event-sourced states: now, at a version, at a time.

use crate::{
    fault::Fault,
    handler::{
        failure::Failure,
        sourced::{EventSourced, Fold, Folded, Recorded, history_key, recorded},
        view::entities::View,
    },
    row::{
        HistoryError,
        history::{self, Entry},
        state,
    },
    table::Key,
};
use waxseal_message::Timestamp;

impl View<'_> {
    /// The present state of an event-sourced entity, strongly consistent: its snapshot, and the
    /// events after it.
    ///
    /// # Errors
    /// Where the table cannot be read, or an event does not fit this build; the error names the event
    /// (E-5).
    pub async fn state_of<S: EventSourced>(&self, id: &str) -> Result<Folded<S>, Failure> {
        let key = history_key::<S>(id);
        let item = self.item(key.clone()).await?;
        let row = item.as_ref().map(history::read_row).transpose();
        let mut fold = Fold::<S>::begin(row.map_err(unreadable)?);
        let after = fold.version;
        self.each(&key, after, |entry| fold.add(&key, entry, u64::MAX).map(|()| true)).await?;
        Ok(fold.into_folded())
    }

    /// The state of an entity after its first `version` events: the fold of that prefix (E-7). A
    /// larger number than there are events gives the present state.
    ///
    /// # Errors
    /// As [`View::state_of`].
    pub async fn at_version<S: EventSourced>(&self, id: &str, version: u64) -> Result<Folded<S>, Failure> {
        self.prefix(id, version, |_| true).await
    }

    /// The state of an entity as it was at `time`: the fold of all events that were recorded until
    /// then (E-7).
    ///
    /// # Errors
    /// As [`View::state_of`].
    pub async fn as_of<S: EventSourced>(&self, id: &str, time: Timestamp) -> Result<Folded<S>, Failure> {
        self.prefix(id, u64::MAX, |entry| entry.at <= time).await
    }

    async fn prefix<S: EventSourced>(
        &self,
        id: &str,
        until: u64,
        wants: impl Fn(&Entry) -> bool,
    ) -> Result<Folded<S>, Failure> {
        let key = history_key::<S>(id);
        let mut fold = Fold::<S>::empty();
        let add = |entry: Entry| {
            if entry.first > until || !wants(&entry) {
                return Ok(false);
            }
            fold.add(&key, entry, until).map(|()| true)
        };
        self.each(&key, 0, add).await?;
        Ok(fold.into_folded())
    }

    /// Up to `limit` events of an entity after number `after`, in order: what happened, when, and
    /// because of which message. The next page begins after the last one's
    /// [`version`](Recorded::version).
    ///
    /// # Errors
    /// As [`View::state_of`].
    pub async fn recorded<S: EventSourced>(
        &self,
        id: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Recorded<S::Event>>, Failure> {
        let key = history_key::<S>(id);
        let mut events: Vec<Recorded<S::Event>> = Vec::new();
        // An item is keyed by its first event, so the item that holds number `after` may go on.
        let page = self.page(&history::holding(&key, after)).await?;
        let holding = page.items.first().map(history::read).transpose().map_err(unreadable)?;
        let before = match holding {
            Some(entry) if entry.last() > after => entry.first.saturating_sub(1),
            Some(_) | None => after,
        };
        let add = |entry: Entry| {
            let wanted = recorded(&key, &entry)?.into_iter().filter(|recorded| recorded.version > after);
            events.extend(wanted.take(limit.saturating_sub(events.len())));
            Ok(events.len() < limit)
        };
        self.each(&key, before, add).await?;
        Ok(events)
    }

    /// Gives the items after number `after` to `add` until it says that it has enough.
    async fn each(
        &self,
        key: &Key,
        after: u64,
        mut add: impl FnMut(Entry) -> Result<bool, HistoryError>,
    ) -> Result<(), Failure> {
        if state::check_key(key).is_err() {
            return Ok(());
        }
        let mut query = history::query(key, after);
        loop {
            let page = self.page(&query).await?;
            for item in &page.items {
                let goes_on = history::read(item).and_then(&mut add).map_err(unreadable)?;
                if !goes_on {
                    return Ok(());
                }
            }
            match page.next {
                Some(last) => query = query.after(last),
                None => return Ok(()),
            }
        }
    }
}

fn unreadable(error: HistoryError) -> Failure {
    Failure::Fault(Fault::retry(error))
}

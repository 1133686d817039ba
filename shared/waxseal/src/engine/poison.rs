//! Markers: a record that was received before runs behind one. A record that kills the process is
//! known by the marker that it leaves behind (S-28).

use std::{sync::Arc, time::Duration};

use futures_util::{FutureExt as _, future::join_all};

use crate::{
    commit::{Access, CommitError},
    engine::{
        delivery::Delivery,
        ended::Ended,
        handle::{Engine, Inner, hash},
        judge::{Judged, read_receipt},
        outcome::Outcome,
        task::Task,
    },
    error_chain::error_chain,
    fault::Fault,
    future::BoxFuture,
    handler::Failure,
    row::{
        Status,
        poison_marker::{self, PoisonMarker},
    },
    table::{Action, Condition, Item, Key, Write, WriteError, attribute},
    token::Token,
};
use waxseal_message::Timestamp;

/// The number of runs that may leave a marker behind before the record is dead-lettered.
pub(crate) const DEATHS: u32 = 2;

/// The number of tries in a row to remove a marker. The table waits between its own retries.
const TRIES: u32 = 3;

/// The marker of a run that is under way. A marker that is dropped while the process lives belongs
/// to a run that ended.
pub(crate) struct Marker {
    key: Key,
    token: Token,
    ended: Arc<Ended>,
    is_open: bool,
}

impl Marker {
    /// Notes that the marker is no longer in the table, or never was.
    fn close(mut self) {
        self.is_open = false;
    }
}

impl Drop for Marker {
    fn drop(&mut self) {
        if self.is_open {
            self.ended.remember(self.key.clone(), self.token);
        }
    }
}

/// The state of a record before it runs.
pub(crate) enum Marked {
    /// It may run.
    Run(Marker),
    /// The outcome is known, or another invocation runs the record.
    Known(Result<Outcome, Failure>),
    /// Earlier runs of it never ended.
    Poison(Marker, u32),
}

impl Engine {
    /// Reads the marks of earlier runs, and writes a marker. It makes two requests, or one for a
    /// duplicate.
    pub(crate) async fn mark(&self, access: Access<'_>, delivery: Delivery<'_>) -> Result<Marked, Failure> {
        let inner = &*self.inner;
        let Delivery { raw, deadline, .. } = delivery;
        // Without a handler that wants it nothing runs, so there is no marker.
        let routes = self.wanting(raw).ok_or_else(|| self.unknown(raw))?;
        let hash = hash(raw)?;
        let tasks: Vec<Task<'_>> =
            routes.map(|route| Task::new(access, &delivery, route, hash.clone())).collect();
        let key = poison_marker::key(&inner.service.name, &raw.source, &raw.id);
        if let Some(known) = tasks.iter().map(|task| inner.cached(task)).collect::<Option<Vec<_>>>() {
            return Ok(Marked::Known(sum(known)));
        }
        let receipts = tasks.iter().map(|task| &task.receipt);
        let keys: Vec<Key> = std::iter::once(&key).chain(receipts).cloned().collect();
        let mut items = access.get(keys).await?.into_iter();
        let marker = items.next().flatten();
        if let Some(known) = inner.all_known(&tasks, items) {
            return Ok(Marked::Known(sum(known)));
        }
        inner.leave_marker(access, key, marker, deadline).await
    }

    /// Removes the marker, since the run has ended in some way. A marker that cannot be removed now
    /// is remembered. It is tried again at the end of the batch and by the next invocation of this
    /// environment, so the next suspect does not wait for it.
    pub(crate) async fn unmark(&self, access: Access<'_>, marker: Marker) {
        match self.inner.remove(access, &marker.key, marker.token).await {
            Ok(()) => marker.close(),
            Err(failure) => {
                let (marker, error) = (&*marker.key.partition, error_chain(&failure));
                tracing::warn!(
                    marker,
                    error,
                    "the marker of a run that ended could not be removed; it is tried again later"
                );
            }
        }
    }

    /// Removes the markers of earlier runs that ended here, where there are any. It tries several
    /// times, but not within the margin.
    pub(crate) fn settle<'a>(&'a self, access: Access<'a>) -> Option<BoxFuture<'a, ()>> {
        let inner = &*self.inner;
        if inner.ended.is_empty() || access.is_closed(inner.host.now()) {
            return None;
        }
        let markers = inner.ended.take().into_iter().map(|(key, token)| {
            let ended = Arc::clone(&inner.ended);
            Marker { key, token, ended, is_open: true }
        });
        let removals = markers.map(|marker| async move {
            for _ in 0..TRIES {
                if inner.remove(access, &marker.key, marker.token).await.is_ok() {
                    return marker.close();
                }
                if access.is_closed(inner.host.now()) {
                    break;
                }
            }
        });
        Some(Box::pin(join_all(removals).map(drop)))
    }
}

impl Inner {
    /// The common outcome in the receipts of all consumers of the event; `None` where one has no
    /// outcome.
    fn all_known(
        &self,
        tasks: &[Task<'_>],
        receipts: impl Iterator<Item = Option<Item>>,
    ) -> Option<Vec<Result<Outcome, Failure>>> {
        let now = self.host.now();
        tasks
            .iter()
            .zip(receipts)
            .map(|(task, item)| {
                let receipt = read_receipt(&item.filter(|item| !item.is_expired(now))?).ok()?;
                match receipt.status {
                    Status::Completed | Status::Undone => match self.judge(task, &receipt, None) {
                        Ok(Judged::Over(outcome)) => Some(Ok(outcome)),
                        Ok(Judged::TakeOver { .. } | Judged::Acted) => None,
                        Err(failure) => Some(Err(failure)),
                    },
                    Status::Leased { .. } | Status::Failed { .. } | Status::Acted => None,
                }
            })
            .collect()
    }

    async fn leave_marker(
        &self,
        access: Access<'_>,
        key: Key,
        found: Option<Item>,
        deadline: Option<Timestamp>,
    ) -> Result<Marked, Failure> {
        let (now, token) = (self.host.now(), self.host.token());
        let found = found.filter(|item| !item.is_expired(now));
        let marker = match found.as_ref().map(PoisonMarker::from_item).transpose() {
            Ok(marker) => marker,
            Err(attribute) => return Err(damaged(&key, found.as_ref(), attribute)),
        };
        // The memory of this environment wins over the marker: the run has ended.
        let writer = found.as_ref().and_then(|item| item.get_text(attribute::WRITER));
        let counts = marker.filter(|_| !writer.is_some_and(|writer| self.ended.knows(&key, writer)));
        let runs = counts.as_ref().map_or(0, |marker| marker.runs);
        if let Some(until) = counts.and_then(|marker| marker.until)
            && now < until
        {
            // Another invocation runs the record, or died just now. The end of its time will tell.
            return Ok(Marked::Known(Err(Failure::InProgress { until })));
        }
        // The time is never before the invocation's end, so that a long run does not count as a
        // death.
        let until = deadline.unwrap_or_else(|| now + self.settings.lease).max(now);
        let condition = match writer {
            Some(writer) => Condition::Writer(writer.to_owned()),
            None => Condition::Absent { now },
        };
        let item = self.marker(key.clone(), runs + 1, until, token);
        let write = Write { action: Action::Put(item), condition };
        // Without an answer the marker may be in the table, although nothing has run.
        let marker = Marker { key, token, ended: Arc::clone(&self.ended), is_open: true };
        match self.write(access, vec![write], Vec::new(), token).await {
            Ok(()) => self.ended.forget(&marker.key),
            // Another invocation was first.
            Err(CommitError::Write(WriteError::Refused(_)) | CommitError::ConflictInBatch(_)) => {
                marker.close();
                return Ok(Marked::Known(Err(Failure::InProgress { until })));
            }
            Err(error) => return Err(error.into()),
        }
        match u32::try_from(runs) {
            Ok(runs) if runs >= DEATHS => Ok(Marked::Poison(marker, runs)),
            _ => Ok(Marked::Run(marker)),
        }
    }

    fn marker(&self, key: Key, runs: i64, until: Timestamp, token: Token) -> Item {
        let expires = self.host.now() + self.settings.horizon.max(Duration::from_secs(1));
        poison_marker::item(key, runs, until, expires, token)
    }

    /// Removes the marker of a run that ended. Where that is refused, it rewrites the marker as one
    /// without runs: a policy may allow the write and not the removal.
    async fn remove(&self, access: Access<'_>, key: &Key, token: Token) -> Result<(), Failure> {
        let condition = || Condition::Writer(token.to_string());
        let delete = Write { action: Action::Delete(key.clone()), condition: condition() };
        let Err(failure) = is_gone(access.commit(vec![delete], Vec::new()).await) else { return Ok(()) };
        let says_so = self.marker(key.clone(), 0, self.host.now(), token);
        let put = Write { action: Action::Put(says_so), condition: condition() };
        is_gone(access.commit(vec![put], Vec::new()).await).map_err(|_| failure)
    }
}

/// Turns a refusal into success: the marker is another run's by now, or gone.
fn is_gone(result: Result<(), CommitError>) -> Result<(), Failure> {
    match result {
        Ok(()) | Err(CommitError::Write(WriteError::Refused(_)) | CommitError::ConflictInBatch(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The failure of a marker that cannot be read.
fn damaged(key: &Key, item: Option<&Item>, attribute: &str) -> Failure {
    let standing = item.map_or_else(String::new, |item| item.standing(attribute));
    Failure::Fault(Fault::permanent(format!(
        "item {key} is no marker: its attribute `{attribute}` is {standing}; remove it, then redrive the message"
    )))
}

/// The outcomes of several consumers of one event, as one.
fn sum(results: Vec<Result<Outcome, Failure>>) -> Result<Outcome, Failure> {
    let known = if results.is_empty() { Outcome::Unwanted } else { Outcome::Duplicate };
    results.into_iter().find(Result::is_err).unwrap_or(Ok(known))
}

//! Markers: a record that was received before runs behind one, so that one that kills the process is known by what it
//! leaves behind (S-28).

use std::time::Duration;

use jiff::Timestamp;

use super::{
    CommitError, Engine, Failure, Inner, Judged, Outcome, Task, after, group::Access, hash, read_receipt,
};
use crate::{
    Fault, Raw, Token, chain,
    item::{Action, Condition, Item, Key, Write, attribute},
    receipt::Status,
    table::WriteError,
};

/// Runs that may leave a marker behind before the record is given up.
pub(crate) const DEATHS: u32 = 2;

const RUNS: &str = "runs";
const UNTIL: &str = "until";

/// Leave to run, to be given back.
pub(crate) struct Marker {
    key: Key,
    token: Token,
}

/// What is known of a record before it runs.
pub(crate) enum Marked {
    /// It may run.
    Run(Marker),
    /// It is over, or somebody else runs it.
    Known(Result<Outcome, Failure>),
    /// Earlier runs of it never ended.
    Killer(Marker, u32),
}

impl Engine {
    /// Looks at what earlier runs left, and leaves a marker: two requests, one for a duplicate.
    pub(crate) async fn mark(
        &self,
        access: Access<'_>,
        raw: &Raw,
        deadline: Option<Timestamp>,
    ) -> Result<Marked, Failure> {
        let inner = &*self.inner;
        let routes = inner.service.routes.get(raw.name.as_str()).ok_or_else(|| self.unknown(raw))?;
        let hash = hash(raw)?;
        let tasks: Vec<Task<'_>> = routes
            .iter()
            .map(|route| Task::new(access, raw, route, hash.clone(), deadline, false, 1))
            .collect();
        let key = Key::of("marker", &[&inner.service.name, &raw.source, &raw.id], "marker");
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

    /// Takes the marker away: the run has ended, however.
    pub(crate) async fn unmark(&self, access: Access<'_>, marker: Marker) {
        let Marker { key, token } = marker;
        let partition = key.partition.clone();
        let write = Write { action: Action::Delete(key), condition: Condition::Owner(token.to_string()) };
        if let Err(error) = access.commit(vec![write], Vec::new()).await {
            let error = chain(&Failure::from(error));
            tracing::warn!(
                marker = &*partition,
                error,
                "the marker of a run that ended could not be removed"
            );
        }
    }
}

impl Inner {
    /// What every consumer of the event remembers, where all of them do.
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
                    Status::Completed => match self.judge(task, &receipt, None) {
                        Ok(Judged::Over(outcome)) => Some(Ok(outcome)),
                        Ok(Judged::TakeOver { .. }) => None,
                        Err(failure) => Some(Err(failure)),
                    },
                    Status::Leased { .. } | Status::Failed { .. } => None,
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
        if let Some(marker) = &found
            && let Some(attribute) = damage(marker)
        {
            return Err(Failure::Fault(Fault::permanent(format!(
                "item {} is no marker: its attribute `{attribute}` is {}; remove it, then redrive the message",
                marker.key,
                marker.standing(attribute)
            ))));
        }
        let runs = found.as_ref().and_then(|item| item.get_number(RUNS)).unwrap_or(0);
        let until = found.as_ref().and_then(|item| item.get_number(UNTIL));
        if let Some(until) = until.and_then(|until| Timestamp::from_millisecond(until).ok())
            && now < until
        {
            // Another invocation runs it, or died just now: which of the two shows at its end.
            return Ok(Marked::Known(Err(Failure::InProgress { until })));
        }
        // Never before the invocation's end: a run that only takes long is no death.
        let until = deadline.unwrap_or_else(|| after(now, self.settings.lease)).max(now);
        let expires = after(now, self.settings.horizon.max(Duration::from_secs(1)));
        let item = Item::new(key.clone())
            .number(RUNS, runs + 1)
            .number(UNTIL, until.as_millisecond())
            .number(attribute::EXPIRES, expires.as_second())
            .text(attribute::OWNER, token.to_string());
        let condition = match found.as_ref().and_then(|item| item.get_text(attribute::OWNER)) {
            Some(owner) => Condition::Owner(owner.to_owned()),
            None => Condition::Absent { now },
        };
        let write = Write { action: Action::Put(item), condition };
        match self.write(access, vec![write], Vec::new(), token).await {
            Ok(()) => {}
            // Another invocation was first.
            Err(CommitError::Write(WriteError::Refused(_)) | CommitError::Crossed(_)) => {
                return Ok(Marked::Known(Err(Failure::InProgress { until })));
            }
            Err(error) => return Err(error.into()),
        }
        let marker = Marker { key, token };
        match u32::try_from(runs) {
            Ok(runs) if runs >= DEATHS => Ok(Marked::Killer(marker, runs)),
            _ => Ok(Marked::Run(marker)),
        }
    }
}

/// The first attribute of a marker that cannot be read.
fn damage(marker: &Item) -> Option<&'static str> {
    let numbers = [RUNS, UNTIL].into_iter().find(|name| marker.get_number(name).is_none());
    numbers.or_else(|| marker.get_text(attribute::OWNER).is_none().then_some(attribute::OWNER))
}

/// What several consumers make of one event, as one.
fn sum(results: Vec<Result<Outcome, Failure>>) -> Result<Outcome, Failure> {
    results.into_iter().find(Result::is_err).unwrap_or(Ok(Outcome::Duplicate))
}

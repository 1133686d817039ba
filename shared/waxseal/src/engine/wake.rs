//! Hints and timers: a hint names a row, the engine reads it, and makes the timeout that is due
//! (S-69). A failed one moves the row's time on (S-70).

use std::time::Duration;

use crate::{
    commit::{Access, CommitError},
    engine::{
        delivery::Delivery,
        handle::{Engine, hash},
        outcome::Outcome,
        task::Task,
    },
    error_chain::error_chain,
    fault::Fault,
    handler::{AnyInstance, Decision, Failure, Made, Route, any_instance, instance_key, make, wake},
    panic,
    row::{Times, state},
    table::{Action, Condition, Item, Write, WriteError, attribute},
};
use waxseal_message::{Raw, Timestamp};

/// The largest number of timers of one row that one hint fires. More than one is due only where the
/// hints were late.
const MOST: usize = 16;
/// The delay of a row whose timeout failed for the first time, and of one that cannot be read.
const FIRST_DELAY: Duration = Duration::from_secs(60);
/// The longest delay of a row whose timeout fails again and again.
const LONGEST_DELAY: Duration = Duration::from_secs(6 * 3600);

impl Engine {
    /// Fires the timers that are due in the row that a hint names.
    pub(super) async fn wake(&self, access: Access<'_>, delivery: &Delivery<'_>) -> Result<Outcome, Failure> {
        let Some(key) = wake::key(delivery.raw) else {
            return Err(Failure::Fault(Fault::permanent("its data names no row by `pk` and `sk`")));
        };
        let mut outcome = Outcome::Stale;
        for _ in 0..MOST {
            let now = self.now();
            let found = access.get(vec![key.clone()]).await?.pop().flatten();
            let Some(item) = found.filter(|item| !item.is_expired(now)) else { break };
            let route = match self.inner.service.route_of_row(&key) {
                Ok(route) => route,
                Err(fault) => return self.postpone(access, &item, None, &Failure::Fault(fault)).await,
            };
            let due = panic::catch(|| route.reaction.due(&item, self.inner.service.name(), now));
            let made = match due {
                Ok(Ok(Some(made))) => made,
                Ok(Ok(None)) => break,
                Ok(Err(fault)) => return self.postpone(access, &item, None, &Failure::Fault(fault)).await,
                Err(caught) => return self.postpone(access, &item, None, &Failure::Panic(caught)).await,
            };
            match self.react_to_made(access, route, &made, delivery.deadline).await {
                Ok(now) => outcome = outcome.with(now),
                Err(failure) if is_passing(&failure) => return Err(failure),
                Err(failure) => return self.postpone(access, &item, Some(made.timestamp), &failure).await,
            }
        }
        Ok(outcome)
    }

    async fn react_to_made(
        &self,
        access: Access<'_>,
        route: &Route,
        made: &Raw,
        deadline: Option<Timestamp>,
    ) -> Result<Outcome, Failure> {
        let delivery = Delivery::of(made).within(deadline);
        let task = Task::new(access, &delivery, route, hash(made)?);
        let result = self.inner.react(&task).await;
        if let Err(failure) = &result {
            self.inner.tell(&task, failure);
        }
        result
    }

    /// Moves the row's time on after a failed timeout: by the time for which the timer is late, so
    /// that the delays double. The row's writer stays, since a step whose answer was lost looks for
    /// its own.
    async fn postpone(
        &self,
        access: Access<'_>,
        item: &Item,
        due: Option<Timestamp>,
        failure: &Failure,
    ) -> Result<Outcome, Failure> {
        let now = self.now();
        let late = due.map_or(FIRST_DELAY * 10, |due| now.saturating_duration_since(due));
        let next = now.saturating_add(late.clamp(FIRST_DELAY, LONGEST_DELAY));
        tracing::error!(
            row = %item.key,
            code = %failure.code(),
            reason = error_chain(failure),
            next = %next,
            "a timeout failed, and comes again"
        );
        let (Some(version), Some(_)) = (
            item.get_number(attribute::VERSION).and_then(|version| u64::try_from(version).ok()),
            Times::wake_of(item),
        ) else {
            // Something else wrote the row, or nothing wakes it.
            return Ok(Outcome::Postponed);
        };
        let moved = Times { wake: Some(next), expires: None }.on(item.clone());
        let write = Write { action: Action::Put(moved), condition: Condition::Version(version) };
        match access.commit(vec![write], Vec::new()).await {
            // A step was first.
            Ok(()) | Err(CommitError::Write(WriteError::Refused(_)) | CommitError::ConflictInBatch(_)) => {
                Ok(Outcome::Postponed)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Reads an instance of a process, strongly consistent; `None` where there is none.
    ///
    /// # Errors
    /// Where the table cannot be read.
    pub async fn instance(&self, kind: &str, id: &str) -> Result<Option<AnyInstance>, Failure> {
        let key = instance_key(kind, id);
        if state::check_key(&key).is_err() {
            return Ok(None);
        }
        let item = Access::Alone(&*self.inner.table).get(vec![key]).await?.pop().flatten();
        Ok(item.filter(|item| !item.is_expired(self.now())).as_ref().and_then(any_instance))
    }

    /// Takes a person's decision about a compensation that has failed (G-2).
    ///
    /// # Errors
    /// Where the service has no process with rows of this kind, or the step fails.
    pub async fn decide(
        &self,
        kind: &str,
        id: &str,
        decision: Decision,
        deadline: Option<Timestamp>,
    ) -> Result<Outcome, Failure> {
        let service = &self.inner.service;
        let Some(route) = service.timed.get(kind) else {
            let kinds = service.process_kinds().join(", ");
            let text = format!(
                "service {} has no process with rows of kind {kind:?}: it has {kinds}",
                service.name()
            );
            return Err(Failure::Fault(Fault::permanent(text)));
        };
        let (token, made) = (self.token().to_string(), Made::Decision { id: id.to_owned(), decision });
        let raw = make(token.clone(), service.name(), self.now(), token, None, &made);
        self.react_to_made(Access::Alone(&*self.inner.table), route, &raw, deadline).await
    }
}

/// Whether a failure is not the timeout's own, so that the hint comes again.
fn is_passing(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::Stopped
            | Failure::Unstarted
            | Failure::Table(_)
            | Failure::Conflict { .. }
            | Failure::Contended { .. }
            | Failure::InProgress { .. }
    )
}

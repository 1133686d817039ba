//! The run of a batch: lanes, outcomes, dead letters.

use std::time::Duration;

use futures_util::future::Either;

use crate::{
    batch::{
        backoff::{AnyVisibility, Delay, Visibility, jitter, random},
        lanes::{Lanes, lanes},
        outcome::RecordOutcome,
        policy::{MalformedPolicy, Policy},
        progress::Progress,
        record::Record,
        round::Round,
    },
    code::Code,
    commit::{Access, Group},
    dead_letter::{AnyDeadLetters, DeadLetter, DeadLetters, FailedHandler},
    end::{End, Point},
    engine::{Engine, Outcome},
    handler::{Failure, Reason},
};
use waxseal_message::{DecodeError, Raw, Timestamp, lacking};

/// The least number of lanes in flight. A record that waits for its commit holds little memory, and
/// with more of them waiting, more share a request.
const IN_FLIGHT: usize = 100;

/// Runs batches on an engine.
pub struct Batches {
    engine: Engine,
    dead_letters: AnyDeadLetters,
    visibility: Option<Box<dyn AnyVisibility>>,
    policy: Policy,
}

impl std::fmt::Debug for Batches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batches")
            .field("engine", &self.engine)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

impl Batches {
    /// Batches for `engine`. Records that can never be handled go to `dead_letters`.
    pub fn new(engine: Engine, dead_letters: impl DeadLetters, policy: Policy) -> Self {
        Self { engine, dead_letters: AnyDeadLetters::new(dead_letters), visibility: None, policy }
    }

    /// Sets `visibility`, which delays failed records (S-24). Without it their queue's own
    /// visibility decides.
    #[must_use]
    pub fn delayed(mut self, visibility: impl Visibility) -> Self {
        self.visibility = Some(Box::new(visibility));
        self
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The policy by which they are run.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Runs a batch; the outcomes are in the order of `records`.
    ///
    /// Records of one group, about one entity or of one identity run one after another, all others
    /// at once up to the policy's bound. Reads and writes of the same time share requests.
    /// `deadline` is the invocation's; shortly before it no record starts any more (S-20).
    pub async fn run(&self, records: &[Record], deadline: Option<Timestamp>) -> Vec<RecordOutcome> {
        self.run_until(records, deadline, End::never()).await
    }

    /// As [`Batches::run`], and never beyond `end`: the end of the invocation's time (S-20), or the
    /// shutdown of the process (S-22). At the stop, running handlers are dropped and their leases
    /// released. At the cutoff, calls without an answer are dropped. Every record that is not done
    /// by then is reported as failed. If its dropped commit was applied, the next delivery finds
    /// it.
    pub async fn run_until(
        &self,
        records: &[Record],
        deadline: Option<Timestamp>,
        mut end: End<'_>,
    ) -> Vec<RecordOutcome> {
        let progress = Progress::of(records.len());
        let closes = deadline.map(|deadline| closes(self.engine.now(), deadline, self.policy.margin));
        let group = Group::new(self.policy.concurrency, self.policy.grouping, closes, self.engine.token());
        let width = self.policy.concurrency.max(IN_FLIGHT);
        let Lanes { entities, lanes } =
            lanes(records, self.policy.isolation, width, |raw| self.engine.target(raw));
        let round =
            Round { batches: self, group: &group, entities: &entities, deadline, progress: &progress };
        let (suspects, lanes): (Vec<_>, Vec<_>) = lanes.into_iter().partition(|lane| lane.suspect);
        // A lane becomes a future only when it starts, which bounds the memory (S-21).
        for (lanes, width, settles) in [(lanes, width, true), (suspects, 1, false), (Vec::new(), 1, true)] {
            // Markers that stayed are removed beside the records of the first lanes, and at the end
            // (S-28).
            let settle = settles.then(|| self.engine.settle(Access::Together(&group))).flatten();
            let settle = settle.map(Either::Left);
            let work = lanes.into_iter().map(|lane| Either::Right(round.run_lane(lane)));
            let work = settle.into_iter().chain(work);
            group.drive(self.engine.table(), work, width, &mut end).await;
        }
        let outcomes = progress.into_outcomes(records);
        let unstarted = outcomes.iter().filter(|outcome| matches!(outcome, RecordOutcome::Unstarted)).count();
        if unstarted > 0 {
            tracing::warn!(
                records = unstarted,
                ?deadline,
                "not started, come again: too little time was left"
            );
        }
        if end.within(Point::Answer, self.delay(records, &outcomes)).await.is_none() {
            tracing::warn!(
                "some records come again by their queue's own visibility: no time was left to tell it"
            );
        }
        let (observers, service) = (self.engine.observers(), self.engine.service().name());
        if !observers.is_empty() {
            for (record, outcome) in records.iter().zip(&outcomes) {
                let handled = record.handled(service, outcome);
                observers.each(|observer| observer.handled(&handled));
            }
        }
        outcomes
    }

    async fn delay(&self, records: &[Record], outcomes: &[RecordOutcome]) {
        let Some(visibility) = &self.visibility else { return };
        let delay = |(record, outcome): (&Record, &RecordOutcome)| {
            let receipt_handle = record.receipt_handle.clone()?;
            let after = self.policy.backoff.delay(record, outcome, random(self.engine.token()))?;
            Some(Delay { record: record.id.clone(), receipt_handle, after })
        };
        let (mut delays, unstarted): (Vec<Delay>, Vec<Delay>) =
            records.iter().zip(outcomes).filter_map(delay).partition(|delay| delay.after > Duration::ZERO);
        // The time may not suffice for all. A record that is shown too early costs a receive; one
        // that is shown late costs only time.
        delays.extend(unstarted);
        if !delays.is_empty() {
            visibility.delay(delays).await;
        }
    }

    /// The outcome of a message. It writes the dead letter where there is one.
    pub(super) async fn conclude(
        &self,
        record: &Record,
        raw: &Raw,
        result: Result<Outcome, Failure>,
        handlers: Vec<FailedHandler>,
    ) -> RecordOutcome {
        match result {
            Ok(outcome) => RecordOutcome::Done(Some(outcome)),
            // The box keeps this rare case out of the size of every record's future.
            Err(failure) => Box::pin(self.failed(record, raw, failure, handlers)).await,
        }
    }

    async fn failed(
        &self,
        record: &Record,
        raw: &Raw,
        failure: Failure,
        handlers: Vec<FailedHandler>,
    ) -> RecordOutcome {
        match failure {
            Failure::Unknown { .. } if self.engine.service().ignores(&raw.name) => ignored(record, &raw.name),
            failure @ Failure::Unknown { .. } => {
                let reason = Reason::of(&failure).between("", &missing_members(record, raw));
                self.unreadable(record, failure.code(), reason).await
            }
            Failure::Unstarted => RecordOutcome::Unstarted,
            failure if failure.is_permanent() => {
                let hint = match &failure {
                    Failure::Decode(DecodeError::Shape { .. }) => missing_members(record, raw),
                    _ => String::new(),
                };
                let dead_letter =
                    self.dead_letter_of(record, failure.code(), Reason::of(&failure).between("", &hint));
                self.dead_letter(DeadLetter { handlers, ..dead_letter }).await
            }
            failure => self.retry(record, raw, &failure).await,
        }
    }

    /// The dead letter of a record, with the service and the time.
    pub(super) fn dead_letter_of(
        &self,
        record: &Record,
        code: Code,
        reason: impl Into<Reason>,
    ) -> DeadLetter {
        let reason = reason.into();
        let (shown, quoted_reason) = (reason.shown().to_owned(), reason.quoted().map(str::to_owned));
        let (service, now) = (self.engine.service().name(), self.engine.now());
        DeadLetter { quoted_reason, ..record.dead_letter(service, now, code, shown) }
    }

    pub(super) async fn unreadable(&self, record: &Record, code: Code, reason: Reason) -> RecordOutcome {
        match self.policy.malformed {
            MalformedPolicy::DeadLetter => self.dead_letter(self.dead_letter_of(record, code, reason)).await,
            MalformedPolicy::Retry => {
                let reason = reason.shown();
                tracing::warn!(record = record.id, reason, "not readable, reported as failed");
                RecordOutcome::Failed { reason: reason.to_owned(), retry_after: None }
            }
        }
    }

    async fn retry(&self, record: &Record, raw: &Raw, failure: &Failure) -> RecordOutcome {
        let reason = Reason::of(failure);
        // A duplicate of a leased event has not failed by itself: it waits, however often it is
        // received.
        let waits = matches!(failure, Failure::InProgress { .. });
        if !waits && self.policy.max_receives.is_some_and(|most| record.receives >= most) {
            let reason = reason.between(&format!("gave up after {} receives: ", record.receives), "");
            return self.dead_letter(self.dead_letter_of(record, failure.code(), reason)).await;
        }
        let reason = reason.shown();
        tracing::warn!(
            record = record.id,
            event = raw.name,
            source = raw.source,
            event_id = raw.id,
            receives = record.receives,
            reason,
            "failed, comes again",
        );
        let mut retry_after = failure.retry_after(self.engine.now());
        if waits && let Some(rest) = &mut retry_after {
            // Records that wait for one lease are spread, since not all need to arrive at its end
            // (S-14).
            *rest += jitter((*rest / 10).max(Duration::from_secs(1)), random(self.engine.token()));
        }
        RecordOutcome::Failed { reason: reason.to_owned(), retry_after }
    }

    pub(super) async fn dead_letter(&self, dead_letter: DeadLetter) -> RecordOutcome {
        super::dead_letter(dead_letter, &self.dead_letters, self.engine.observers()).await
    }
}

/// The outcome of a record that its service declares to ignore.
pub(super) fn ignored(record: &Record, name: &str) -> RecordOutcome {
    tracing::info!(record = record.id, name, "acknowledged without a handler: the service ignores it");
    RecordOutcome::Done(None)
}

/// The time from which nothing starts any more: `margin` before `deadline`, and never within the
/// first three quarters of the time.
fn closes(now: Timestamp, deadline: Timestamp, margin: Duration) -> Timestamp {
    let left = deadline.saturating_duration_since(now);
    deadline.checked_sub(margin.min(left / 4)).unwrap_or(deadline)
}

/// The members that a payload lacks to be an envelope, for the reason of its dead letter. The text
/// is empty where the payload came in an envelope.
fn missing_members(record: &Record, raw: &Raw) -> String {
    let (body, data) = (String::from_utf8_lossy(&record.body), raw.data.get());
    // One such member around the payload is an envelope's own.
    let is_plain = ["eventId", "specversion"]
        .iter()
        .all(|name| body.matches(name).count() <= data.matches(name).count());
    lacking(data).filter(|_| is_plain).map(|lacking| format!("; {lacking}")).unwrap_or_default()
}

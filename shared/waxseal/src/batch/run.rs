//! Runs a batch: lanes, verdicts, dead letters.

use std::time::Duration;

use futures_util::future::Either;

use crate::{
    batch::{
        backoff::{AnyVisibility, Delay, Visibility, jitter, random},
        dead_letter::dead_letter,
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

/// Lanes in flight at the least: what waits for its commit holds little, and the more wait, the more share a request.
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
    /// Batches for `engine`; what can never be handled goes to `dead_letters`.
    pub fn new(engine: Engine, dead_letters: impl DeadLetters, policy: Policy) -> Self {
        Self { engine, dead_letters: AnyDeadLetters::new(dead_letters), visibility: None, policy }
    }

    /// Tells `visibility` when failed records are to come again (S-24); without it their queue's own visibility decides.
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

    /// How they are run.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Runs a batch; the verdicts are in the order of `records`.
    ///
    /// Records of one group, about one entity or of one identity run one after another, all others at once up to the
    /// policy's bound. What they read and write at the same time goes out in shared requests. `deadline` is the
    /// invocation's: short of it no record starts (S-20).
    pub async fn run(&self, records: &[Record], deadline: Option<Timestamp>) -> Vec<RecordOutcome> {
        self.run_until(records, deadline, End::never()).await
    }

    /// As [`Batches::run`], and never beyond `end`: the invocation's time is up (S-20), or the process is shut down (S-22). At
    /// the stop handlers that still run are given up and their leases released. At the cutoff calls without an answer are
    /// dropped. Every record that is not done by then is reported as failed; what a dropped commit did is found when the
    /// record comes again.
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
        // Lanes become futures only when their turn comes, so memory is bounded (S-21).
        for (lanes, width, settles) in [(lanes, width, true), (suspects, 1, false), (Vec::new(), 1, true)] {
            // Markers that stayed are removed beside the records of the first lanes, and at the end (S-28).
            let settle = settles.then(|| self.engine.settle(Access::Together(&group))).flatten();
            let settle = settle.map(Either::Left);
            let work = lanes.into_iter().map(|lane| Either::Right(round.run_lane(lane)));
            let work = settle.into_iter().chain(work);
            group.drive(self.engine.table(), work, width, &mut end).await;
        }
        let verdicts = progress.into_verdicts(records);
        let unstarted = verdicts.iter().filter(|verdict| matches!(verdict, RecordOutcome::Unstarted)).count();
        if unstarted > 0 {
            tracing::warn!(
                records = unstarted,
                ?deadline,
                "not started, come again: too little time was left"
            );
        }
        if end.within(Point::Answer, self.delay(records, &verdicts)).await.is_none() {
            tracing::warn!(
                "some records come again by their queue's own visibility: no time was left to tell it"
            );
        }
        let (observers, service) = (self.engine.observers(), self.engine.service().name());
        if !observers.is_empty() {
            for (record, outcome) in records.iter().zip(&verdicts) {
                let handled = record.handled(service, outcome);
                observers.each(|observer| observer.handled(&handled));
            }
        }
        verdicts
    }

    async fn delay(&self, records: &[Record], verdicts: &[RecordOutcome]) {
        let Some(visibility) = &self.visibility else { return };
        let delay = |(record, verdict): (&Record, &RecordOutcome)| {
            let receipt_handle = record.receipt_handle.clone()?;
            let after = self.policy.backoff.delay(record, verdict, random(self.engine.token()))?;
            Some(Delay { record: record.id.clone(), receipt_handle, after })
        };
        let (mut delays, unstarted): (Vec<Delay>, Vec<Delay>) =
            records.iter().zip(verdicts).filter_map(delay).partition(|delay| delay.after > Duration::ZERO);
        // Where there is no time for all, a record that is shown too early costs a receive; one that is shown late, only time.
        delays.extend(unstarted);
        if !delays.is_empty() {
            visibility.delay(delays).await;
        }
    }

    /// What came of a message, as a verdict: its dead letter is written here.
    pub(super) async fn conclude(
        &self,
        record: &Record,
        raw: &Raw,
        result: Result<Outcome, Failure>,
        handlers: Vec<FailedHandler>,
    ) -> RecordOutcome {
        match result {
            Ok(outcome) => RecordOutcome::Done(Some(outcome)),
            // What hardly any record comes to is kept out of what every record holds.
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
                let reason = Reason::of(&failure).between("", &slip(record, raw));
                self.unreadable(record, failure.code(), reason).await
            }
            Failure::Unstarted => RecordOutcome::Unstarted,
            failure if failure.is_permanent() => {
                let hint = match &failure {
                    Failure::Decode(DecodeError::Shape { .. }) => slip(record, raw),
                    _ => String::new(),
                };
                let letter = self.letter(record, failure.code(), Reason::of(&failure).between("", &hint));
                self.dead_letter(DeadLetter { handlers, ..letter }).await
            }
            failure => self.retry(record, raw, &failure).await,
        }
    }

    /// The dead letter of a record, with the service and the time.
    pub(super) fn letter(&self, record: &Record, code: Code, reason: impl Into<Reason>) -> DeadLetter {
        let reason = reason.into();
        let (shown, quoted_reason) = (reason.shown().to_owned(), reason.quoted().map(str::to_owned));
        let (service, now) = (self.engine.service().name(), self.engine.now());
        DeadLetter { quoted_reason, ..record.dead_letter(service, now, code, shown) }
    }

    pub(super) async fn unreadable(&self, record: &Record, code: Code, reason: Reason) -> RecordOutcome {
        match self.policy.malformed {
            MalformedPolicy::DeadLetter => self.dead_letter(self.letter(record, code, reason)).await,
            MalformedPolicy::Retry => {
                let reason = reason.shown();
                tracing::warn!(record = record.id, reason, "not readable, reported as failed");
                RecordOutcome::Failed { reason: reason.to_owned(), retry_after: None }
            }
        }
    }

    async fn retry(&self, record: &Record, raw: &Raw, failure: &Failure) -> RecordOutcome {
        let reason = Reason::of(failure);
        // A duplicate of what another attempt holds is no failure of its own: it waits, however often it is received.
        let waits = matches!(failure, Failure::InProgress { .. });
        if !waits && self.policy.max_receives.is_some_and(|most| record.receives >= most) {
            let reason = reason.between(&format!("gave up after {} receives: ", record.receives), "");
            return self.dead_letter(self.letter(record, failure.code(), reason)).await;
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
            // Those that wait for one lease need not all come at its end (S-14).
            *rest += jitter((*rest / 10).max(Duration::from_secs(1)), random(self.engine.token()));
        }
        RecordOutcome::Failed { reason: reason.to_owned(), retry_after }
    }

    pub(super) async fn dead_letter(&self, letter: DeadLetter) -> RecordOutcome {
        dead_letter(letter, &self.dead_letters, self.engine.observers()).await
    }
}

/// The verdict of a record that its service declares to ignore.
pub(super) fn ignored(record: &Record, name: &str) -> RecordOutcome {
    tracing::info!(record = record.id, name, "acknowledged without a handler: the service ignores it");
    RecordOutcome::Done(None)
}

/// When nothing starts any more: `margin` before `deadline`, and never within the first three quarters of the time.
fn closes(now: Timestamp, deadline: Timestamp, margin: Duration) -> Timestamp {
    let left = deadline.saturating_duration_since(now);
    deadline.checked_sub(margin.min(left / 4)).unwrap_or(deadline)
}

/// The members that a payload lacks to be an envelope, for the reason of its dead letter. Nothing where it came in an envelope.
fn slip(record: &Record, raw: &Raw) -> String {
    let (body, data) = (String::from_utf8_lossy(&record.body), raw.data.get());
    // One such member around the payload is an envelope's own.
    let is_plain = ["eventId", "specversion"]
        .iter()
        .all(|name| body.matches(name).count() <= data.matches(name).count());
    lacking(data).filter(|_| is_plain).map(|lacking| format!("; {lacking}")).unwrap_or_default()
}

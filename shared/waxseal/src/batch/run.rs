//! Runs a batch: lanes, verdicts, dead letters.

use std::{collections::HashMap, future::Future, panic::AssertUnwindSafe, pin::pin, time::Duration};

use futures_util::FutureExt as _;
use jiff::Timestamp;

use super::{
    Content, DeadLetters, Letter, MalformedPolicy, Policy, Record, Verdict,
    lanes::{Lane, Lanes, Place, chain, lanes},
    letter::AnyDeadLetters,
    panic_message,
};
use crate::{
    Engine, Failure, Outcome, Raw, chain as reasons,
    engine::{Access, Group, LONGEST},
    item::Key,
};

/// Lanes in flight at the least: what waits for its commit holds little, and the more wait, the more share a request.
const IN_FLIGHT: usize = 100;

/// Runs batches on an engine.
pub struct Batches {
    engine: Engine,
    dead_letters: Box<dyn AnyDeadLetters>,
    policy: Policy,
    observer: Option<Observer>,
}

/// Sees every record with its verdict.
type Observer = Box<dyn Fn(&Record, &Verdict) + Send + Sync>;

impl std::fmt::Debug for Batches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batches")
            .field("engine", &self.engine)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

/// One run of a batch, as its lanes see it.
struct Round<'a> {
    batches: &'a Batches,
    group: &'a Group,
    entities: &'a [Key],
    deadline: Option<Timestamp>,
}

impl Batches {
    /// Batches for `engine`; what can never be handled goes to `dead_letters`.
    pub fn new(engine: Engine, dead_letters: impl DeadLetters, policy: Policy) -> Self {
        Self { engine, dead_letters: Box::new(dead_letters), policy, observer: None }
    }

    /// Shows every record with its verdict to `observer`, in the order of the batch: for metrics.
    #[must_use]
    pub fn observed(mut self, observer: impl Fn(&Record, &Verdict) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observer));
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
    pub async fn run(&self, records: &[Record], deadline: Option<Timestamp>) -> Vec<Verdict> {
        self.run_until(records, deadline, std::future::pending()).await
    }

    /// As [`Batches::run`], and gives up the handlers that still run when `stop` is ready: the invocation's time is up
    /// (S-20), or the process is shut down (S-22). Their leases are released, and what did not start is reported as failed.
    pub async fn run_until(
        &self,
        records: &[Record],
        deadline: Option<Timestamp>,
        stop: impl Future<Output = ()> + Send,
    ) -> Vec<Verdict> {
        let mut verdicts: Vec<Option<Verdict>> = records.iter().map(|_| None).collect();
        let closes = deadline.map(|deadline| closes(self.engine.now(), deadline, self.policy.margin));
        let group = Group::new(self.policy.concurrency, self.policy.grouping, closes);
        let Lanes { entities, lanes } = lanes(records, |raw| self.engine.about(raw));
        let round = Round { batches: self, group: &group, entities: &entities, deadline };
        // Lanes become futures only when their turn comes, so memory is bounded (S-21).
        let width = self.policy.concurrency.max(IN_FLIGHT);
        let work = lanes.into_iter().map(|lane| round.run_lane(lane));
        let mut stop = pin!(stop.fuse());
        group
            .drive(self.engine.table(), work, width, stop.as_mut(), |done| {
                for (index, verdict) in done {
                    verdicts[index] = Some(verdict);
                }
            })
            .await;
        // Every index is in exactly one lane; a gap would be reported as failed, never as done (S-22).
        let verdicts: Vec<Verdict> =
            verdicts.into_iter().map(|verdict| verdict.unwrap_or(Verdict::Blocked)).collect();
        if let Some(observer) = &self.observer {
            records.iter().zip(&verdicts).for_each(|(record, verdict)| observer(record, verdict));
        }
        verdicts
    }

    /// What came of a message, as a verdict: its dead letter is written here.
    async fn conclude(&self, record: &Record, raw: &Raw, result: Result<Outcome, Failure>) -> Verdict {
        match result {
            Ok(outcome) => Verdict::Done(Some(outcome)),
            Err(failure @ Failure::Unknown { .. }) => {
                self.unreadable(record, Some(raw), reasons(&failure)).await
            }
            Err(Failure::Unstarted) => Verdict::Unstarted,
            Err(failure) if failure.is_permanent() => self.bury(record, Some(raw), reasons(&failure)).await,
            Err(failure) => self.retry(record, raw, &failure).await,
        }
    }

    async fn unreadable(&self, record: &Record, raw: Option<&Raw>, reason: String) -> Verdict {
        match self.policy.malformed {
            MalformedPolicy::DeadLetter => self.bury(record, raw, reason).await,
            MalformedPolicy::Retry => {
                tracing::warn!(record = record.id, reason, "not readable, reported as failed");
                Verdict::Failed { reason, retry_after: None }
            }
        }
    }

    async fn retry(&self, record: &Record, raw: &Raw, failure: &Failure) -> Verdict {
        let reason = reasons(failure);
        // A duplicate of what another attempt holds is no failure of its own: it waits, however often it is received.
        let waits = matches!(failure, Failure::InProgress { .. });
        if !waits && self.policy.max_receives.is_some_and(|most| record.receives >= most) {
            return self
                .bury(record, Some(raw), format!("gave up after {} receives: {reason}", record.receives))
                .await;
        }
        tracing::warn!(
            record = record.id,
            event = raw.name,
            source = raw.source,
            event_id = raw.id,
            receives = record.receives,
            reason,
            "failed, comes again",
        );
        Verdict::Failed { reason, retry_after: failure.retry_after(self.engine.now()) }
    }

    async fn bury(&self, record: &Record, raw: Option<&Raw>, reason: String) -> Verdict {
        let letter = Letter {
            body: record.body.clone(),
            reason: reason.clone(),
            record: record.id.clone(),
            service: self.engine.service().name().to_owned(),
            identity: raw.map(|raw| (raw.source.clone(), raw.id.clone())),
            name: raw.map(|raw| raw.name.clone()),
        };
        let (event, source, event_id) = raw.map_or(("", "", ""), |raw| (&*raw.name, &*raw.source, &*raw.id));
        match self.dead_letters.send(letter).await {
            Ok(()) => {
                tracing::error!(record = record.id, event, source, event_id, reason, "dead-lettered");
                Verdict::DeadLettered { reason }
            }
            Err(error) => {
                let error = reasons(&*error);
                tracing::error!(
                    record = record.id,
                    event,
                    source,
                    event_id,
                    reason,
                    error,
                    "the dead-letter queue could not be written, reported as failed",
                );
                Verdict::Failed {
                    reason: format!("{reason}; and the dead-letter queue: {error}"),
                    retry_after: None,
                }
            }
        }
    }
}

/// When nothing starts any more: `margin` before `deadline`, and never within the first three quarters of the time.
fn closes(now: Timestamp, deadline: Timestamp, margin: Duration) -> Timestamp {
    let left = Duration::try_from(deadline.duration_since(now)).unwrap_or_default();
    deadline.checked_sub(margin.min(left / 4)).unwrap_or(deadline)
}

impl Round<'_> {
    async fn run_lane(&self, lane: Lane<'_>) -> Vec<(usize, Verdict)> {
        let mut done: Vec<(usize, Verdict)> = Vec::with_capacity(lane.places.len());
        let (mut blocked, mut closed) = (false, false);
        // A second copy in this batch shares the outcome of the first (S-17).
        let mut seen: HashMap<Twin<'_>, usize> = HashMap::new();
        let mut rest = &lane.places[..];
        while let [place, tail @ ..] = rest {
            let verdict = if blocked {
                Some(Verdict::Blocked)
            } else if closed || self.group.is_closed(self.batches.engine.now()) {
                closed = true;
                Some(Verdict::Unstarted)
            } else {
                let twin = message(place.record).and_then(|raw| seen.get(&twin_of(raw)));
                twin.and_then(|at| share(&done.get(*at)?.1))
            };
            if let Some(verdict) = verdict {
                blocked |= lane.ordered && matches!(verdict, Verdict::Failed { .. });
                done.push((place.index, verdict));
                rest = tail;
                continue;
            }
            let verdicts = self.run_head(rest, lane.ordered, |raw| !seen.contains_key(&twin_of(raw))).await;
            for (place, verdict) in rest.iter().zip(verdicts) {
                if let Some(raw) = message(place.record) {
                    seen.entry(twin_of(raw)).or_insert(done.len());
                }
                closed |= matches!(verdict, Verdict::Unstarted);
                blocked |= lane.ordered && matches!(verdict, Verdict::Failed { .. });
                done.push((place.index, verdict));
                rest = &rest[1..];
            }
        }
        done
    }

    /// Runs what can be decided as one at the head of `places`, or else the first alone; a verdict for one at least.
    async fn run_head<'b>(
        &self,
        places: &[Place<'b>],
        strict: bool,
        fresh: impl Fn(&'b Raw) -> bool,
    ) -> Vec<Verdict> {
        let Some(first) = places.first() else { return Vec::new() };
        if let Some((entity, raws)) = chain(places, LONGEST, fresh)
            && let Some(entity) = self.entities.get(entity)
        {
            let access = Access::Together(self.group);
            let results = self.batches.engine.handle_chain(access, &raws, entity, strict).await;
            let mut verdicts = Vec::with_capacity(results.len());
            for ((place, raw), result) in places.iter().zip(raws).zip(results) {
                verdicts.push(self.batches.conclude(place.record, raw, result).await);
            }
            if !verdicts.is_empty() {
                return verdicts;
            }
        }
        vec![self.run_record(first.record).await]
    }

    async fn run_record(&self, record: &Record) -> Verdict {
        match &record.content {
            Content::Ignored(why) => {
                tracing::info!(record = record.id, why, "acknowledged without a handler");
                Verdict::Done(None)
            }
            Content::Malformed(malformed) => {
                self.batches.unreadable(record, None, format!("malformed: {malformed}")).await
            }
            Content::Message(raw) => {
                let access = Access::Together(self.group);
                // A panic is one failed record, not a failed batch (S-6). Nothing of the run outlives it: the engine's
                // own state is behind locks that recover, and what was staged is dropped.
                let handled = AssertUnwindSafe(self.batches.engine.handle_in(
                    access,
                    raw,
                    self.deadline,
                    record.receives > 1,
                ));
                let result = handled
                    .catch_unwind()
                    .await
                    .unwrap_or_else(|panic| Err(Failure::Panic { message: panic_message(&*panic) }));
                self.batches.conclude(record, raw, result).await
            }
        }
    }
}

fn message<'a>(record: &'a Record) -> Option<&'a Raw> {
    match &record.content {
        Content::Message(raw) => Some(raw),
        Content::Ignored(_) | Content::Malformed(_) => None,
    }
}

/// What a second copy makes of the first one's verdict.
fn share(verdict: &Verdict) -> Option<Verdict> {
    match verdict {
        Verdict::Done(_) => Some(Verdict::Done(Some(Outcome::Duplicate))),
        Verdict::DeadLettered { reason } => Some(Verdict::DeadLettered { reason: reason.clone() }),
        Verdict::Failed { reason, retry_after } => {
            Some(Verdict::Failed { reason: reason.clone(), retry_after: *retry_after })
        }
        Verdict::Blocked | Verdict::Unstarted => None,
    }
}

/// What two copies of one message have in common: source, id, name and payload.
type Twin<'a> = (&'a str, &'a str, &'a str, &'a str);

fn twin_of(raw: &Raw) -> Twin<'_> {
    (&raw.source, &raw.id, &raw.name, raw.data.get())
}

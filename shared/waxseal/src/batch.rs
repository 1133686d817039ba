//! A batch of records: who runs when, what is reported as failed, what is dead-lettered.

use std::{collections::HashMap, future::Future, panic::AssertUnwindSafe, time::Duration};

use futures_util::{FutureExt as _, StreamExt as _, stream::FuturesUnordered};
use jiff::Timestamp;

use crate::{BoxError, Engine, Failure, Malformed, Outcome, Raw, chain, item::Key, table::BoxFuture};

/// One record of a batch, as a source parsed it.
#[derive(Debug, Clone)]
pub struct Record {
    /// What the response names it by: SQS's message id, a stream's sequence number.
    pub id: String,
    /// Records of one group run one after another, in order, and a failure holds back the rest: a FIFO message group,
    /// a stream's partition key. `None` on a standard queue.
    pub group: Option<String>,
    /// How often it has been received, this time included; 1 where the source does not count.
    pub receives: u32,
    /// The body as it arrived, for the dead-letter queue.
    pub body: Vec<u8>,
    /// What it holds.
    pub content: Content,
}

/// What a record holds.
#[derive(Debug, Clone)]
pub enum Content {
    /// An event or a command.
    Message(Box<Raw>),
    /// Nothing for a handler, with the reason: acknowledged.
    Ignored(&'static str),
    /// Not readable.
    Malformed(Malformed),
}

/// How a record was dealt with.
#[derive(Debug)]
pub enum Verdict {
    /// It took effect, or had before, or holds nothing for a handler: acknowledged.
    Done(Option<Outcome>),
    /// It is in the dead-letter queue with this reason: acknowledged.
    DeadLettered {
        /// The reason.
        reason: String,
    },
    /// Reported as failed, so that it comes again.
    Failed {
        /// The reason.
        reason: String,
        /// When to try again at the earliest, where somebody knows (S-24).
        retry_after: Option<Duration>,
    },
    /// An earlier record of its group failed, so it did not run: reported as failed.
    Blocked,
}

impl Verdict {
    /// Whether the record must come again.
    #[must_use]
    pub fn is_failed(&self) -> bool {
        matches!(self, Self::Failed { .. } | Self::Blocked)
    }
}

/// What to do with a record that cannot be read (S-3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MalformedPolicy {
    /// Dead-letter it at once: reading it again gives the same.
    #[default]
    DeadLetter,
    /// Report it as failed, so that the queue's own redrive policy decides.
    Retry,
}

/// How batches are run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Policy {
    /// What to do with records that cannot be read.
    pub malformed: MalformedPolicy,
    /// Handlers at once (S-21). 10 unless set.
    pub concurrency: usize,
    /// The queue's `maxReceiveCount`, where known: on the last receive a record is dead-lettered by us, with the reason
    /// that SQS's own redrive could not give.
    pub max_receives: Option<u32>,
}

impl Default for Policy {
    fn default() -> Self {
        Self { malformed: MalformedPolicy::default(), concurrency: 10, max_receives: None }
    }
}

/// A record for the dead-letter queue: its body verbatim and why (S-27).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The body as it arrived.
    pub body: Vec<u8>,
    /// Why it is here, as one line.
    pub reason: String,
    /// The record's id.
    pub record: String,
    /// The service that gave up.
    pub service: String,
    /// Source and id of the envelope, where there is one: with the service, what readers fold repeated letters by.
    pub identity: Option<(String, String)>,
    /// The envelope's name, where there is one.
    pub name: Option<String>,
}

impl Letter {
    /// What a dead-letter queue keeps beside the body: names and texts of its message attributes.
    #[must_use]
    pub fn attributes(&self) -> Vec<(&'static str, String)> {
        let mut attributes = vec![
            ("waxseal-reason", self.reason.clone()),
            ("waxseal-service", self.service.clone()),
            ("waxseal-record", self.record.clone()),
        ];
        if let Some((source, id)) = &self.identity {
            attributes.extend([("waxseal-source", source.clone()), ("waxseal-event-id", id.clone())]);
        }
        attributes.extend(self.name.iter().map(|name| ("waxseal-event-type", name.clone())));
        attributes
    }
}

/// Where dead letters go.
pub trait DeadLetters: Send + Sync + 'static {
    /// Stores a letter; once it returns `Ok` the record is acknowledged.
    ///
    /// # Errors
    /// Where the letter may not have been stored: the record is reported as failed, never lost.
    fn send(&self, letter: Letter) -> impl Future<Output = Result<(), BoxError>> + Send;
}

/// Erased twin of [`DeadLetters`].
trait AnyDeadLetters: Send + Sync {
    fn send(&self, letter: Letter) -> BoxFuture<'_, Result<(), BoxError>>;
}

impl<D: DeadLetters> AnyDeadLetters for D {
    fn send(&self, letter: Letter) -> BoxFuture<'_, Result<(), BoxError>> {
        Box::pin(DeadLetters::send(self, letter))
    }
}

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

/// Records that run one after another.
struct Lane<'a> {
    ordered: bool,
    records: Vec<(usize, &'a Record)>,
}

#[derive(PartialEq, Eq, Hash)]
enum LaneKey<'a> {
    Group(&'a str),
    Entity(Key),
    Identity(&'a str, &'a str),
    Alone(usize),
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

    /// Runs a batch; the verdicts are in the order of `records`.
    ///
    /// Records of one group, about one entity or of one identity run one after another, all others at once up to the
    /// policy's bound. `deadline` is the invocation's.
    pub async fn run(&self, records: &[Record], deadline: Option<Timestamp>) -> Vec<Verdict> {
        let mut verdicts: Vec<Option<Verdict>> = records.iter().map(|_| None).collect();
        // Lanes become futures only when their turn comes, so memory is bounded by the concurrency (S-21). A loop, not
        // `buffer_unordered` over a closure: that future is not `Send` ("implementation of `FnOnce` is not general
        // enough"), and Lambda's runtime needs it to be.
        let mut lanes = self.lanes(records).into_iter();
        let mut running = FuturesUnordered::new();
        loop {
            let free = self.policy.concurrency.max(1).saturating_sub(running.len());
            running.extend(lanes.by_ref().take(free).map(|lane| self.run_lane(lane, deadline)));
            let Some(done) = running.next().await else { break };
            for (index, verdict) in done {
                verdicts[index] = Some(verdict);
            }
        }
        // Every index is in exactly one lane; a gap would be reported as failed, never as done (S-22).
        let verdicts: Vec<Verdict> =
            verdicts.into_iter().map(|verdict| verdict.unwrap_or(Verdict::Blocked)).collect();
        if let Some(observer) = &self.observer {
            records.iter().zip(&verdicts).for_each(|(record, verdict)| observer(record, verdict));
        }
        verdicts
    }

    fn lanes<'a>(&self, records: &'a [Record]) -> Vec<Lane<'a>> {
        let mut order: HashMap<LaneKey<'a>, usize> = HashMap::with_capacity(records.len());
        let mut lanes: Vec<Lane<'a>> = Vec::new();
        for (index, record) in records.iter().enumerate() {
            let key = match (&record.group, &record.content) {
                (Some(group), _) => LaneKey::Group(group),
                (None, Content::Message(raw)) => match self.engine.entity(raw) {
                    Some(entity) => LaneKey::Entity(entity),
                    None => LaneKey::Identity(&raw.source, &raw.id),
                },
                (None, Content::Ignored(_) | Content::Malformed(_)) => LaneKey::Alone(index),
            };
            let lane = *order.entry(key).or_insert_with(|| {
                lanes.push(Lane { ordered: record.group.is_some(), records: Vec::new() });
                lanes.len() - 1
            });
            lanes[lane].records.push((index, record));
        }
        lanes
    }

    async fn run_lane(&self, lane: Lane<'_>, deadline: Option<Timestamp>) -> Vec<(usize, Verdict)> {
        let mut done: Vec<(usize, Verdict)> = Vec::with_capacity(lane.records.len());
        let mut blocked = false;
        // What failed in this batch is not run again for a second copy: it shares the outcome (S-17).
        let mut failed: HashMap<Twin<'_>, usize> = HashMap::new();
        for (index, record) in lane.records {
            if blocked {
                done.push((index, Verdict::Blocked));
                continue;
            }
            let twin = match &record.content {
                Content::Message(raw) if !failed.is_empty() => failed.get(&twin_of(raw)),
                Content::Message(_) | Content::Ignored(_) | Content::Malformed(_) => None,
            };
            let verdict = match twin.and_then(|at| done.get(*at)) {
                Some((_, Verdict::Failed { reason, retry_after })) => {
                    Verdict::Failed { reason: reason.clone(), retry_after: *retry_after }
                }
                Some((_, Verdict::DeadLettered { reason })) => {
                    Verdict::DeadLettered { reason: reason.clone() }
                }
                Some((_, Verdict::Done(_) | Verdict::Blocked)) | None => {
                    self.run_record(record, deadline).await
                }
            };
            if let (Content::Message(raw), Verdict::Failed { .. } | Verdict::DeadLettered { .. }) =
                (&record.content, &verdict)
            {
                failed.entry(twin_of(raw)).or_insert(done.len());
            }
            blocked = lane.ordered && verdict.is_failed();
            done.push((index, verdict));
        }
        done
    }

    async fn run_record(&self, record: &Record, deadline: Option<Timestamp>) -> Verdict {
        match &record.content {
            Content::Ignored(why) => {
                tracing::info!(record = record.id, why, "acknowledged without a handler");
                Verdict::Done(None)
            }
            Content::Malformed(malformed) => {
                let reason = format!("malformed: {malformed}");
                self.unreadable(record, None, reason).await
            }
            Content::Message(raw) => {
                // A panic is one failed record, not a failed batch (S-6). Nothing of the run outlives it: the engine's
                // own state is behind a lock that recovers, and what was staged is dropped.
                let handled = AssertUnwindSafe(self.engine.handle_within(raw, deadline, record.receives > 1));
                let result = handled
                    .catch_unwind()
                    .await
                    .unwrap_or_else(|panic| Err(Failure::Panic { message: panic_message(&*panic) }));
                match result {
                    Ok(outcome) => Verdict::Done(Some(outcome)),
                    Err(failure @ Failure::Unknown { .. }) => {
                        self.unreadable(record, Some(raw), chain(&failure)).await
                    }
                    Err(failure) if failure.is_permanent() => {
                        self.bury(record, Some(raw), chain(&failure)).await
                    }
                    Err(failure) => self.retry(record, raw, &failure).await,
                }
            }
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
        let reason = chain(failure);
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
                let error = chain(&*error);
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

/// What two copies of one message have in common: source, id, name and payload.
type Twin<'a> = (&'a str, &'a str, &'a str, &'a str);

fn twin_of(raw: &Raw) -> Twin<'_> {
    (&raw.source, &raw.id, &raw.name, raw.data.get())
}

/// What a panic said.
#[must_use]
pub fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().map(str::to_owned);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}

/// The ids to report as failed: in input order, each once, never empty (S-4, S-5).
///
/// # Errors
/// [`MissingId`] where a record has none: an empty identifier would mean "everything failed" to Lambda.
pub fn failures<'a>(records: &'a [Record], verdicts: &[Verdict]) -> Result<Vec<&'a str>, MissingId> {
    if let Some(index) = records.iter().position(|record| record.id.is_empty()) {
        return Err(MissingId { index });
    }
    let mut seen = std::collections::HashSet::new();
    // Without a verdict it is not known to be done (S-22).
    let is_failed = |index: usize| verdicts.get(index).is_none_or(Verdict::is_failed);
    Ok(records
        .iter()
        .enumerate()
        .filter(|(index, record)| is_failed(*index) && seen.insert(record.id.as_str()))
        .map(|(_, record)| record.id.as_str())
        .collect())
}

/// A record without an id cannot be reported, so the whole invocation must fail (S-4).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("record {index} has no id, so it cannot be reported as failed: the whole invocation fails instead")]
pub struct MissingId {
    /// Its position in the batch.
    pub index: usize,
}

//! The engine: runs a service's reactions over a table, one message at a time. Batches are in [`crate::batch`].

mod chain;
mod ended;
mod failure;
mod group;
mod held;
mod lease;
mod marker;
mod plan;
mod race;
mod release;
mod transact;

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use tracing::Instrument as _;

pub(crate) use chain::LONGEST;
use ended::Ended;
pub use failure::Failure;
pub(crate) use group::{Access, Group};
use group::{CommitError, Slot};
pub(crate) use marker::Marked;
pub use plan::Grouping;
pub use release::{EffectOutcome, Release, ReleaseError, Released};

use crate::{
    Attempt, Entity, Host, Raw, Service, ServiceError, Table, Token,
    cache::Cache,
    catalog::Mode,
    claim::{self, ClaimCheck},
    dead_letter::{FailedHandler, Returned},
    effect::Keys,
    hash::{Comparison, PayloadHash},
    item::{Item, Key, Write, attribute},
    panics,
    reaction::{DEFAULT_LEASE, Decoded, RunError, Told},
    receipt::{self, Receipt, Status, Verdict},
    sequence::Guard,
    service::Route,
    state,
    table::{AnyTable, TableError, settle},
    unit::{Run, Staged},
};

/// Numbers that an environment may set.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// How long a receipt is kept: at least queue retention + dead-letter retention + the archive window used + how far back a
    /// sweep may begin. 42 days unless set: 4 + 14 + 14 + 7 and some.
    pub horizon: Duration,
    /// The least lease of an effect that names none (S-11). 60 s unless set.
    pub lease: Duration,
    /// How often a reaction is run again because a condition on state failed. 10 unless set.
    pub reruns: u32,
    /// Completed receipts remembered in this process (S-15). 10,000 unless set; 0 turns the cache off.
    pub cache: usize,
    /// Where large payloads are checked in (S-42). Nowhere unless set.
    pub claims: ClaimCheck,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            horizon: Duration::from_hours(42 * 24),
            lease: DEFAULT_LEASE,
            reruns: 10,
            cache: 10_000,
            claims: ClaimCheck::default(),
        }
    }
}

/// How a message was dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It took effect now.
    Applied,
    /// It had taken effect before.
    Duplicate,
    /// A later event of its entity had taken effect before, so this one has none (S-34).
    Stale,
}

/// A service on a table. Cheap to clone; clones share the warm cache.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    service: Service,
    table: Box<dyn AnyTable>,
    host: Arc<dyn Host>,
    settings: Settings,
    cache: Mutex<Cache>,
    ended: Arc<Ended>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("service", &self.inner.service.name).finish_non_exhaustive()
    }
}

/// One delivery of a message: what its record says beside it.
#[derive(Clone, Copy)]
pub(crate) struct Delivery<'a> {
    pub(crate) raw: &'a Raw,
    pub(crate) deadline: Option<Timestamp>,
    /// As [`Task::again`].
    pub(crate) again: bool,
    /// How often the record was received, this time included.
    pub(crate) receives: u32,
    /// The failures that it releases, where it is a dead letter that came back.
    pub(crate) returned: Option<&'a Returned>,
    /// The effects that fail for good go here.
    pub(crate) failed: &'a FailedHandlers,
}

impl<'a> Delivery<'a> {
    /// A first delivery without a deadline.
    pub(crate) fn of(raw: &'a Raw, failed: &'a FailedHandlers) -> Self {
        Self { raw, deadline: None, again: false, receives: 1, returned: None, failed }
    }
}

/// The effects of one message that failed for good, each with its receipt's writer: for the dead letter (S-19).
#[derive(Debug, Default)]
pub(crate) struct FailedHandlers(Mutex<Vec<FailedHandler>>);

impl FailedHandlers {
    fn add(&self, name: &str, token: String) {
        let mut failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failed.push(FailedHandler { name: name.to_owned(), token });
    }

    pub(crate) fn into_vec(self) -> Vec<FailedHandler> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One event on its way through one reaction.
struct Task<'a> {
    raw: &'a Raw,
    decoded: Option<&'a Decoded>,
    route: &'a Route,
    access: Access<'a>,
    receipt: Key,
    hash: PayloadHash<'a>,
    deadline: Option<Timestamp>,
    /// The record was received before: a cold duplicate is likely, so the receipt is read before the handler runs.
    again: bool,
    /// As [`Delivery::receives`].
    receives: u32,
    /// As [`Delivery::returned`].
    returned: Option<&'a Returned>,
    /// As [`Delivery::failed`].
    failed: &'a FailedHandlers,
    /// The namespace that it is handled in (S-40).
    replay: Option<&'a str>,
}

/// Which run of a reaction one is.
struct Try {
    number: u32,
    first_at: Timestamp,
    /// A person said that the effect was applied, so only its emissions are staged.
    has_acted: bool,
}

impl Try {
    fn first(now: Timestamp) -> Self {
        Self { number: 1, first_at: now, has_acted: false }
    }
}

impl Engine {
    /// Puts `service` on `table`.
    ///
    /// # Errors
    /// What [`Service::check`] finds.
    pub fn new(
        service: Service,
        table: impl Table,
        host: Arc<dyn Host>,
        settings: Settings,
    ) -> Result<Self, ServiceError> {
        service.check()?;
        let cache = Mutex::new(Cache::new(settings.cache));
        let (table, ended) = (Box::new(table), Arc::default());
        Ok(Self { inner: Arc::new(Inner { service, table, host, settings, cache, ended }) })
    }

    /// The service.
    pub fn service(&self) -> &Service {
        &self.inner.service
    }

    /// The time of the environment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.host.now()
    }

    /// A number that nobody can foresee.
    pub(crate) fn token(&self) -> Token {
        self.inner.host.token()
    }

    /// Reads an entity, strongly consistent: for queries. Nothing can be saved from here.
    ///
    /// # Errors
    /// Where the table cannot be read, or the item does not fit.
    pub async fn read<T: Entity>(&self, id: &str) -> Result<Option<T>, Failure> {
        self.read_at(state::key::<T>(id)).await
    }

    /// Reads an entity as the handlers that [rebuild](crate::Replay::Rebuild) made it from the events of `replay`, strongly
    /// consistent (S-40).
    ///
    /// # Errors
    /// As [`Engine::read`].
    pub async fn read_replayed<T: Entity>(&self, replay: &str, id: &str) -> Result<Option<T>, Failure> {
        self.read_at(state::key::<T>(id).replayed(Some(replay))).await
    }

    async fn read_at<T: Entity>(&self, key: Key) -> Result<Option<T>, Failure> {
        if state::check_key(&key).is_err() {
            // No table takes such a key, so nothing is under it.
            return Ok(None);
        }
        let items = Access::Alone(&*self.inner.table).get(vec![key.clone()]).await?;
        match items.first().and_then(Option::as_ref) {
            Some(item) => {
                let state::Stored { data, .. } =
                    state::read(item).map_err(|error| Failure::Fault(crate::Fault::permanent(error)))?;
                let value = state::parse(&key, data)
                    .map_err(|error| Failure::Fault(crate::Fault::permanent(error)))?;
                Ok(Some(value))
            }
            None => Ok(None),
        }
    }

    /// Opens the table's connection during init, so that the first event need not (a published figure: 745 of 912 ms).
    ///
    /// # Errors
    /// Where the table cannot be reached.
    pub async fn warm_up(&self) -> Result<(), TableError> {
        self.inner.table.connect().await
    }

    /// Handles one message with every reaction that wants it. Each has a receipt of its own: where one fails, the
    /// others do not run twice when the message comes again.
    ///
    /// # Errors
    /// The first [`Failure`]; one that no retry can help wins over one that a retry may.
    pub async fn handle(&self, raw: &Raw) -> Result<Outcome, Failure> {
        self.handle_within(raw, None, false).await
    }

    /// As [`Engine::handle`], for a delivery with a deadline that may have been `received_before`.
    ///
    /// # Errors
    /// As [`Engine::handle`].
    pub async fn handle_within(
        &self,
        raw: &Raw,
        deadline: Option<Timestamp>,
        received_before: bool,
    ) -> Result<Outcome, Failure> {
        let failed = FailedHandlers::default();
        let receives = 1 + u32::from(received_before);
        let delivery = Delivery { deadline, again: received_before, receives, ..Delivery::of(raw, &failed) };
        self.handle_in(Access::Alone(&*self.inner.table), delivery).await
    }

    /// As [`Engine::handle_within`], alone or together with the rest of a batch.
    pub(crate) async fn handle_in(
        &self,
        access: Access<'_>,
        delivery: Delivery<'_>,
    ) -> Result<Outcome, Failure> {
        let raw = delivery.raw;
        let routes = self.inner.service.routes.get(raw.name.as_str()).ok_or_else(|| self.unknown(raw))?;
        let hash = hash(raw)?;
        let mut outcome = Ok(Outcome::Duplicate);
        for route in routes {
            let task = Task::new(access, &delivery, route, hash.clone());
            match (self.inner.react(&task).await, &outcome) {
                (Ok(Outcome::Applied), Ok(_)) => outcome = Ok(Outcome::Applied),
                (Ok(Outcome::Stale), Ok(Outcome::Duplicate)) => outcome = Ok(Outcome::Stale),
                (Err(failure), Ok(_)) => outcome = Err(failure),
                (Err(failure), Err(earlier)) if failure.is_permanent() && !earlier.is_permanent() => {
                    outcome = Err(failure);
                }
                (Ok(_) | Err(_), _) => {}
            }
        }
        outcome
    }

    /// Handles several events about one `entity`, in order and as one commit where they fit one: what one of them
    /// changes is what the next one sees. The results are in the order of `events`; where a failure must hold back the
    /// rest (`strict`) they end with the first one.
    pub(crate) async fn handle_chain(
        &self,
        access: Access<'_>,
        events: &[Told<'_>],
        entity: &Key,
        strict: bool,
    ) -> Vec<Result<Outcome, Failure>> {
        let failed = FailedHandlers::default();
        let mut tasks = Vec::with_capacity(events.len());
        for (raw, decoded) in events {
            let route = self.inner.service.routes.get(raw.name.as_str()).and_then(|routes| routes.first());
            let task = route
                .ok_or_else(|| self.unknown(raw))
                .and_then(|route| Ok(Task::new(access, &Delivery::of(raw, &failed), route, hash(raw)?)))
                .map(|task| Task { decoded: *decoded, ..task });
            match task {
                Ok(task) => tasks.push(task),
                // Whoever forms a chain has looked: it ends here all the same.
                Err(failure) if tasks.is_empty() => return vec![Err(failure)],
                Err(_) => break,
            }
        }
        self.inner.chain(&tasks, entity, strict).await
    }

    /// The table, for what drives a batch.
    pub(crate) fn table(&self) -> &dyn AnyTable {
        &*self.inner.table
    }

    /// The item that `raw`'s reaction reads and writes, where the event alone tells it: records about one entity are
    /// run one after another.
    pub(crate) fn about(&self, raw: &Raw) -> Option<About> {
        let routes = self.inner.service.routes.get(raw.name.as_str())?;
        // Whoever follows a sequence wants its events one after another.
        let guard = |route: &Route| self.inner.guard(route, raw, route.replay(raw)).ok().flatten();
        if let Some(Guard { key, number, .. }) = routes.iter().find_map(guard) {
            return Some(About { key, chains: false, number, decoded: None });
        }
        // What a claim stands for is fetched later: until then it is about nothing.
        if claim::is_claim(raw) {
            return None;
        }
        let (key, decoded) = routes.iter().find_map(|route| route.entity(raw))?;
        // With one reaction, and a key that a table takes, it can join others in a chain.
        let chains = routes.len() == 1 && state::check_key(&key).is_ok();
        Some(About { key, chains, number: 0, decoded: Some(decoded) })
    }

    fn unknown(&self, raw: &Raw) -> Failure {
        let mut known: Vec<&str> = self.inner.service.routes.keys().copied().collect();
        known.sort_unstable();
        Failure::Unknown {
            name: raw.name.clone(),
            service: self.inner.service.name.clone(),
            known: known.join(", "),
        }
    }
}

/// What an event is about, as the event alone tells it.
#[derive(Debug)]
pub(crate) struct About {
    pub(crate) key: Key,
    /// Whether its only reaction is the pure one on that entity.
    pub(crate) chains: bool,
    /// Its number in a sequence that is followed, 0 elsewhere.
    pub(crate) number: u64,
    /// The event in that reaction's own type.
    pub(crate) decoded: Option<Decoded>,
}

fn hash(raw: &Raw) -> Result<PayloadHash<'_>, Failure> {
    claim::hashes(raw).map_err(Failure::Fault)
}

impl From<group::Stopped> for Failure {
    fn from(_: group::Stopped) -> Self {
        Self::Stopped
    }
}

impl<'a> Task<'a> {
    fn new(access: Access<'a>, delivery: &Delivery<'a>, route: &'a Route, hash: PayloadHash<'a>) -> Self {
        let Delivery { raw, deadline, again, receives, returned, failed } = *delivery;
        let replay = route.replay(raw);
        let receipt = receipt::key(&route.consumer, &raw.source, &raw.id).replayed(replay);
        Self {
            raw,
            decoded: None,
            route,
            access,
            receipt,
            hash,
            deadline,
            again,
            receives,
            returned,
            failed,
            replay,
        }
    }
}

impl Inner {
    fn guard<'a>(
        &self,
        route: &Route,
        raw: &'a Raw,
        replay: Option<&str>,
    ) -> Result<Option<Guard<'a>>, crate::Fault> {
        Guard::of(route.reaction.order(), &self.service.name, raw, replay)
    }

    async fn react(&self, task: &Task<'_>) -> Result<Outcome, Failure> {
        let reaction = &task.route.reaction;
        let mode = reaction.mode();
        if mode != Mode::NaturallyIdempotent
            && let Some(known) = self.cached(task)
        {
            return known;
        }
        // What is fetched is memory, so it counts towards the bound (S-21).
        let slot = if reaction.is_pure() && !claim::is_claim(task.raw) {
            None
        } else {
            Some(task.access.enter().await.map_err(|_| Failure::Unstarted)?)
        };
        if task.access.is_closed(self.host.now()) {
            return Err(Failure::Unstarted);
        }
        // Boxes keep what few records need out of what every record holds while it waits.
        if claim::is_claim(task.raw) {
            return Box::pin(self.redeem(task, mode, slot)).await;
        }
        self.react_to(task, mode, slot).await
    }

    /// As [`Inner::react`], once the payload is fetched that the event is a claim for (S-42).
    async fn redeem(&self, task: &Task<'_>, mode: Mode, slot: Option<Slot<'_>>) -> Result<Outcome, Failure> {
        let claims = &self.settings.claims;
        match task.access.until_stopped(claims.redeem(task.raw, task.receives)).await? {
            Ok(whole) => {
                let (receipt, hash) = (task.receipt.clone(), task.hash.with(whole.data.get()));
                let redeemed = Task { raw: &whole, decoded: None, receipt, hash, ..*task };
                self.react_to(&redeemed, mode, slot).await
            }
            // A duplicate whose payload has expired is still a duplicate.
            Err(fault) => self.unless_known(task, Failure::Fault(fault)).await,
        }
    }

    async fn react_to(
        &self,
        task: &Task<'_>,
        mode: Mode,
        slot: Option<Slot<'_>>,
    ) -> Result<Outcome, Failure> {
        match mode {
            Mode::Transactional => self.transact(task, slot).await,
            Mode::Leased { lease, key_ttl } => Box::pin(self.lease(task, slot, lease, key_ttl)).await,
            Mode::NaturallyIdempotent => Box::pin(self.run_bare(task, slot)).await,
        }
    }

    async fn run(
        &self,
        task: &Task<'_>,
        ahead: &[(Key, Option<Item>)],
        unread: Option<&Key>,
        Try { number, first_at, has_acted }: Try,
        slot: Option<Slot<'_>>,
    ) -> Result<Staged, Failure> {
        let keys = Keys::default();
        let attempt =
            Attempt { keys: &keys, number, first_at, cause: task.raw, consumer: &task.route.consumer };
        let run = Run {
            cause: task.raw,
            decoded: task.decoded,
            service: &self.service.name,
            consumer: &task.route.consumer,
            access: task.access,
            now: self.host.now(),
            replay: task.replay,
            ahead,
            unread,
            staged: Staged::default(),
        };
        // The invocation is the parent of many records' spans, and what each event came from cannot be: it is a link (S-44).
        let span = tracing::info_span!(
            "handle",
            consumer = run.consumer,
            event = run.cause.name,
            source = run.cause.source,
            event_id = run.cause.id,
            correlation_id = run.cause.correlation_id,
            link = run.cause.traceparent(),
        );
        // A panic is a failed run (S-6): what was staged is dropped with it, and a lease is given up with what it said.
        let reaction = &task.route.reaction;
        let body = if has_acted { reaction.done(run) } else { reaction.run(run, &attempt) };
        let body = panics::catch_async(body).instrument(span);
        let slot = match slot {
            Some(slot) => Some(slot),
            None if task.route.reaction.is_pure() => None,
            None => Some(task.access.enter().await?),
        };
        let result = task.access.body(slot, body).await?;
        match result {
            Ok(Ok(mut staged)) => {
                if !staged.due.is_empty() {
                    let due = std::mem::take(&mut staged.due);
                    let stored = self.settings.claims.check_in_emitted(&mut staged.emitted, &due);
                    Box::pin(task.access.until_stopped(stored))
                        .await?
                        .map_err(|fault| Failure::Fault(fault.may_have_acted()))?;
                }
                Ok(staged)
            }
            Ok(Err(RunError::Decode(error))) => Err(Failure::Decode(error)),
            Ok(Err(RunError::Fault(fault))) => Err(Failure::Fault(fault)),
            Err(caught) => Err(Failure::Panic(caught)),
        }
    }

    /// Writes as `token`: our own token in a refusal is success.
    async fn write(
        &self,
        access: Access<'_>,
        writes: Vec<Write>,
        reads: Vec<Key>,
        token: Token,
    ) -> Result<(), CommitError> {
        match access.commit(writes, reads).await {
            Err(CommitError::Write(error)) => settle(Err(error), token).map_err(CommitError::Write),
            other => other,
        }
    }

    /// A confirmed duplicate or mismatch from the warm cache: 0 requests.
    fn cached(&self, task: &Task<'_>) -> Option<Result<Outcome, Failure>> {
        let cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = cache.get(&task.receipt, self.host.now())?;
        if seen.version != task.raw.version {
            return Some(Ok(Outcome::Duplicate));
        }
        match task.hash.against(&seen.hash) {
            Comparison::Same => Some(Ok(Outcome::Duplicate)),
            Comparison::Other { now } => Some(Err(mismatch(task, seen.hash.clone(), now))),
            // The receipt itself, and the payload that a claim is for, say more.
            Comparison::Unknown => None,
        }
    }

    fn remember(&self, task: &Task<'_>, hash: String, version: u16, expires: Timestamp) {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        cache.insert(task.receipt.clone(), hash, version, self.host.now(), expires);
    }

    /// Marks the writes of one commit.
    fn token(&self, access: Access<'_>) -> Token {
        access.token().unwrap_or_else(|| self.host.token())
    }

    /// When a receipt that is written now may be forgotten.
    fn expiry(&self) -> Timestamp {
        after(self.host.now(), self.settings.horizon)
    }

    fn blank(&self, task: &Task<'_>, now: Timestamp) -> Receipt {
        Receipt {
            key: task.receipt.clone(),
            status: Status::Completed,
            hash: task.hash.newest().to_owned(),
            version: task.raw.version,
            attempt: 1,
            first_at: now,
            uncertain: None,
            emitted: Vec::new(),
            last_error: None,
            expires: after(now, self.settings.horizon),
        }
    }

    /// What a stored receipt means for this delivery: it is over, or leave to take over.
    fn judge(&self, task: &Task<'_>, stored: &Receipt, key_ttl: Option<Duration>) -> Result<Judged, Failure> {
        match stored.judge(&task.hash, task.raw.version, self.host.now(), key_ttl) {
            Verdict::Duplicate => {
                self.remember(task, stored.hash.clone(), stored.version, stored.expires);
                Ok(Judged::Over(Outcome::Duplicate))
            }
            Verdict::Mismatch { first, now } => Err(mismatch(task, first, now)),
            Verdict::Incomparable { hash } => Err(Failure::Fault(crate::Fault::retry(format!(
                "receipt {} holds the payload hash {hash:.60}, of an algorithm that this build does not know: a newer build wrote \
                 it, so the message is retried until a deploy knows it",
                stored.key
            )))),
            Verdict::InProgress { until } => Err(Failure::InProgress { until }),
            Verdict::TakeOver { attempt, first_at } => Ok(Judged::TakeOver { attempt, first_at }),
            Verdict::Remembered { error } => Err(Failure::Remembered { error }),
            Verdict::Acted => Ok(Judged::Acted),
            Verdict::OutcomeUnknown { attempts, first_at } => {
                Err(unknown_outcome(task, attempts, first_at, stored))
            }
        }
    }
}

enum Judged {
    Over(Outcome),
    TakeOver {
        attempt: u32,
        first_at: Timestamp,
    },
    /// The effect was applied: only its emissions are to be committed.
    Acted,
}

/// Notes the writer of a failed receipt for the dead letter.
fn remember_failed(task: &Task<'_>, stored: &Item, failure: &Failure) {
    if let (Failure::Remembered { .. }, Some(writer)) = (failure, stored.get_text(attribute::OWNER)) {
        task.failed.add(task.route.handler, writer.to_owned());
    }
}

fn unknown_outcome(task: &Task<'_>, attempts: u32, first_at: Timestamp, stored: &Receipt) -> Failure {
    let (handler, last_error) = (task.route.handler, stored.last_error.clone());
    Failure::OutcomeUnknown { handler, attempts, first_at, last_error }
}

fn mismatch(task: &Task<'_>, first: String, now: String) -> Failure {
    Failure::PayloadMismatch { publisher: task.raw.source.clone(), id: task.raw.id.clone(), first, now }
}

fn read_receipt(item: &Item) -> Result<Receipt, Failure> {
    Receipt::from_item(item).map_err(|error| Failure::Fault(error.into()))
}

fn after(now: Timestamp, delay: Duration) -> Timestamp {
    now.checked_add(delay).unwrap_or(Timestamp::MAX)
}

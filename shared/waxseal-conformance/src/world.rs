//! One statement's world: a table, a clock, and functions that each have their own line to the table.
//!
//! Troubles are played on a function's line, in front of the table: from the protocol's side a crashed process, a lost
//! answer and an outage are all the same as a line that does not answer.

use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use waxseal_testing::ManualHost;

use super::env::ContractEnv;
use waxseal::{
    BoxError, Emission, Engine, Entity, Failure, Outcome, Raw, Service, Settings, Table,
    batch::{Batches, Content, Delay, Policy, ReceiptHandle, Record, RecordOutcome, Visibility, failures},
    dead_letter::{DeadLetter, DeadLetters},
    row::{Receipt, receipt, state},
    table::{Found, Item, Key, Page, Query, Scan, ScanPage, TableError, Write, WriteError, attribute},
};

/// The table and the time that a statement's functions share.
pub(super) struct World<T> {
    pub(super) table: T,
    pub(super) clock: Arc<ManualHost>,
}

impl<T: Table + Clone> World<T> {
    pub(super) async fn of<E: ContractEnv<Table = T>>(env: &E) -> Self {
        Self { table: env.table().await, clock: Arc::new(ManualHost::new(env.start())) }
    }

    /// A process that runs `service`: its own cache, its own line to the table.
    pub(super) fn function(&self, service: Service) -> Function<T> {
        self.function_with(service, Settings::default())
    }

    /// A process that remembers nothing: every duplicate is cold.
    pub(super) fn cold(&self, service: Service) -> Function<T> {
        self.function_with(service, settings(|it| it.cache = 0))
    }

    pub(super) fn function_with(&self, service: Service, settings: Settings) -> Function<T> {
        self.function_on(self.line(), service, settings)
    }

    /// A line for a process whose script plays with it.
    pub(super) fn line(&self) -> Line<T> {
        Line { table: self.table.clone(), state: Arc::default() }
    }

    pub(super) fn function_on(&self, line: Line<T>, service: Service, settings: Settings) -> Function<T> {
        let engine = Engine::new(service, line.clone(), self.clock.clone(), settings)
            .expect("the contract's services are sound");
        Function { engine, line }
    }

    pub(super) async fn item(&self, key: &Key) -> Option<Item> {
        let mut items = self
            .table
            .get(std::slice::from_ref(key))
            .await
            .expect("the table can be read: its line is not cut");
        assert_eq!(items.len(), 1, "a table answers for every key that it was asked for");
        items.remove(0)
    }

    /// The stored item, whole: to see that something changed nothing.
    pub(super) async fn receipt_item(&self, consumer: &str, raw: &Raw) -> Option<Item> {
        self.item(&receipt::key(consumer, &raw.source, &raw.id)).await
    }

    pub(super) async fn receipt(&self, consumer: &str, raw: &Raw) -> Option<Receipt> {
        let item = self.receipt_item(consumer, raw).await?;
        Some(Receipt::from_item(&item).expect("what lies under a receipt's key is a receipt"))
    }

    /// What the consumer's receipt of `raw` emitted.
    pub(super) async fn emitted(&self, consumer: &str, raw: &Raw) -> Vec<Emission> {
        let item = self.receipt_item(consumer, raw).await;
        let text = item.as_ref().and_then(|item| item.get_text(attribute::EMITTED)).unwrap_or("[]");
        waxseal::read_emissions(text).expect("an outbox is a list of emissions")
    }

    pub(super) async fn entity<S: Entity>(&self, id: &str) -> Option<S> {
        let key = state::key::<S>(id);
        let item = self.item(&key).await?;
        let value =
            state::value::<S>(&item).expect("an entity's item has data and a version, and fits its type");
        value.map(|(value, _)| value)
    }
}

/// The default policy, changed.
pub(super) fn policy(change: impl FnOnce(&mut Policy)) -> Policy {
    let mut policy = Policy::default();
    change(&mut policy);
    policy
}

/// The default settings, changed.
pub(super) fn settings(change: impl FnOnce(&mut Settings)) -> Settings {
    let mut settings = Settings::default();
    change(&mut settings);
    settings
}

/// One process: an engine and its line to the table.
pub(super) struct Function<T> {
    pub(super) engine: Engine,
    pub(super) line: Line<T>,
}

impl<T: Table> Function<T> {
    pub(super) async fn deliver(&self, raw: &Raw) -> Result<Outcome, Failure> {
        self.engine.handle(raw).await
    }

    /// Delivers and says how many requests it took.
    pub(super) async fn count(&self, raw: &Raw) -> (Result<Outcome, Failure>, usize) {
        let before = self.line.requests();
        let result = self.engine.handle(raw).await;
        (result, self.line.requests() - before)
    }

    /// Runs a batch; the answer to Lambda and the verdicts.
    pub(super) async fn batch(
        &self,
        records: &[Record],
        letters: &Letters,
        policy: Policy,
    ) -> (Vec<String>, Vec<RecordOutcome>) {
        let batches = Batches::new(self.engine.clone(), letters.clone(), policy);
        let verdicts = batches.run(records, None).await;
        assert_eq!(verdicts.len(), records.len(), "a verdict for each record");
        let failed = failures(records, &verdicts).expect("the contract's records have ids");
        (failed.into_iter().map(str::to_owned).collect(), verdicts)
    }
}

/// What goes wrong with a write.
#[derive(Debug, Clone, Copy)]
pub(super) enum Trouble {
    /// It is applied, its answer is lost, and the client's own retry is refused by the first.
    Echo,
    /// It is applied and the answer is lost.
    AnswerLost,
    /// It never arrives.
    NeverArrives,
    /// It is applied, or not, and no answer ever comes.
    Silent { applied: bool },
}

/// One process's line to a table: counts requests, and fails as told.
pub(super) struct Line<T> {
    table: T,
    state: Arc<Mutex<Traffic>>,
}

/// Whether a write does not arrive.
type Stuck = fn(&Write) -> bool;

#[derive(Default)]
struct Traffic {
    reads: usize,
    writes: usize,
    cut: bool,
    /// Which writes do not arrive, and how many of them.
    stuck: Option<(Stuck, usize)>,
    /// Which writes stay without an answer.
    hung: Option<Stuck>,
    /// Keys that reads stay without an answer for.
    silent: Vec<Key>,
    /// How long the answer to a read is under way: what it says may be of yesterday when it arrives.
    breaths: usize,
    troubles: VecDeque<Trouble>,
    /// No answer comes any more.
    is_silent: bool,
    /// Calls that wait for an answer that never comes, and writes that were answered.
    waiting: usize,
    answered: usize,
    /// What happens elsewhere before the next write arrives.
    meanwhile: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl<T: Clone> Clone for Line<T> {
    fn clone(&self) -> Self {
        Self { table: self.table.clone(), state: self.state.clone() }
    }
}

impl<T> Line<T> {
    fn traffic(&self) -> MutexGuard<'_, Traffic> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn requests(&self) -> usize {
        let traffic = self.traffic();
        traffic.reads + traffic.writes
    }

    /// Reads and writes.
    pub(super) fn counts(&self) -> (usize, usize) {
        let traffic = self.traffic();
        (traffic.reads, traffic.writes)
    }

    /// Lets something else happen before the next write arrives.
    pub(super) fn meanwhile(&self, other: impl Future<Output = ()> + Send + 'static) {
        self.traffic().meanwhile = Some(Box::pin(other));
    }

    /// From now on reads are answered late, with what was there when they arrived.
    pub(super) fn answer_late(&self) {
        self.traffic().breaths = 20;
    }

    /// The next `count` requests with such a write do not arrive.
    pub(super) fn stick(&self, count: usize, stuck: Stuck) {
        self.traffic().stuck = Some((stuck, count));
    }

    /// Requests with such a write stay without an answer.
    pub(super) fn hang(&self, hung: Stuck) {
        self.traffic().hung = Some(hung);
    }

    fn is_stuck(&self, writes: &[Write]) -> bool {
        match &mut self.traffic().stuck {
            Some((stuck, count)) if *count > 0 && writes.iter().any(*stuck) => {
                *count -= 1;
                true
            }
            _ => false,
        }
    }

    /// Reads stay without an answer for these keys alone, as `BatchGetItem` leaves them unprocessed.
    pub(super) fn silence(&self, keys: impl IntoIterator<Item = Key>) {
        self.traffic().silent.extend(keys);
    }

    /// From now on no call is answered.
    pub(super) fn fall_silent(&self) {
        self.traffic().is_silent = true;
    }

    /// How many calls wait for an answer that never comes.
    pub(super) fn waiting(&self) -> usize {
        self.traffic().waiting
    }

    /// How many writes were answered.
    pub(super) fn answered(&self) -> usize {
        self.traffic().answered
    }

    async fn wait_for_ever(&self) {
        self.traffic().waiting += 1;
        std::future::pending().await
    }

    async fn unless_silent(&self) {
        let is_silent = self.traffic().is_silent;
        if is_silent {
            self.wait_for_ever().await;
        }
    }

    /// Nothing arrives any more: the process is dead, or may as well be.
    pub(super) fn cut(&self) {
        self.traffic().cut = true;
    }

    /// The next writes meet these troubles, one each.
    pub(super) fn trouble(&self, troubles: impl IntoIterator<Item = Trouble>) {
        self.traffic().troubles.extend(troubles);
    }

    fn request(&self, action: &'static str) -> Result<(), TableError> {
        let mut traffic = self.traffic();
        *(if action == "write" { &mut traffic.writes } else { &mut traffic.reads }) += 1;
        if traffic.cut { Err(unavailable(action)) } else { Ok(()) }
    }
}

fn unavailable(action: &'static str) -> TableError {
    TableError { table: "contract".to_owned(), action, source: "the line is cut".into() }
}

impl<T: Table> Table for Line<T> {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableError> {
        self.get_each(keys).await?.into_iter().collect()
    }

    async fn get_each(&self, keys: &[Key]) -> Result<Vec<Found>, TableError> {
        self.request("get")?;
        self.unless_silent().await;
        // A request takes time, in which others run: a table in memory would never show a race otherwise.
        breathe().await;
        let mut answer = self.table.get_each(keys).await;
        let breaths = self.traffic().breaths;
        for _ in 0..breaths {
            breathe().await;
        }
        let silent = self.traffic().silent.clone();
        for (key, found) in keys.iter().zip(answer.iter_mut().flatten()) {
            if silent.contains(key) {
                *found = Err(unavailable("get"));
            }
        }
        answer
    }

    async fn query(&self, query: &Query) -> Result<Page, TableError> {
        self.request("query")?;
        self.unless_silent().await;
        breathe().await;
        self.table.query(query).await
    }

    async fn scan(&self, scan: &Scan) -> Result<ScanPage, TableError> {
        self.request("scan")?;
        self.unless_silent().await;
        breathe().await;
        self.table.scan(scan).await
    }

    async fn write(&self, writes: &[Write]) -> Result<(), WriteError> {
        self.request("write").map_err(WriteError::Unavailable)?;
        self.unless_silent().await;
        breathe().await;
        if self.is_stuck(writes) {
            return Err(WriteError::Unavailable(unavailable("write")));
        }
        let hung = self.traffic().hung;
        if hung.is_some_and(|hung| writes.iter().any(hung)) {
            self.wait_for_ever().await;
        }
        let meanwhile = self.traffic().meanwhile.take();
        if let Some(meanwhile) = meanwhile {
            meanwhile.await;
        }
        let trouble = self.traffic().troubles.pop_front();
        let answer = match trouble {
            None => self.table.write(writes).await,
            Some(Trouble::Echo) => {
                self.table.write(writes).await?;
                self.table.write(writes).await
            }
            Some(Trouble::AnswerLost) => {
                self.table.write(writes).await?;
                Err(WriteError::Unavailable(unavailable("write")))
            }
            Some(Trouble::NeverArrives) => Err(WriteError::Unavailable(unavailable("write"))),
            Some(Trouble::Silent { applied }) => {
                if applied {
                    self.table.write(writes).await?;
                }
                self.wait_for_ever().await;
                Ok(())
            }
        };
        self.traffic().answered += 1;
        answer
    }
}

/// Lets others run once.
pub(super) fn breathe() -> impl Future<Output = ()> + Send {
    struct Once(bool);
    impl Future for Once {
        type Output = ();
        fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
            if self.0 {
                return Poll::Ready(());
            }
            self.0 = true;
            context.waker().wake_by_ref();
            Poll::Pending
        }
    }
    Once(false)
}

/// Records letters, or refuses them.
#[derive(Debug, Clone, Default)]
pub(super) struct Letters {
    kept: Arc<Mutex<Vec<DeadLetter>>>,
    refuse: Arc<AtomicBool>,
    /// No answer comes.
    is_silent: bool,
}

impl Letters {
    /// A queue that cannot be written.
    pub(super) fn refusing() -> Self {
        let letters = Self::default();
        letters.refuse.store(true, Ordering::SeqCst);
        letters
    }

    /// A queue that never answers.
    pub(super) fn silent() -> Self {
        Self { is_silent: true, ..Self::default() }
    }

    pub(super) fn kept(&self) -> Vec<DeadLetter> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl DeadLetters for Letters {
    async fn send(&self, letter: DeadLetter) -> Result<(), BoxError> {
        breathe().await;
        if self.is_silent {
            std::future::pending::<()>().await;
        }
        if self.refuse.load(Ordering::SeqCst) {
            return Err("AWS.SimpleQueueService.NonExistentQueue".into());
        }
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).push(letter);
        Ok(())
    }
}

/// Records what it is told to delay.
#[derive(Debug, Clone, Default)]
pub(super) struct Delays {
    told: Arc<Mutex<Vec<(String, Duration)>>>,
    /// No answer comes.
    is_silent: bool,
}

impl Delays {
    /// A queue that never answers.
    pub(super) fn silent() -> Self {
        Self { is_silent: true, ..Self::default() }
    }

    pub(super) fn is_told(&self) -> bool {
        !self.told.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    pub(super) fn take(&self) -> Vec<(String, Duration)> {
        std::mem::take(&mut *self.told.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Visibility for Delays {
    async fn delay(&self, delays: Vec<Delay>) {
        breathe().await;
        let delays = delays.into_iter().map(|delay| (delay.receipt_handle.handle, delay.after));
        self.told.lock().unwrap_or_else(PoisonError::into_inner).extend(delays);
        if self.is_silent {
            std::future::pending::<()>().await;
        }
    }
}

/// The same record, received this often, by a delivery that its queue knows.
pub(super) fn received(times: u32, record: Record) -> Record {
    let handle = ReceiptHandle {
        queue: "arn:aws:sqs:eu-west-1:123456789012:orders".to_owned(),
        handle: record.id.clone(),
    };
    Record { receives: times, receipt_handle: Some(handle), ..record }
}

/// An SQS record that holds `raw`, received for the first time.
pub(super) fn record(id: &str, raw: &Raw) -> Record {
    let body = serde_json::to_vec(raw).expect("an envelope has a JSON form");
    Record::new(id, body, Content::Message(Box::new(raw.clone())))
}

/// The same in a FIFO message group.
pub(super) fn grouped(id: &str, group: &str, raw: &Raw) -> Record {
    Record { group: Some(group.to_owned()), ..record(id, raw) }
}

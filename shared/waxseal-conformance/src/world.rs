//! One statement's world: a table, a clock, and functions that each have their own line to the
//! table.
//!
//! Faults are simulated on a function's line, in front of the table. To the protocol a crashed
//! process, a lost answer and an outage are all the same: a line that does not answer.

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

    /// A process that runs `service`, with its own cache and its own line to the table.
    pub(super) fn function(&self, service: Service) -> Function<T> {
        self.function_with(service, Settings::default())
    }

    /// A process with an empty cache: every duplicate is cold.
    pub(super) fn cold(&self, service: Service) -> Function<T> {
        self.function_with(service, settings(|it| it.cache = 0))
    }

    pub(super) fn function_with(&self, service: Service, settings: Settings) -> Function<T> {
        self.function_on(self.line(), service, settings)
    }

    /// A line for a process whose script uses it.
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

    /// The whole stored item, to check that nothing changed it.
    pub(super) async fn receipt_item(&self, consumer: &str, raw: &Raw) -> Option<Item> {
        self.item(&receipt::key(consumer, &raw.source, &raw.id)).await
    }

    pub(super) async fn receipt(&self, consumer: &str, raw: &Raw) -> Option<Receipt> {
        let item = self.receipt_item(consumer, raw).await?;
        Some(Receipt::from_item(&item).expect("what lies under a receipt's key is a receipt"))
    }

    /// The emissions in the consumer's receipt of `raw`.
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

    /// Delivers, and counts the requests.
    pub(super) async fn count(&self, raw: &Raw) -> (Result<Outcome, Failure>, usize) {
        let before = self.line.requests();
        let result = self.engine.handle(raw).await;
        (result, self.line.requests() - before)
    }

    /// Runs a batch; the answer to Lambda and the outcomes.
    pub(super) async fn batch(
        &self,
        records: &[Record],
        dead_letters: &RecordedDeadLetters,
        policy: Policy,
    ) -> (Vec<String>, Vec<RecordOutcome>) {
        let batches = Batches::new(self.engine.clone(), dead_letters.clone(), policy);
        let outcomes = batches.run(records, None).await;
        assert_eq!(outcomes.len(), records.len(), "an outcome for each record");
        let failed = failures(records, &outcomes).expect("the contract's records have ids");
        (failed.into_iter().map(str::to_owned).collect(), outcomes)
    }
}

/// The fault of a write.
#[derive(Debug, Clone, Copy)]
pub(super) enum WriteFault {
    /// The write is applied, its answer is lost, and the client's own retry is refused by the
    /// first.
    Echo,
    /// The write is applied, and the answer is lost.
    AnswerLost,
    /// The write never arrives.
    NeverArrives,
    /// The write is applied, or not, and no answer ever comes.
    Silent { applied: bool },
}

/// One process's line to a table. It counts requests, and fails on demand.
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
    /// The writes that do not arrive, and their number.
    stuck: Option<(Stuck, usize)>,
    /// The writes that get no answer.
    hung: Option<Stuck>,
    /// The keys whose reads get no answer.
    silent: Vec<Key>,
    /// The polls that the answer to a read takes. Its content may be outdated when it arrives.
    breaths: usize,
    faults: VecDeque<WriteFault>,
    /// Whether answers have stopped.
    is_silent: bool,
    /// The calls that wait for an answer that never comes, and the writes that were answered.
    waiting: usize,
    answered: usize,
    /// The work elsewhere before the next write arrives.
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

    /// The counts of reads and writes.
    pub(super) fn counts(&self) -> (usize, usize) {
        let traffic = self.traffic();
        (traffic.reads, traffic.writes)
    }

    /// Runs other work before the next write arrives.
    pub(super) fn meanwhile(&self, other: impl Future<Output = ()> + Send + 'static) {
        self.traffic().meanwhile = Some(Box::pin(other));
    }

    /// Delays the answers to reads from now on; they hold the items at the read's arrival.
    pub(super) fn answer_late(&self) {
        self.traffic().breaths = 20;
    }

    /// The next `count` requests with such a write do not arrive.
    pub(super) fn stick(&self, count: usize, stuck: Stuck) {
        self.traffic().stuck = Some((stuck, count));
    }

    /// Requests with such a write get no answer.
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

    /// Reads of these keys alone get no answer, as `BatchGetItem` leaves keys unprocessed.
    pub(super) fn silence(&self, keys: impl IntoIterator<Item = Key>) {
        self.traffic().silent.extend(keys);
    }

    /// From now on no call is answered.
    pub(super) fn fall_silent(&self) {
        self.traffic().is_silent = true;
    }

    /// The number of calls that wait for an answer that never comes.
    pub(super) fn waiting(&self) -> usize {
        self.traffic().waiting
    }

    /// The number of writes that were answered.
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

    /// From now on nothing arrives, as if the process were dead.
    pub(super) fn cut(&self) {
        self.traffic().cut = true;
    }

    /// The next writes meet these faults, one each.
    pub(super) fn fail_writes(&self, faults: impl IntoIterator<Item = WriteFault>) {
        self.traffic().faults.extend(faults);
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
        // A request takes time, in which others run. A table in memory would otherwise never show a
        // race.
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
        let fail_writes = self.traffic().faults.pop_front();
        let answer = match fail_writes {
            None => self.table.write(writes).await,
            Some(WriteFault::Echo) => {
                self.table.write(writes).await?;
                self.table.write(writes).await
            }
            Some(WriteFault::AnswerLost) => {
                self.table.write(writes).await?;
                Err(WriteError::Unavailable(unavailable("write")))
            }
            Some(WriteFault::NeverArrives) => Err(WriteError::Unavailable(unavailable("write"))),
            Some(WriteFault::Silent { applied }) => {
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

/// Lets other futures run once.
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

/// Dead letters that are recorded, or refused.
#[derive(Debug, Clone, Default)]
pub(super) struct RecordedDeadLetters {
    kept: Arc<Mutex<Vec<DeadLetter>>>,
    refuse: Arc<AtomicBool>,
    /// Whether no answer comes.
    is_silent: bool,
}

impl RecordedDeadLetters {
    /// A queue that cannot be written.
    pub(super) fn refusing() -> Self {
        let dead_letters = Self::default();
        dead_letters.refuse.store(true, Ordering::SeqCst);
        dead_letters
    }

    /// A queue that never answers.
    pub(super) fn silent() -> Self {
        Self { is_silent: true, ..Self::default() }
    }

    pub(super) fn kept(&self) -> Vec<DeadLetter> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl DeadLetters for RecordedDeadLetters {
    async fn send(&self, dead_letter: DeadLetter) -> Result<(), BoxError> {
        breathe().await;
        if self.is_silent {
            std::future::pending::<()>().await;
        }
        if self.refuse.load(Ordering::SeqCst) {
            return Err("AWS.SimpleQueueService.NonExistentQueue".into());
        }
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).push(dead_letter);
        Ok(())
    }
}

/// Records the delays that it is told.
#[derive(Debug, Clone, Default)]
pub(super) struct Delays {
    told: Arc<Mutex<Vec<(String, Duration)>>>,
    /// Whether no answer comes.
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

/// The same record after this many receives, with a receipt handle.
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

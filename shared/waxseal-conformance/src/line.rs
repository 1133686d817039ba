//! One process's line to a table: it counts requests, and fails on demand.

use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    sync::{Arc, MutexGuard},
    task::{Context, Poll},
};

use waxseal::{
    Table,
    lock::Lock,
    table::{Due, DuePage, Found, Item, Key, Page, Query, Scan, ScanPage, TableError, Write, WriteError},
};

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
    state: Arc<Lock<Traffic>>,
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
    /// A line that works.
    pub(super) fn new(table: T) -> Self {
        Self { table, state: Arc::default() }
    }

    fn traffic(&self) -> MutexGuard<'_, Traffic> {
        self.state.lock()
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
    TableError::new("contract", action, "the line is cut")
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

    async fn due(&self, due: &Due) -> Result<DuePage, TableError> {
        self.request("due")?;
        self.unless_silent().await;
        breathe().await;
        self.table.due(due).await
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

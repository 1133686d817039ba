//! The group of a batch's records. They share requests, the bound on running handlers, and the end.
//!
//! Each record runs as if it were alone and asks the group for its reads and writes. The group
//! polls every record until none can go on. Then it sends their requests: reads as one batch read,
//! commits as [`plan`] decides. Records that are ready at the same time thus share requests. No
//! record waits for a slow handler, and no timer is needed.

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::{
        Arc, MutexGuard,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use async_lock::Semaphore;
use foldhash::HashMap;
use futures_channel::oneshot;
use futures_util::{
    FutureExt as _, Stream as _, StreamExt as _,
    future::{Either, Shared, select},
    stream::FuturesUnordered,
};

use crate::{
    commit::{
        permit::{CommitError, EntityLock, Slot, Stopped, WriteEpoch},
        plan::{Grouping, Touched, plan},
        requests::{
            Commit, Find, Queue, Read, Request, answer, find, is_shareable, read, refuse_overwritten,
            unanswered,
        },
    },
    end::{End, Point},
    lock::Lock,
    table::{AnyTable, Found, Key, LARGEST_READ, Page, Query, TableError, Write, WriteError, check_size},
    token::Token,
};
use waxseal_message::Timestamp;

/// The shared part of one batch. Each invocation has its own (S-23).
pub(crate) struct Group {
    grouping: Grouping,
    closes: Option<Timestamp>,
    queue: Lock<Queue>,
    bodies: Semaphore,
    is_stopped: AtomicBool,
    stop: Lock<Option<oneshot::Sender<()>>>,
    stopped: Shared<oneshot::Receiver<()>>,
    locks: Lock<HashMap<Key, Arc<Semaphore>>>,
    /// One token of the host, and the number of tokens made from it. Entropy may be a system call,
    /// so the host is asked once.
    token: Token,
    tokens: AtomicU64,
    /// The number of requests sent.
    requests: AtomicU64,
}

impl Group {
    /// A group that runs at most `bodies` handlers at once and starts nothing from `closes` on.
    /// `token` is its own.
    pub(crate) fn new(bodies: usize, grouping: Grouping, closes: Option<Timestamp>, token: Token) -> Self {
        let (stop, stopped) = oneshot::channel();
        Self {
            grouping,
            closes,
            queue: Lock::default(),
            bodies: Semaphore::new(bodies.max(1)),
            is_stopped: AtomicBool::new(false),
            stop: Lock::new(Some(stop)),
            stopped: stopped.shared(),
            locks: Lock::default(),
            token,
            tokens: AtomicU64::new(0),
            requests: AtomicU64::new(0),
        }
    }

    /// The number of requests that the group has sent.
    pub(crate) fn sent(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// The next writer token. It is as unlikely to collide as the host's own tokens. The count is
    /// in the upper half, so that the token also differs from those of a host that counts.
    pub(super) fn token(&self) -> Token {
        let count = u128::from(self.tokens.fetch_add(1, Ordering::Relaxed));
        Token(self.token.0 ^ count << 64)
    }

    pub(super) async fn enter(&self) -> Result<Slot<'_>, Stopped> {
        self.until_stopped(self.bodies.acquire()).await.map(|slot| Slot(Some(slot)))
    }

    pub(super) fn epoch(&self) -> WriteEpoch {
        WriteEpoch(self.queue().epoch)
    }

    /// The `keys` that the batch has written since `began`.
    pub(super) fn written_since<'k>(
        &self,
        began: WriteEpoch,
        keys: impl Iterator<Item = &'k Key>,
    ) -> Vec<Key> {
        let queue = self.queue();
        let is_ours = |key: &&Key| queue.written.get(*key).is_some_and(|written| *written > began.0);
        keys.filter(is_ours).cloned().collect()
    }

    pub(crate) fn is_closed(&self, now: Timestamp) -> bool {
        self.is_stopped() || self.closes.is_some_and(|closes| closes <= now)
    }

    fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::SeqCst)
    }

    fn stop(&self) {
        self.is_stopped.store(true, Ordering::SeqCst);
        let stop = self.stop.lock().take();
        // The send fails where no body runs, which is no error.
        let _stopped = stop.map(|stop| stop.send(()));
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock()
    }

    pub(super) async fn get(&self, keys: Vec<Key>) -> Result<Vec<Found>, TableError> {
        let (answer, answered) = oneshot::channel();
        self.queue().reads.push(Read { keys, answer });
        answered.await.unwrap_or_else(|_| Err(unanswered("read")))
    }

    pub(super) async fn query(&self, query: Query) -> Result<Page, TableError> {
        let (answer, answered) = oneshot::channel();
        self.queue().finds.push(Find { query, answer });
        answered.await.unwrap_or_else(|_| Err(unanswered("query")))
    }

    pub(super) async fn commit(&self, writes: Vec<Write>, reads: Vec<Key>) -> Result<(), CommitError> {
        // An oversized commit must fail here, before it fails the records that would share its
        // request.
        check_size(&writes).map_err(|limit| CommitError::Write(WriteError::TooLarge(limit)))?;
        let (answer, answered) = oneshot::channel();
        self.queue().commits.push(Commit { writes, reads, answer });
        let lost = |_| Err(CommitError::Write(WriteError::Unavailable(unanswered("write"))));
        answered.await.unwrap_or_else(lost)
    }

    pub(super) async fn until_stopped<T>(&self, work: impl Future<Output = T>) -> Result<T, Stopped> {
        if self.is_stopped() {
            return Err(Stopped);
        }
        // The work is polled first: most of it never waits, and then the stop need not be polled.
        match select(pin!(work), self.stopped.clone()).await {
            Either::Left((result, _)) => Ok(result),
            Either::Right(_) => Err(Stopped),
        }
    }

    pub(super) async fn lock(&self, mut keys: Vec<Key>) -> EntityLock {
        // The locks are taken in the order of the keys, so two records that want the same keys
        // cannot deadlock.
        keys.sort_unstable();
        keys.dedup();
        let mut held = Vec::with_capacity(keys.len());
        for key in keys {
            let lock = {
                let mut locks = self.locks.lock();
                // A mutex of `async-lock` reads the clock to be fair, so a seed would not decide the run.
                Arc::clone(locks.entry(key).or_insert_with(|| Arc::new(Semaphore::new(1))))
            };
            held.push(lock.acquire_arc().await);
        }
        EntityLock(held)
    }

    /// Runs `work`, `width` futures at a time, and sends their requests. At the stop it drops the
    /// handlers that still run. At the cutoff it drops everything, requests under way included.
    pub(crate) async fn drive(
        &self,
        table: &dyn AnyTable,
        work: impl Iterator<Item = impl Future<Output = ()>>,
        width: usize,
        end: &mut End<'_>,
    ) {
        let mut work = work.fuse();
        let mut running = FuturesUnordered::new();
        let mut sent = FuturesUnordered::new();
        std::future::poll_fn(|context| {
            // The end is checked once for each wake-up: between two of them no code runs that could
            // use up the time.
            if !self.is_stopped() && end.is_reached(Point::Stop, context) {
                self.stop();
            }
            loop {
                running.extend(work.by_ref().take(width.saturating_sub(running.len())));
                if let Poll::Ready(Some(())) = running.poll_next_unpin(context) {
                    continue;
                }
                // No record can go on without an answer, so these are all requests of this round.
                sent.extend(self.requests().into_iter().map(|request| self.send(table, request)));
                match Pin::new(&mut sent).poll_next(context) {
                    Poll::Ready(Some(())) => {}
                    Poll::Ready(None) if running.is_empty() => return Poll::Ready(()),
                    // The cutoff is checked last, so that an answer that has arrived still counts.
                    Poll::Ready(None) | Poll::Pending if self.is_cut_off(end, context) => {
                        return Poll::Ready(());
                    }
                    Poll::Ready(None) | Poll::Pending => return Poll::Pending,
                }
            }
        })
        .await;
    }

    /// Whether the cutoff is reached. It follows the stop, so it needs no timer before that.
    fn is_cut_off(&self, end: &mut End<'_>, context: &mut Context<'_>) -> bool {
        self.is_stopped() && end.is_reached(Point::Cutoff, context)
    }

    /// Takes the requests that can be sent now.
    fn requests(&self) -> Vec<Request> {
        let mut queue = self.queue();
        let mut requests: Vec<Request> = Vec::new();
        let mut keys = 0;
        for read in std::mem::take(&mut queue.reads) {
            match requests.last_mut() {
                Some(Request::Read(reads)) if keys + read.keys.len() <= LARGEST_READ => {
                    keys += read.keys.len();
                    reads.push(read);
                }
                _ => {
                    keys = read.keys.len();
                    requests.push(Request::Read(vec![read]));
                }
            }
        }
        requests.extend(std::mem::take(&mut queue.finds).into_iter().map(Request::Find));
        if queue.commits.is_empty() {
            return requests;
        }
        let touched: Vec<Touched<'_>> = queue
            .commits
            .iter()
            .map(|commit| Touched { writes: &commit.writes, reads: &commit.reads })
            .collect();
        let groups = plan(&touched, &queue.busy, queue.transactions > 0, self.grouping);
        let mut waiting: Vec<Option<Commit>> =
            std::mem::take(&mut queue.commits).into_iter().map(Some).collect();
        for group in groups {
            let commits: Vec<Commit> = group.into_iter().filter_map(|index| waiting[index].take()).collect();
            let writes = commits.iter().flat_map(|commit| &commit.writes);
            queue.busy.extend(writes.map(|write| write.key().clone()));
            queue.transactions += usize::from(is_shareable(&commits));
            requests.push(Request::Commit(commits));
        }
        queue.commits = waiting.into_iter().flatten().collect();
        requests
    }

    async fn send(&self, table: &dyn AnyTable, request: Request) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        match request {
            Request::Read(reads) => read(table, reads).await,
            Request::Find(query) => find(table, query).await,
            Request::Commit(commits) => self.write(table, commits).await,
        }
    }

    async fn write(&self, table: &dyn AnyTable, mut commits: Vec<Commit>) {
        let shareable = is_shareable(&commits);
        let sizes: Vec<usize> = commits.iter().map(|commit| commit.writes.len()).collect();
        let writes: Vec<Write> =
            commits.iter_mut().flat_map(|commit| std::mem::take(&mut commit.writes)).collect();
        let result = table.write(&writes).await;

        let mut queue = self.queue();
        queue.transactions -= usize::from(shareable);
        for write in &writes {
            queue.busy.remove(write.key());
        }
        match result {
            Ok(()) => {
                queue.note(&writes);
                refuse_overwritten(&mut queue.commits, &writes);
                commits.into_iter().for_each(|commit| answer(commit, Ok(())));
            }
            Err(WriteError::Refused(mut refusals)) => {
                let mut writes = writes.into_iter();
                let mut again = Vec::new();
                for (mut commit, size) in commits.into_iter().zip(sizes) {
                    commit.writes = writes.by_ref().take(size).collect();
                    let (mine, others) = refusals.into_iter().partition::<Vec<_>, _>(|refusal| {
                        commit.writes.iter().any(|write| *write.key() == refusal.key)
                    });
                    refusals = others;
                    if mine.is_empty() {
                        again.push(commit);
                    } else {
                        answer(commit, Err(WriteError::Refused(mine)));
                    }
                }
                // Their outcome is not in doubt, so these commits are sent again unchanged, ahead
                // of later ones.
                again.append(&mut queue.commits);
                queue.commits = again;
            }
            Err(WriteError::Unavailable(error)) => {
                for commit in commits {
                    answer(commit, Err(WriteError::Unavailable(error.shared())));
                }
            }
            Err(WriteError::TooLarge(limit)) => {
                for commit in commits {
                    answer(commit, Err(WriteError::TooLarge(limit.clone())));
                }
            }
        }
    }
}

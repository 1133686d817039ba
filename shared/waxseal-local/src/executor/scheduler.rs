//! Runs tasks one at a time on one thread, the next one drawn from the seed: every interleaving that the seed stands for
//! can be run again. A runtime such as tokio would hide the order, and its clock does not stop.

use std::{
    collections::BTreeMap,
    future::Future,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::{Arc, Condvar, Mutex, PoisonError},
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use futures_util::FutureExt as _;
use waxseal::{Timestamp, panic};

use crate::{clock::Clock, random::Random};

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The scheduler of one environment.
#[derive(Clone)]
pub struct Executor {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Arc<Clock>,
    random: Arc<Random>,
    queue: Arc<Ready>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    next: u64,
    tasks: BTreeMap<u64, Task>,
    /// The task that is being polled.
    current: Option<u64>,
    /// The current task is to be dropped after this poll, as a killed process is.
    crash: bool,
    /// Tasks that no fault may hit.
    spared: std::collections::BTreeSet<u64>,
}

/// Ids of tasks that can run, and the thread that waits for one.
#[derive(Default)]
struct Ready {
    ids: Mutex<Vec<u64>>,
    woken: Condvar,
}

struct TaskWaker {
    id: u64,
    ready: Arc<Ready>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.ready.push(self.id);
    }
}

impl Ready {
    fn push(&self, id: u64) {
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        if !ids.contains(&id) {
            ids.push(id);
            self.woken.notify_one();
        }
    }
}

/// How a spawned task ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Ended {
    /// It was killed, as a process is by SIGKILL.
    #[error("the process was killed")]
    Crashed,
    /// It panicked outside of what catches panics.
    #[error("the process panicked: {0}")]
    Panicked(String),
}

/// The result of a spawned task.
#[derive(Debug)]
#[must_use = "a joined task's result says whether it crashed"]
pub struct Join<T> {
    slot: Arc<Mutex<Slot<T>>>,
}

#[derive(Debug)]
struct Slot<T> {
    result: Option<Result<T, Ended>>,
    waker: Option<Waker>,
}

/// Fills the slot when the task ends, however it ends.
struct Finish<T>(Arc<Mutex<Slot<T>>>);

impl<T> Finish<T> {
    fn set(&self, result: Result<T, Ended>) {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.result.is_none() {
            slot.result = Some(result);
        }
        if let Some(waker) = slot.waker.take() {
            waker.wake();
        }
    }
}

impl<T> Drop for Finish<T> {
    fn drop(&mut self) {
        self.set(Err(Ended::Crashed));
    }
}

impl<T> Future for Join<T> {
    type Output = Result<T, Ended>;
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        match slot.result.take() {
            Some(result) => Poll::Ready(result),
            None => {
                slot.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Executor {
    /// A scheduler with this clock and source of chance.
    pub fn new(clock: Arc<Clock>, random: Arc<Random>) -> Self {
        let queue = Arc::new(Ready::default());
        Self { shared: Arc::new(Shared { clock, random, queue, state: Mutex::default() }) }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a task of its own: it goes on when the returned [`Join`] is dropped.
    pub fn spawn<T: Send + 'static>(&self, future: impl Future<Output = T> + Send + 'static) -> Join<T> {
        self.spawn_task(future, false).1
    }

    /// As [`Executor::spawn`], for a task that no fault may hit; gives its id, to kill it by.
    pub(crate) fn spawn_task<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
        spared: bool,
    ) -> (u64, Join<T>) {
        let slot = Arc::new(Mutex::new(Slot { result: None, waker: None }));
        let finish = Finish(slot.clone());
        let task: Task = Box::pin(async move {
            let result = AssertUnwindSafe(future).catch_unwind().await;
            finish.set(result.map_err(|panic| Ended::Panicked(panic::message(&*panic).to_owned())));
        });
        let mut state = self.state();
        let id = state.next;
        state.next += 1;
        state.tasks.insert(id, task);
        if spared {
            state.spared.insert(id);
        }
        drop(state);
        self.shared.queue.push(id);
        (id, Join { slot })
    }

    /// Drops a task, as a killed process is.
    pub(crate) fn kill(&self, id: u64) {
        let task = self.state().tasks.remove(&id);
        self.state().spared.remove(&id);
        drop(task);
    }

    /// Whether faults may hit the task that is running.
    pub(crate) fn is_spared(&self) -> bool {
        let state = self.state();
        state.current.is_none_or(|id| state.spared.contains(&id))
    }

    /// Kills the running task at its next `await`: it never comes back from this.
    pub(crate) async fn crash(&self) {
        self.state().crash = true;
        std::future::pending::<()>().await;
    }

    /// Polls one ready task; `false` where none is.
    fn step(&self) -> bool {
        let id = {
            let mut ids = self.shared.queue.ids.lock().unwrap_or_else(PoisonError::into_inner);
            if ids.is_empty() {
                return false;
            }
            let index = self.shared.random.below(ids.len() as u64);
            ids.swap_remove(usize::try_from(index).unwrap_or_default())
        };
        let Some(mut task) = self.state().tasks.remove(&id) else { return true };
        self.state().current = Some(id);
        let waker = Arc::new(TaskWaker { id, ready: self.shared.queue.clone() }).into();
        let done = task.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
        let mut state = self.state();
        state.current = None;
        let crashed = std::mem::take(&mut state.crash);
        if done || crashed {
            state.spared.remove(&id);
            drop(state);
            drop(task);
        } else {
            state.tasks.insert(id, task);
        }
        true
    }

    /// Runs until `done` or, on a virtual clock, until nothing can ever happen again. A real clock waits for timers and
    /// for wake-ups from other threads, up to `patience` at a time before it looks at `done` again.
    pub fn run_until(&self, patience: Duration, mut done: impl FnMut() -> bool) {
        while !done() {
            if self.step() {
                continue;
            }
            let next = self.shared.clock.next_timer();
            if self.shared.clock.is_real() {
                self.wait(next, patience);
                self.shared.clock.advance(Timestamp::MIN);
            } else {
                match next {
                    Some(at) => self.shared.clock.advance(at),
                    None => return,
                }
            }
        }
    }

    /// Runs until nothing can happen any more: every queue is empty or waits for nobody. On a real clock this waits for
    /// all timers.
    pub fn run_until_idle(&self) {
        let clock = &self.shared.clock;
        self.run_until(Duration::from_millis(50), || {
            clock.is_real() && clock.next_timer().is_none() && self.is_quiet()
        });
    }

    /// Runs until `future` ends, and everything else meanwhile.
    ///
    /// # Panics
    /// Where the future can never end: nothing is left to wait for.
    pub fn block_on<T: Send + 'static>(&self, future: impl Future<Output = T> + Send + 'static) -> T {
        let join = self.spawn_task(future, true).1;
        let slot = join.slot.clone();
        self.run_until(Duration::from_millis(50), || {
            slot.lock().unwrap_or_else(PoisonError::into_inner).result.is_some()
        });
        let result = slot.lock().unwrap_or_else(PoisonError::into_inner).result.take();
        match result {
            Some(Ok(value)) => value,
            Some(Err(ended)) => panic!("{ended}"),
            None => panic!("the environment is idle and the future still waits"),
        }
    }

    fn is_quiet(&self) -> bool {
        self.shared.queue.ids.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    fn wait(&self, next: Option<Timestamp>, patience: Duration) {
        let until =
            next.map_or(patience, |at| at.saturating_duration_since(self.shared.clock.now()).min(patience));
        let ids = self.shared.queue.ids.lock().unwrap_or_else(PoisonError::into_inner);
        if ids.is_empty() && !until.is_zero() {
            // A spurious wake-up only looks once more.
            drop(self.shared.queue.woken.wait_timeout(ids, until).unwrap_or_else(PoisonError::into_inner));
        }
    }
}

impl std::fmt::Debug for Executor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Executor").field("tasks", &self.state().tasks.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn executor(seed: u64) -> (Executor, Arc<Clock>) {
        let clock = Arc::new(Clock::starting_at(Timestamp::UNIX_EPOCH));
        (Executor::new(clock.clone(), Arc::new(Random::new(seed))), clock)
    }

    fn order_of(seed: u64) -> Vec<u32> {
        let (executor, _) = executor(seed);
        let seen = Arc::new(Mutex::new(Vec::new()));
        for n in 0..8 {
            let seen = seen.clone();
            drop(executor.spawn(async move { seen.lock().unwrap().push(n) }));
        }
        executor.run_until_idle();
        let seen = seen.lock().unwrap();
        seen.clone()
    }

    #[test]
    fn the_order_is_the_seeds() {
        assert_eq!(order_of(3), order_of(3));
        assert!((0..20).map(order_of).any(|order| order != order_of(3)));
    }

    #[test]
    fn an_hour_of_virtual_time_costs_nothing() {
        let (executor, clock) = executor(1);
        let sleep = clock.sleep(Duration::from_secs(3600));
        executor.block_on(sleep);
        assert_eq!(clock.now().as_second(), 3600);
    }

    #[test]
    fn a_crash_ends_the_task_and_its_join_says_so() {
        let (executor, _) = executor(1);
        let inner = executor.clone();
        let join = executor.spawn(async move { inner.crash().await });
        assert_eq!(executor.block_on(join), Err(Ended::Crashed));
        let panicked = executor.spawn(async { assert!(std::hint::black_box(false), "on purpose") });
        assert_eq!(executor.block_on(panicked), Err(Ended::Panicked("on purpose".into())));
    }
}

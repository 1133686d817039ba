//! Runs tasks one at a time on one thread, in an order that the seed draws: every interleaving that
//! a seed stands for can be run again. A runtime such as tokio would hide the order, and its clock
//! does not stop.

use std::{
    fmt,
    future::Future,
    sync::{Arc, Condvar},
    time::{Duration, Instant},
};

use async_task::Runnable;
use futures_util::FutureExt as _;
use waxseal::{Timestamp, lock::Lock};

use crate::{
    clock::Clock,
    executor::{
        outside::{self, Outside},
        process::{Join, Process},
        visit::Visit,
    },
    random::Random,
};

/// The time after which a waiting thread looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// The real time for which [`Executor::block_on`] waits in an idle environment.
const LONGEST_IDLE: Duration = Duration::from_secs(60);

/// The scheduler of one environment. Clones are the same one.
#[derive(Clone)]
pub struct Executor {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Arc<Clock>,
    random: Arc<Random>,
    ready: Arc<Ready>,
    /// The process that is being polled.
    running: Lock<Option<Arc<Process>>>,
    outside: Arc<Outside>,
}

/// The tasks that can run, and the thread that waits for one.
#[derive(Default)]
struct Ready {
    tasks: Lock<Vec<Runnable<Arc<Process>>>>,
    woken: Condvar,
}

impl Ready {
    fn push(&self, task: Runnable<Arc<Process>>) {
        self.tasks.lock().push(task);
        self.woken.notify_one();
    }

    fn is_empty(&self) -> bool {
        self.tasks.lock().is_empty()
    }
}

impl Executor {
    /// A scheduler with this clock and this source of randomness.
    pub fn new(clock: Arc<Clock>, random: Arc<Random>) -> Self {
        let (ready, outside) = <(Arc<Ready>, Arc<Outside>)>::default();
        let shared = Shared { clock, random, ready, running: Lock::default(), outside };
        Self { shared: Arc::new(shared) }
    }

    /// Starts a task of its own. The task goes on when the returned [`Join`] is dropped.
    pub fn spawn<T: Send + 'static>(&self, future: impl Future<Output = T> + Send + 'static) -> Join<T> {
        self.spawn_task(future, false)
    }

    /// As [`Executor::spawn`], for a task that no fault hits where it is `immune`.
    pub(crate) fn spawn_task<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
        immune: bool,
    ) -> Join<T> {
        // In a box, once: the frames below would move it again, and a handler's future is large.
        self.start(Box::pin(future), Process::new(immune, None))
    }

    /// As [`Executor::spawn_task`], for an invocation. While it waits for nothing of the
    /// environment, a virtual clock stands still: for `longest` of real time, all waits together.
    pub(crate) fn spawn_invocation<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
        immune: bool,
        longest: Duration,
    ) -> (Join<T>, Arc<Visit>) {
        let visit = Arc::new(Visit::new(self.shared.outside.clone(), longest));
        (self.start(Box::pin(future), Process::new(immune, Some(visit.clone()))), visit)
    }

    fn start<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
        process: Arc<Process>,
    ) -> Join<T> {
        let ready = self.shared.ready.clone();
        let schedule = move |task: Runnable<Arc<Process>>| {
            task.metadata().woken();
            ready.push(task);
        };
        let builder = async_task::Builder::new().metadata(process);
        let (task, handle) = builder.spawn(|process| process.clone().run(future), schedule);
        task.schedule();
        Join::new(handle.fallible())
    }

    /// Whether something outside of the environment has decided its run: a real clock, or a wake-up
    /// from a socket, a timer of tokio or another thread.
    pub(crate) fn was_met(&self) -> bool {
        self.shared.clock.is_real() || self.shared.outside.was_met()
    }

    /// Whether no fault hits the running task.
    pub(crate) fn is_immune(&self) -> bool {
        self.shared.running.lock().as_ref().is_none_or(|process| process.immune)
    }

    /// Kills the running task at its next `await`: it never comes back from this.
    pub(crate) async fn crash(&self) {
        if let Some(process) = &*self.shared.running.lock() {
            process.kill();
        }
        std::future::pending::<()>().await;
    }

    /// Polls one ready task; `false` where none is ready.
    fn step(&self) -> bool {
        let task = {
            let mut tasks = self.shared.ready.tasks.lock();
            if tasks.is_empty() {
                return false;
            }
            let index = self.shared.random.below(tasks.len() as u64);
            tasks.swap_remove(usize::try_from(index).unwrap_or_default())
        };
        // A task may run the scheduler itself, and goes on as itself then.
        let outer = self.shared.running.lock().replace(task.metadata().clone());
        task.run();
        *self.shared.running.lock() = outer;
        true
    }

    /// Runs until `done` or, on a virtual clock, until nothing can ever happen again. A real clock
    /// waits for timers and for wake-ups from other threads, for `longest` at most before it looks
    /// at `done` again. A virtual clock waits so for an invocation that waits for the outside.
    pub fn run_until(&self, longest: Duration, mut done: impl FnMut() -> bool) {
        let _runtime = outside::enter();
        // Since when the virtual clock stands still for the outside.
        let mut since = None;
        while !done() {
            if self.step() {
                continue;
            }
            let next = self.shared.clock.next_timer();
            if self.shared.clock.is_real() {
                self.wait(self.until(next, longest));
                self.shared.clock.advance(Timestamp::MIN);
            } else if let Some(hold) = self.hold(next, &mut since) {
                self.wait(hold.min(longest));
            } else if let Some(at) = next {
                since = None;
                self.shared.clock.advance(at);
            } else {
                return;
            }
        }
    }

    /// The real time for which a virtual clock stands still, since an invocation waits for the
    /// outside. `None` where it goes on.
    ///
    /// The outside may be something that another invocation holds. So a timer is due after its
    /// delay in real time, where another invocation waits inside.
    fn hold(&self, next: Option<Timestamp>, since: &mut Option<Instant>) -> Option<Duration> {
        let Shared { outside, clock, .. } = &*self.shared;
        let patience = outside.patience()?;
        outside.meet();
        let stood = since.get_or_insert_with(Instant::now).elapsed();
        let Some(at) = next.filter(|_| outside.has_others()) else { return Some(patience) };
        let left = at.saturating_duration_since(clock.now()).saturating_sub(stood);
        (!left.is_zero()).then(|| left.min(patience))
    }

    /// Runs until nothing can happen any more: no task can run and no timer is set. On a real clock
    /// this waits for all timers.
    pub fn run_until_idle(&self) {
        let clock = &self.shared.clock;
        self.run_until(LOOK_AGAIN, || {
            clock.is_real() && clock.next_timer().is_none() && self.shared.ready.is_empty()
        });
    }

    /// Runs until `future` ends, and everything else meanwhile. Where nothing else can happen, the
    /// future may wait for the outside, for a minute of real time.
    ///
    /// # Panics
    /// Where the future never ends.
    pub fn block_on<T: Send + 'static>(&self, future: impl Future<Output = T> + Send + 'static) -> T {
        let join = self.spawn_task(future, true);
        let run = || self.run_until(LOOK_AGAIN, || join.is_finished());
        run();
        let idle = Instant::now();
        while !join.is_finished() && idle.elapsed() < LONGEST_IDLE {
            self.shared.outside.meet();
            self.wait(LOOK_AGAIN);
            run();
        }
        match join.now_or_never() {
            Some(Ok(value)) => value,
            Some(Err(ended)) => panic!("{ended}"),
            None => panic!("the environment is idle, and after a minute the future still waits"),
        }
    }

    fn until(&self, next: Option<Timestamp>, longest: Duration) -> Duration {
        let now = self.shared.clock.now();
        next.map_or(longest, |at| at.saturating_duration_since(now).min(longest))
    }

    /// Waits until a task is ready, on any thread.
    fn wait(&self, until: Duration) {
        let tasks = self.shared.ready.tasks.lock();
        if tasks.is_empty() && !until.is_zero() {
            // A spurious wake-up only looks once more.
            drop(self.shared.ready.woken.wait_timeout(tasks, until));
        }
    }
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::process::Ended;

    fn executor(seed: u64) -> (Executor, Arc<Clock>) {
        let clock = Arc::new(Clock::starting_at(Timestamp::UNIX_EPOCH));
        (Executor::new(clock.clone(), Arc::new(Random::new(seed))), clock)
    }

    fn order_of(seed: u64) -> Vec<u32> {
        let (executor, _) = executor(seed);
        let seen = Arc::new(Lock::new(Vec::new()));
        for n in 0..8 {
            let seen = seen.clone();
            drop(executor.spawn(async move { seen.lock().push(n) }));
        }
        executor.run_until_idle();
        let seen = seen.lock();
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

//! The outside: a tokio runtime for handlers that use it, and the invocations that wait for it.
//!
//! The runtime's sockets and timers are driven on a thread of their own. Tasks of the environment
//! stay on the scheduler's thread. A runtime for each environment was the alternative: a client
//! that a program keeps in a `static` would lose its connections with the first environment, and a
//! runtime must not be dropped where `#[tokio::test]` runs.

use std::{
    collections::BTreeMap,
    future::pending,
    sync::{
        OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::runtime::{Builder, EnterGuard, Handle};
use waxseal::lock::Lock;

/// Has timers, sockets and spawned tasks of tokio belong to the runtime of this process, until the
/// guard is dropped. Without a guard there is no runtime: the machine gave it no thread.
pub(super) fn enter() -> Option<EnterGuard<'static>> {
    static RUNTIME: OnceLock<Option<Handle>> = OnceLock::new();
    RUNTIME.get_or_init(start).as_ref().map(Handle::enter)
}

fn start() -> Option<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build().ok()?;
    let handle = runtime.handle().clone();
    let drive = move || runtime.block_on(pending::<()>());
    thread::Builder::new().name("waxseal-outside".to_owned()).spawn(drive).ok()?;
    Some(handle)
}

/// The invocations of one environment that wait for the outside.
#[derive(Debug, Default)]
pub(super) struct Outside {
    /// The invocations that are under way.
    alive: AtomicU64,
    /// The waiting ones among them. The lock is taken only where there are some.
    waiting: AtomicU64,
    /// By number, the time at which the clock goes on although the invocation still waits.
    bounds: Lock<BTreeMap<u64, Instant>>,
    visits: AtomicU64,
    was_met: AtomicBool,
    was_told: AtomicBool,
}

impl Outside {
    /// An invocation begins. The result is its number.
    pub(super) fn begin(&self) -> u64 {
        self.alive.fetch_add(1, Ordering::Relaxed);
        self.visits.fetch_add(1, Ordering::Relaxed)
    }

    /// An invocation has ended.
    pub(super) fn end(&self) {
        self.alive.fetch_sub(1, Ordering::Relaxed);
    }

    /// An invocation waits for the outside.
    pub(super) fn leave(&self, number: u64, bound: Instant) {
        self.bounds.lock().insert(number, bound);
        self.waiting.fetch_add(1, Ordering::Relaxed);
    }

    /// It waits no longer.
    pub(super) fn come_back(&self, number: u64) {
        self.bounds.lock().remove(&number);
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }

    /// The time for which an invocation may still wait for the outside. `None` where none does.
    pub(super) fn patience(&self) -> Option<Duration> {
        if self.waiting.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let latest = self.bounds.lock().values().max().copied()?;
        let left = latest.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }

    /// Whether another invocation waits inside of the environment. The ones outside may wait for
    /// something that it holds, such as a connection of a pool.
    pub(super) fn has_others(&self) -> bool {
        self.alive.load(Ordering::Relaxed) > self.waiting.load(Ordering::Relaxed)
    }

    /// Something from outside has decided the run.
    pub(super) fn meet(&self) {
        self.was_met.store(true, Ordering::Relaxed);
    }

    /// Whether something from outside has decided the run.
    pub(super) fn was_met(&self) -> bool {
        self.was_met.load(Ordering::Relaxed)
    }

    /// Whether that was told before; from now on it was.
    pub(super) fn was_told(&self) -> bool {
        self.was_told.swap(true, Ordering::Relaxed)
    }
}

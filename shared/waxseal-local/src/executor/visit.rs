//! One invocation, as the clock sees it: it waits inside of the environment, or for the outside.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, ThreadId},
    time::{Duration, Instant},
};

use waxseal::lock::Lock;

use crate::{executor::outside::Outside, waiting::Count};

/// An invocation that may wait for the outside.
#[derive(Debug)]
pub(crate) struct Visit {
    outside: Arc<Outside>,
    number: u64,
    /// The real time for which the clock waits for it, all waits together.
    longest: Duration,
    /// The primitives of the environment that it waits for.
    pub(super) inside: Count,
    is_out: AtomicBool,
    state: Lock<State>,
}

#[derive(Debug, Default)]
struct State {
    /// When a virtual clock goes on although it still waits. `None` where it has never waited.
    bound: Option<Instant>,
    /// The thread that polled it last.
    home: Option<ThreadId>,
    was_met: bool,
}

impl Visit {
    pub(super) fn new(outside: Arc<Outside>, longest: Duration) -> Self {
        let number = outside.begin();
        Self {
            outside,
            number,
            longest,
            inside: Count::default(),
            is_out: AtomicBool::new(false),
            state: Lock::default(),
        }
    }

    /// The invocation is polled.
    pub(super) fn begin_poll(&self) {
        if self.is_out.swap(false, Ordering::Relaxed) {
            self.outside.come_back(self.number);
        }
    }

    /// The poll left the invocation waiting. It may be ready again already.
    pub(super) fn end_poll(&self) {
        if !self.inside.is_zero() {
            return;
        }
        let mut state = self.state.lock();
        let bound = *state.bound.get_or_insert_with(|| Instant::now() + self.longest);
        state.home = Some(thread::current().id());
        drop(state);
        self.is_out.store(true, Ordering::Relaxed);
        self.outside.leave(self.number, bound);
    }

    /// It was woken, on any thread. A wake-up from another thread is one from outside.
    pub(super) fn woken(&self) {
        if !self.is_out.load(Ordering::Relaxed) {
            return;
        }
        let mut state = self.state.lock();
        if state.home.is_some_and(|home| home != thread::current().id()) {
            state.was_met = true;
            self.outside.meet();
        }
    }

    /// The wait for the outside, where a virtual clock has waited for this invocation.
    pub(crate) fn waited(&self) -> Option<Waited> {
        let state = self.state.lock();
        if state.bound.is_some_and(|bound| bound <= Instant::now()) {
            return Some(Waited::Out);
        }
        (state.was_met && !self.outside.was_told()).then_some(Waited::First)
    }
}

/// A wait for the outside that is worth a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waited {
    /// The first one in its environment.
    First,
    /// One that took the whole time of its invocation.
    Out,
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.begin_poll();
        self.outside.end();
    }
}

//! A clock, virtual or real. Virtual time stands still while a task can run, and jumps to the next
//! timer when none can. A minute of visibility costs no second of a test.

use std::{
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    sync::{Arc, MutexGuard},
    task::{Context, Poll},
    time::{Duration, Instant, SystemTime},
};

use waxseal::{Timestamp, lock::Lock};

use crate::waiting::Waiting;

/// The environment's clock and its timers.
#[derive(Debug)]
pub struct Clock {
    state: Lock<State>,
    /// The start of a real clock, by the machine and by the calendar. `None` for a virtual one.
    real: Option<(Instant, Timestamp)>,
}

#[derive(Debug)]
struct State {
    now: Timestamp,
    sequence: u64,
    timers: BTreeMap<(Timestamp, u64), Waiting>,
}

impl Clock {
    /// A virtual clock that starts at `start`.
    #[must_use]
    pub fn starting_at(start: Timestamp) -> Self {
        Self { state: Lock::new(State { now: start, sequence: 0, timers: BTreeMap::new() }), real: None }
    }

    /// The machine's clock.
    #[must_use]
    pub fn real() -> Self {
        let start = Timestamp::from(SystemTime::now());
        Self { real: Some((Instant::now(), start)), ..Self::starting_at(start) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// The time, to the millisecond.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let now = self.exactly();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    /// The time to the nanosecond. Rounded down, a timer between two milliseconds would never be
    /// due.
    fn exactly(&self) -> Timestamp {
        match self.real {
            Some((instant, start)) => start + instant.elapsed(),
            None => self.state().now,
        }
    }

    /// Ends after `delay`.
    pub fn sleep(self: &Arc<Self>, delay: Duration) -> Sleep {
        self.sleep_until(self.exactly() + delay)
    }

    /// Ends at `at`.
    pub fn sleep_until(self: &Arc<Self>, at: Timestamp) -> Sleep {
        Sleep { clock: self.clone(), at, timer: None }
    }

    /// The time of the next timer.
    pub(crate) fn next_timer(&self) -> Option<Timestamp> {
        self.state().timers.keys().next().map(|(at, _)| *at)
    }

    /// Moves a virtual clock to `at` and wakes the timers that are due. A real clock only wakes.
    pub(crate) fn advance(&self, at: Timestamp) {
        let now = if self.is_real() { self.exactly() } else { at };
        let mut state = self.state();
        state.now = state.now.max(now);
        let later = state.timers.split_off(&(now + Duration::from_nanos(1), 0));
        let due = std::mem::replace(&mut state.timers, later);
        drop(state);
        due.into_values().for_each(Waiting::wake);
    }

    /// Forgets all timers: nothing waits for them any more.
    pub(crate) fn clear(&self) {
        // Dropping a waker may drop its task, whose timers are removed then.
        let timers = std::mem::take(&mut self.state().timers);
        drop(timers);
    }

    pub(crate) fn is_real(&self) -> bool {
        self.real.is_some()
    }
}

/// See [`Clock::sleep`]. Its timer is removed with it.
#[derive(Debug)]
#[must_use = "a sleep does nothing until it is awaited"]
pub struct Sleep {
    clock: Arc<Clock>,
    at: Timestamp,
    timer: Option<(Timestamp, u64)>,
}

impl Future for Sleep {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.clock.exactly() >= self.at {
            return Poll::Ready(());
        }
        let key = match self.timer {
            Some(key) => key,
            None => {
                let mut state = self.clock.state();
                state.sequence += 1;
                (self.at, state.sequence)
            }
        };
        self.clock.state().timers.insert(key, Waiting::new(context));
        self.timer = Some(key);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(key) = self.timer {
            self.clock.state().timers.remove(&key);
        }
    }
}

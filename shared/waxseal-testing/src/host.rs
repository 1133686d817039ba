//! A host whose time moves only on request.

use std::{
    sync::atomic::{AtomicI64, AtomicU64, Ordering},
    time::Duration,
};

use waxseal::{Host, Timestamp, Token};

/// A host whose time moves only on request, and whose tokens count up, so that a run repeats
/// exactly.
#[derive(Debug)]
pub struct ManualHost {
    milliseconds: AtomicI64,
    tokens: AtomicU64,
}

impl ManualHost {
    /// A clock that stands at `start`.
    #[must_use]
    pub fn new(start: Timestamp) -> Self {
        Self { milliseconds: AtomicI64::new(start.as_millisecond()), tokens: AtomicU64::new(0) }
    }

    /// Moves the clock forward by `time`.
    pub fn pass(&self, time: Duration) {
        let milliseconds = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        self.milliseconds.fetch_add(milliseconds, Ordering::SeqCst);
    }

    /// Sets the clock to `time`.
    pub fn set(&self, time: Timestamp) {
        self.milliseconds.store(time.as_millisecond(), Ordering::SeqCst);
    }
}

impl Host for ManualHost {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.milliseconds.load(Ordering::SeqCst)).unwrap_or(Timestamp::MAX)
    }
    fn token(&self) -> Token {
        Token(u128::from(self.tokens.fetch_add(1, Ordering::SeqCst)) + 1)
    }
}

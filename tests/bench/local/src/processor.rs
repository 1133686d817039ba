//! The time of the processor, so that a neighbour on the machine does not count.

use std::{
    fs,
    time::{Duration, Instant},
};

/// A stopwatch for the processor time of this thread.
#[derive(Debug)]
pub struct Processor {
    started: Instant,
    used: Option<Duration>,
}

impl Processor {
    /// Starts.
    #[must_use]
    pub fn start() -> Self {
        Self { used: used(), started: Instant::now() }
    }

    /// The time since the start: of the processor on Linux, of the clock elsewhere.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        match (self.used, used()) {
            (Some(before), Some(now)) => now.saturating_sub(before),
            _ => self.started.elapsed(),
        }
    }
}

/// Linux's scheduler says the nanoseconds that a thread has run.
fn used() -> Option<Duration> {
    let said = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    said.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

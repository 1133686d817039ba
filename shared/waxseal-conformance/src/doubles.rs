//! Dead-letter queues and visibilities that record, refuse or stay silent.

use std::{sync::Arc, time::Duration};

use waxseal::{
    BoxError,
    batch::{Delay, Visibility},
    dead_letter::{DeadLetter, DeadLetters},
    lock::Lock,
};

use super::line::breathe;

/// The dead letters of the test kit, whose answers take a poll, or never come.
#[derive(Debug, Clone, Default)]
pub(super) struct RecordedDeadLetters {
    queue: waxseal_testing::RecordedDeadLetters,
    /// Whether no answer comes.
    is_silent: bool,
}

impl RecordedDeadLetters {
    /// A queue that cannot be written.
    pub(super) fn refusing() -> Self {
        let dead_letters = Self::default();
        dead_letters.queue.set_missing(true);
        dead_letters
    }

    /// A queue that never answers.
    pub(super) fn silent() -> Self {
        Self { is_silent: true, ..Self::default() }
    }

    pub(super) fn recorded(&self) -> Vec<DeadLetter> {
        self.queue.recorded()
    }
}

impl DeadLetters for RecordedDeadLetters {
    async fn send(&self, dead_letter: DeadLetter) -> Result<(), BoxError> {
        breathe().await;
        if self.is_silent {
            std::future::pending::<()>().await;
        }
        self.queue.send(dead_letter).await
    }
}

/// Records the delays of its calls.
#[derive(Debug, Clone, Default)]
pub(super) struct Delays {
    told: Arc<Lock<Vec<(String, Duration)>>>,
    /// Whether no answer comes.
    is_silent: bool,
}

impl Delays {
    /// A queue that never answers.
    pub(super) fn silent() -> Self {
        Self { is_silent: true, ..Self::default() }
    }

    pub(super) fn is_told(&self) -> bool {
        !self.told.lock().is_empty()
    }

    pub(super) fn take(&self) -> Vec<(String, Duration)> {
        std::mem::take(&mut *self.told.lock())
    }
}

impl Visibility for Delays {
    async fn delay(&self, delays: Vec<Delay>) {
        breathe().await;
        let delays = delays.into_iter().map(|delay| (delay.receipt_handle.handle, delay.after));
        self.told.lock().extend(delays);
        if self.is_silent {
            std::future::pending::<()>().await;
        }
    }
}

//! Dead-letter queues and visibilities that record, refuse or stay silent.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use waxseal::{
    BoxError,
    batch::{Delay, Visibility},
    dead_letter::{DeadLetter, DeadLetters},
    lock::Lock,
};

use super::line::breathe;

/// Dead letters that are recorded, or refused.
#[derive(Debug, Clone, Default)]
pub(super) struct RecordedDeadLetters {
    kept: Arc<Lock<Vec<DeadLetter>>>,
    refuse: Arc<AtomicBool>,
    /// Whether no answer comes.
    is_silent: bool,
}

impl RecordedDeadLetters {
    /// A queue that cannot be written.
    pub(super) fn refusing() -> Self {
        let dead_letters = Self::default();
        dead_letters.refuse.store(true, Ordering::SeqCst);
        dead_letters
    }

    /// A queue that never answers.
    pub(super) fn silent() -> Self {
        Self { is_silent: true, ..Self::default() }
    }

    pub(super) fn kept(&self) -> Vec<DeadLetter> {
        self.kept.lock().clone()
    }
}

impl DeadLetters for RecordedDeadLetters {
    async fn send(&self, dead_letter: DeadLetter) -> Result<(), BoxError> {
        breathe().await;
        if self.is_silent {
            std::future::pending::<()>().await;
        }
        if self.refuse.load(Ordering::SeqCst) {
            return Err("AWS.SimpleQueueService.NonExistentQueue".into());
        }
        self.kept.lock().push(dead_letter);
        Ok(())
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

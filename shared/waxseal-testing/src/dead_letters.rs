//! A dead-letter queue in memory.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use waxseal::{
    BoxError,
    dead_letter::{DeadLetter, DeadLetters},
    lock::Lock,
};

/// Keeps every dead letter. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct RecordedDeadLetters {
    recorded: Arc<Lock<Vec<DeadLetter>>>,
    is_missing: Arc<AtomicBool>,
}

impl RecordedDeadLetters {
    /// The dead letters so far, in the order in which they were written.
    #[must_use]
    pub fn recorded(&self) -> Vec<DeadLetter> {
        self.recorded.lock().clone()
    }

    /// Whether the queue does not exist from now on: every dead letter is refused then.
    pub fn set_missing(&self, is_missing: bool) {
        self.is_missing.store(is_missing, Ordering::SeqCst);
    }
}

impl DeadLetters for RecordedDeadLetters {
    async fn send(&self, dead_letter: DeadLetter) -> Result<(), BoxError> {
        if self.is_missing.load(Ordering::SeqCst) {
            return Err("AWS.SimpleQueueService.NonExistentQueue".into());
        }
        self.recorded.lock().push(dead_letter);
        Ok(())
    }
}

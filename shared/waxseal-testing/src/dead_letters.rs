//! A dead-letter queue in memory.

use std::sync::Arc;

use waxseal::{
    BoxError,
    dead_letter::{DeadLetter, DeadLetters},
    lock::Lock,
};

/// Keeps every dead letter. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct RecordedDeadLetters(Arc<Lock<Vec<DeadLetter>>>);

impl RecordedDeadLetters {
    /// The dead letters so far, in the order in which they were written.
    #[must_use]
    pub fn recorded(&self) -> Vec<DeadLetter> {
        self.0.lock().clone()
    }
}

impl DeadLetters for RecordedDeadLetters {
    async fn send(&self, dead_letter: DeadLetter) -> Result<(), BoxError> {
        self.0.lock().push(dead_letter);
        Ok(())
    }
}

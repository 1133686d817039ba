//! A lock that a panic does not poison.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A mutex whose [`lock`](Lock::lock) always succeeds.
///
/// A panic of a user's code is one failed record (S-6), and the process goes on. Every critical
/// section keeps its value whole at each step, so the value is usable after a panic.
#[derive(Debug, Default)]
pub struct Lock<T>(Mutex<T>);

impl<T> Lock<T> {
    /// A lock around `value`.
    #[must_use]
    pub const fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    /// Waits for the value.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value alone.
    pub fn into_inner(self) -> T {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

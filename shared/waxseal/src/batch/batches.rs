//! The parts of a batch: its engine, its dead letters, its policy.

use crate::{
    batch::{
        backoff::{AnyVisibility, Visibility},
        policy::Policy,
    },
    dead_letter::{AnyDeadLetters, DeadLetters},
    engine::Engine,
};

/// Runs batches on an engine.
pub struct Batches {
    pub(super) engine: Engine,
    pub(super) dead_letters: AnyDeadLetters,
    pub(super) visibility: Option<Box<dyn AnyVisibility>>,
    pub(super) policy: Policy,
}

impl std::fmt::Debug for Batches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batches")
            .field("engine", &self.engine)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

impl Batches {
    /// Batches for `engine`. Records that can never be handled go to `dead_letters`.
    pub fn new(engine: Engine, dead_letters: impl DeadLetters, policy: Policy) -> Self {
        Self { engine, dead_letters: AnyDeadLetters::new(dead_letters), visibility: None, policy }
    }

    /// Sets `visibility`, which delays failed records (S-24). Without it their queue's own
    /// visibility decides.
    #[must_use]
    pub fn delayed(mut self, visibility: impl Visibility) -> Self {
        self.visibility = Some(Box::new(visibility));
        self
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The policy by which they are run.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }
}

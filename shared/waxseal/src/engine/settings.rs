//! The engine's numbers.

use std::time::Duration;

use crate::{claim_check::ClaimCheck, handler::DEFAULT_LEASE, observe::Observers};

/// Numbers that an environment may set.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// How long a receipt is kept: at least queue retention + dead-letter retention + the archive window used + how far back a
    /// sweep may begin. 42 days unless set: 4 + 14 + 14 + 7 and some.
    pub horizon: Duration,
    /// The least lease of an effect that names none (S-11). 60 s unless set.
    pub lease: Duration,
    /// How often a reaction is run again because a condition on state failed. 10 unless set.
    pub reruns: u32,
    /// Completed receipts remembered in this process (S-15). 10,000 unless set; 0 turns the cache off.
    pub cache: usize,
    /// Where large payloads are checked in (S-42). Nowhere unless set.
    pub claims: ClaimCheck,
    /// Who is told what the engine and its batches do. None unless set.
    pub observers: Observers,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            horizon: Duration::from_hours(42 * 24),
            lease: DEFAULT_LEASE,
            reruns: 10,
            cache: 10_000,
            claims: ClaimCheck::default(),
            observers: Observers::default(),
        }
    }
}

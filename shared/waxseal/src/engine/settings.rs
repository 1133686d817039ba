//! The engine's settings.

use std::time::Duration;

use crate::{claim_check::ClaimCheck, handler::DEFAULT_LEASE, observe::Observers};

/// Settings that an environment may change.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// The time for which a receipt is kept: at least queue retention + dead-letter retention + the
    /// used archive window + the reach of a sweep. The default is 42 days: 4 + 14 + 14 + 7
    /// and some.
    pub horizon: Duration,
    /// The least lease of an effect that names none (S-11); 60 s by default.
    pub lease: Duration,
    /// The number of reruns of a reaction after a failed condition on state; 10 by default.
    pub reruns: u32,
    /// The number of completed receipts that this process remembers (S-15); 10,000 by default. 0
    /// turns the cache off.
    pub cache: usize,
    /// The store of large payloads (S-42); none by default.
    pub claims: ClaimCheck,
    /// The observers of the engine and its batches; none by default.
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

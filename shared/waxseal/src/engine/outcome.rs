//! The outcome of a handled message.

/// The outcome of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The message took effect now.
    Applied,
    /// The message had taken effect before.
    Duplicate,
    /// A later event of the entity had taken effect before, so this one has no effect (S-34).
    Stale,
    /// The step of a timer failed. Its row is woken again later (S-69).
    Postponed,
    /// No handler wants its payload, so nothing was read or written (S-65).
    Unwanted,
}

impl Outcome {
    /// The outcome of a message, from those of two of its handlers.
    pub(super) fn with(self, other: Self) -> Self {
        let rank = |outcome: Self| match outcome {
            Self::Applied => 4,
            Self::Postponed => 3,
            Self::Stale => 2,
            Self::Duplicate => 1,
            Self::Unwanted => 0,
        };
        if rank(other) > rank(self) { other } else { self }
    }
}

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
}

//! What became of a message that was handled.

/// How a message was dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It took effect now.
    Applied,
    /// It had taken effect before.
    Duplicate,
    /// A later event of its entity had taken effect before, so this one has none (S-34).
    Stale,
}

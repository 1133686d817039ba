//! The refusal of a pattern.

use std::{error::Error, fmt};

/// A pattern that AWS refuses: the field, the mistake, and the remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError {
    at: String,
    what: String,
}

impl PatternError {
    /// A refusal of the field with this path; the empty path is the pattern itself.
    pub(crate) fn new(at: &str, what: impl Into<String>) -> Self {
        Self { at: if at.is_empty() { "the top".into() } else { at.into() }, what: what.into() }
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "event pattern, at {}: {}", self.at, self.what)
    }
}

impl Error for PatternError {}

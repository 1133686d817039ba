//! One finding.

use std::fmt;

/// A rule that a template breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// [`Check::id`](super::Check::id).
    pub check: &'static str,
    /// [`Check::about`](super::Check::about).
    pub about: &'static str,
    /// The stack.
    pub stack: String,
    /// The resource, where it is about one.
    pub resource: String,
    /// The mistake.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { check, about, stack, resource, message } = self;
        let dot = if resource.is_empty() { "" } else { "." };
        write!(f, "{stack}{dot}{resource}: {message} ({check}: {about})")
    }
}

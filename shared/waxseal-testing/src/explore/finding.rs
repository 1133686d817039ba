//! A finding: what is wrong, in which state, and how the instance came there.

use std::fmt;

use crate::explore::kind::Kind;

/// A finding about a process.
///
/// Its text says what is wrong, the state, the shortest path to it, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub(super) kind: Kind,
    pub(super) subject: String,
    pub(super) state: String,
    pub(super) path: Vec<String>,
}

impl Finding {
    /// A finding about the process as a whole.
    pub(super) fn whole(kind: Kind, subject: &str) -> Self {
        Self { kind, subject: subject.to_owned(), state: String::new(), path: Vec::new() }
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The input, the command, the timer or the step that it is about.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The state in which it shows; empty where it is about the whole process.
    #[must_use]
    pub fn state(&self) -> &str {
        &self.state
    }

    /// The inputs that lead to the finding, in order; the last one shows it.
    #[must_use]
    pub fn path(&self) -> &[String] {
        &self.path
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.kind.says(&self.subject))?;
        if !self.state.is_empty() {
            write!(f, "\n  state: {}", self.state)?;
        }
        if !self.path.is_empty() {
            write!(f, "\n  path:  {}", self.path.join(" > "))?;
        }
        write!(f, "\n  do:    {}", self.kind.advice())
    }
}

//! What a stage still has of something that is retired.

use serde_json::{Value, json};

/// The kind of a thing on a stage that a step of a plan waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A rule that is enabled.
    Rule,
    /// A queue with messages for handlers.
    Queue,
    /// A queue with dead letters.
    DeadLetters,
    /// Receipts that have not expired.
    Receipts,
    /// A stack.
    Stack,
}

/// One thing on a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) kind: Kind,
    /// Its name there.
    pub(crate) name: String,
    /// What it has, for people.
    pub(crate) text: String,
    /// Whether nothing of it is left to wait for. `None` where that is not known.
    pub(crate) is_clear: Option<bool>,
}

impl Found {
    pub(crate) fn json(&self) -> Value {
        json!({ "name": self.name, "found": self.text, "clear": self.is_clear })
    }
}

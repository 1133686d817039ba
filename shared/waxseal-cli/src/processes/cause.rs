//! The causes in an instance: which input sent a command, armed a timer, or answered.

use serde_json::{Value, json};
use waxseal::handler::AnyInstance;

/// The message that caused something in an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cause {
    pub(crate) id: String,
    /// Its name; `None` where the instance no longer has it in its log.
    input: Option<String>,
}

impl Cause {
    /// The cause with this id.
    pub(crate) fn of(instance: &AnyInstance, id: &str) -> Self {
        let entry = instance.log.iter().rev().find(|entry| entry.id == id);
        Self { id: id.to_owned(), input: entry.map(|entry| entry.input.clone()) }
    }

    /// Its name, which a list of the inputs shows with its id. One that the log no longer has is known
    /// by its id alone.
    pub(crate) fn text(&self) -> &str {
        self.input.as_deref().unwrap_or(&self.id)
    }

    pub(crate) fn json(&self) -> Value {
        json!({ "id": self.id, "input": self.input })
    }
}

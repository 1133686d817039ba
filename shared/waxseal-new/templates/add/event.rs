//! `{{event}}`

use serde::{Deserialize, Serialize};

/// Say here what has happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct {{Event}} {
    /// What it is about.
    pub id: String,
}
waxseal_message::event!({{Event}} { name: "{{event}}", version: 1, owner: "{{owner}}" });

impl {{Event}} {
    /// An example, for tests.
    #[must_use]
    pub fn sample() -> Self {
        Self { id: "1".into() }
    }
}

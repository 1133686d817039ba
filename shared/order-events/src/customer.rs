//! Who ordered.

use serde::{Deserialize, Serialize};

use crate::Email;

/// Who ordered, and where their mail goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// The shop's id of them.
    pub id: String,
    /// Their name, in whatever script.
    pub name: String,
    /// Their address.
    pub email: Email,
}

//! The customer of an order.

use serde::{Deserialize, Serialize};

use crate::email::Email;

/// A customer, with the address for mails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// The shop's id of them.
    pub id: String,
    /// Their name, in any script.
    pub name: String,
    /// Their address.
    pub email: Email,
}

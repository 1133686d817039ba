//! What an instance remembers, where it is, and what it waits for.

use order_events::{Address, CancelReason, Customer};
use serde::{Deserialize, Serialize};

/// The order, as far as a later step needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// The order.
    pub order_id: String,
    /// Who gets it.
    pub customer: Customer,
    /// The address of the parcel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ship_to: Option<Address>,
    /// The token that the payment gateway charges.
    pub payment_token: String,
    /// Why the order comes to nothing, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<CancelReason>,
    /// The number of questions about the confirmation.
    #[serde(default)]
    pub asked: u32,
}

/// The step of an order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum At {
    /// `inventory` is asked for the stock.
    #[default]
    Reserving,
    /// `payment` is asked for the money.
    Charging,
    /// `shipping` is asked for the parcel.
    Shipping,
    /// `orders` is asked for the confirmation.
    Confirming,
    /// All is done.
    Confirmed,
}

/// What an order waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wait {
    /// The answer of `inventory`.
    Stock,
    /// The answer of `payment`.
    Payment,
    /// The answer of `shipping`.
    Parcel,
    /// The answer of `orders`.
    Confirmation,
}

impl Wait {
    /// What was not answered, in words.
    pub(crate) fn lateness(self) -> &'static str {
        match self {
            Self::Stock => "inventory has not answered in time",
            Self::Payment => "payment has not answered in time",
            Self::Parcel => "shipping has not answered in time",
            Self::Confirmation => "orders has not answered in time",
        }
    }
}

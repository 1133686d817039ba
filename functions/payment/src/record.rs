//! What became of an order's payment: so that a refund finds its charge, and a second event charges nothing.

use order_events::Currency;
use serde::{Deserialize, Serialize};
use waxseal::Entity;

/// The payment of one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum Payment {
    /// The money is ours.
    Captured {
        /// How much, in minor units.
        amount: u64,
        /// The amount's currency.
        currency: Currency,
        /// The gateway's id; none where there was nothing to charge.
        charge_id: Option<String>,
    },
    /// The gateway would not.
    Declined {
        /// Its word for why.
        reason: String,
    },
    /// The money went back.
    Refunded {
        /// How much, in minor units.
        amount: u64,
        /// The amount's currency.
        currency: Currency,
        /// The gateway's id of the refund; none where there was nothing to give back.
        refund_id: Option<String>,
    },
}

impl Entity for Payment {
    const KIND: &'static str = "payment";
}

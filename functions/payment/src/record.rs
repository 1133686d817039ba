//! The record of an order's payment. A refund finds its charge by it, and a second event charges
//! nothing.

use order_events::Currency;
use serde::{Deserialize, Serialize};
use waxseal::Entity;

/// The payment of one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum Payment {
    /// The money was captured.
    Captured {
        /// The amount in minor units.
        amount: u64,
        /// The amount's currency.
        currency: Currency,
        /// The gateway's id; `None` where there was nothing to charge.
        charge_id: Option<String>,
    },
    /// The gateway declined.
    Declined {
        /// The gateway's reason.
        reason: String,
    },
    /// The money was refunded.
    Refunded {
        /// The amount in minor units.
        amount: u64,
        /// The amount's currency.
        currency: Currency,
        /// The gateway's id of the refund; `None` where there was nothing to refund.
        refund_id: Option<String>,
    },
}

impl Entity for Payment {
    const KIND: &'static str = "payment";
}

//! The events of `payment`.

use serde::{Deserialize, Serialize};

use crate::currency::Currency;

/// The gateway has taken the money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentCaptured {
    /// The order.
    pub order_id: String,
    /// How much, in minor units.
    pub amount: u64,
    /// The amount's currency.
    pub currency: Currency,
    /// The gateway's id of the charge; absent where there was nothing to charge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge_id: Option<String>,
}
waxseal_message::event!(PaymentCaptured { name: "payment.captured", version: 1, owner: "payment" });

/// The gateway will not take the money, and took none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentDeclined {
    /// The order.
    pub order_id: String,
    /// The gateway's word for why.
    pub reason: String,
}
waxseal_message::event!(PaymentDeclined { name: "payment.declined", version: 1, owner: "payment" });

/// The gateway has given the money back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentRefunded {
    /// The order.
    pub order_id: String,
    /// How much, in minor units.
    pub amount: u64,
    /// The amount's currency.
    pub currency: Currency,
    /// The gateway's id of the refund; absent where there was nothing to give back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_id: Option<String>,
}
waxseal_message::event!(PaymentRefunded { name: "payment.refunded", version: 1, owner: "payment" });

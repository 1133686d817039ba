//! The account of an order's money: what happened to it, in order. A refund finds its charge by it,
//! and a second event charges nothing.
//!
//! Money is asked about for years, so its history is kept, and the state is the fold of it.

use order_events::Currency;
use serde::{Deserialize, Serialize};
use waxseal::{DomainEvent, EventSourced};

/// What happens to an order's money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "happened", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum MoneyMoved {
    /// The gateway accepted the card for the order's total.
    Authorized {
        /// The amount in minor units.
        amount: u64,
        /// The amount's currency.
        currency: Currency,
    },
    /// The authorized money was taken. The gateway does both in one answer.
    Captured {
        /// The gateway's id; `None` where there was nothing to charge.
        charge_id: Option<String>,
    },
    /// The gateway declined.
    Declined {
        /// The gateway's reason.
        reason: String,
    },
    /// The money went back.
    Refunded {
        /// The amount in minor units.
        amount: u64,
        /// The amount's currency.
        currency: Currency,
        /// The gateway's id of the refund; `None` where there was nothing to refund.
        refund_id: Option<String>,
    },
}

impl DomainEvent for MoneyMoved {}

/// The payment of one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum Payment {
    /// The card was accepted, and nothing was taken yet.
    Authorized {
        /// The amount in minor units.
        amount: u64,
        /// The amount's currency.
        currency: Currency,
    },
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

impl EventSourced for Payment {
    const KIND: &'static str = "money";
    type Event = MoneyMoved;

    fn apply(payment: &mut Option<Self>, moved: &MoneyMoved) {
        *payment = match (payment.take(), moved.clone()) {
            (_, MoneyMoved::Authorized { amount, currency }) => Some(Self::Authorized { amount, currency }),
            (Some(Self::Authorized { amount, currency }), MoneyMoved::Captured { charge_id }) => {
                Some(Self::Captured { amount, currency, charge_id })
            }
            // Nothing is captured that was not authorized.
            (before, MoneyMoved::Captured { .. }) => before,
            (_, MoneyMoved::Declined { reason }) => Some(Self::Declined { reason }),
            (_, MoneyMoved::Refunded { amount, currency, refund_id }) => {
                Some(Self::Refunded { amount, currency, refund_id })
            }
        };
    }
}

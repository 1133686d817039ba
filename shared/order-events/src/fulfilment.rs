//! The events of `fulfilment`, which orchestrates the other services.

use serde::{Deserialize, Serialize};

use crate::order::CancelReason;

/// The order cannot be fulfilled, and all that was done for it is undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FulfilmentFailed {
    /// The order.
    pub order_id: String,
    /// Why.
    pub reason: CancelReason,
}
waxseal_message::event!(FulfilmentFailed { name: "fulfilment.failed", version: 1, owner: "fulfilment" });

/// A command of an order was not undone within its tries: a person has to look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FulfilmentStuck {
    /// The order.
    pub order_id: String,
    /// The name of the command.
    pub command: String,
}
waxseal_message::event!(FulfilmentStuck { name: "fulfilment.stuck", version: 1, owner: "fulfilment" });

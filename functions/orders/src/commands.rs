//! The commands of customers to `orders`. No other service sends them, so they are declared here.

use order_events::{Address, Currency, Customer, Line};
use serde::{Deserialize, Serialize};

/// Places an order, in its newest form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlaceOrder {
    /// Its id.
    pub order_id: String,
    /// The customer.
    pub customer: Customer,
    /// The articles, with quantities and prices.
    pub lines: Vec<Line>,
    /// The currency of the prices.
    pub currency: Currency,
    /// The token that the payment gateway charges.
    pub payment_token: String,
    /// The address of the parcel; where it is absent, the one that the shop has of the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ship_to: Option<Address>,
}
waxseal::command!(PlaceOrder { name: "place-order", version: 1, recipient: "orders" });

/// Cancels an order, for its customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelOrder {
    /// The order.
    pub order_id: String,
}
waxseal::command!(CancelOrder { name: "cancel-order", version: 1, recipient: "orders" });

/// Sends a confirmed order back, for its customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReturnOrder {
    /// The order.
    pub order_id: String,
}
waxseal::command!(ReturnOrder { name: "return-order", version: 1, recipient: "orders" });

//! The events of `orders`.

use std::fmt;

use serde::{Deserialize, Serialize};
use waxseal_message::Timestamp;

use crate::{address::Address, currency::Currency, customer::Customer, line::Line};

/// A customer placed an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderPlaced {
    /// The order.
    pub order_id: String,
    /// Whose it is.
    pub customer: Customer,
    /// The articles and their prices.
    pub lines: Vec<Line>,
    /// The currency of the prices.
    pub currency: Currency,
    /// The token that the payment gateway charges. It stands for a card.
    pub payment_token: String,
    /// The time of the order; version 1 had none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placed_at: Option<Timestamp>,
    /// The address of the parcel; where it is absent, the one that the shop has of the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ship_to: Option<Address>,
}

/// [`OrderPlaced`] before there were currencies: it meant EUR.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderPlacedV1 {
    /// The order.
    pub order_id: String,
    /// Whose it is.
    pub customer: Customer,
    /// The articles and their prices in cents.
    pub lines: Vec<Line>,
    /// The token that the payment gateway charges.
    pub payment_token: String,
}

impl From<OrderPlacedV1> for OrderPlaced {
    fn from(v1: OrderPlacedV1) -> Self {
        Self {
            order_id: v1.order_id,
            customer: v1.customer,
            lines: v1.lines,
            currency: Currency::EUR,
            payment_token: v1.payment_token,
            placed_at: None,
            ship_to: None,
        }
    }
}

waxseal_message::event!(OrderPlacedV1 { name: "order.placed", version: 1, owner: "orders" });
waxseal_message::event!(OrderPlaced {
    name: "order.placed",
    version: 2,
    owner: "orders",
    previous: OrderPlacedV1
});

/// Stock is reserved and the money is captured: the order stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderConfirmed {
    /// The order.
    pub order_id: String,
    /// Whose it is.
    pub customer: Customer,
    /// The captured amount, in minor units.
    pub total: u64,
    /// The total's currency.
    pub currency: Currency,
    /// When the money was captured.
    pub confirmed_at: Timestamp,
    /// The address of the parcel; where it is absent, the one that the shop has of the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ship_to: Option<Address>,
}
waxseal_message::event!(OrderConfirmed { name: "order.confirmed", version: 1, owner: "orders" });

/// The order will not be delivered; nothing of it stays reserved or charged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderCancelled {
    /// The order.
    pub order_id: String,
    /// Why.
    pub reason: CancelReason,
    /// Whose it was.
    pub customer: Customer,
    /// Its price, in minor units.
    pub total: u64,
    /// The total's currency.
    pub currency: Currency,
    /// When.
    pub cancelled_at: Timestamp,
}
waxseal_message::event!(OrderCancelled { name: "order.cancelled", version: 1, owner: "orders" });

/// Why an order was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CancelReason {
    /// Not everything was in stock.
    Short,
    /// The gateway declined the charge.
    Declined,
    /// The customer asked for it.
    Customer,
    /// A step of its fulfilment was not answered in time.
    Late,
}

impl fmt::Display for CancelReason {
    /// As in JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Short => "short",
            Self::Declined => "declined",
            Self::Customer => "customer",
            Self::Late => "late",
        })
    }
}

/// Money was captured for an order that had been cancelled meanwhile: it must go back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderRefundDue {
    /// The order.
    pub order_id: String,
    /// How much, in minor units: all of it.
    pub amount: u64,
    /// The amount's currency.
    pub currency: Currency,
}
waxseal_message::event!(OrderRefundDue { name: "order.refund-due", version: 1, owner: "orders" });

/// A confirmed order came back: its pieces and its money go back too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderReturned {
    /// The order.
    pub order_id: String,
    /// Whose it was.
    pub customer: Customer,
    /// Its price, in minor units.
    pub total: u64,
    /// The total's currency.
    pub currency: Currency,
    /// When.
    pub returned_at: Timestamp,
}
waxseal_message::event!(OrderReturned { name: "order.returned", version: 1, owner: "orders" });

/// Confirms an order that is paid and on its way, unless its customer has cancelled it.
///
/// It names no undo. It is the last step of a fulfilment: what `orders` answers is final.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfirmOrder {
    /// The order.
    pub order_id: String,
}
waxseal_message::command!(ConfirmOrder { name: "confirm-order", version: 1, recipient: "orders" });

/// The answer to [`ConfirmOrder`], however often it is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderSettled {
    /// The order.
    pub order_id: String,
    /// The reason of its cancellation; absent where the order is confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled: Option<CancelReason>,
}
waxseal_message::event!(OrderSettled { name: "order.settled", version: 1, owner: "orders" });

#[cfg(test)]
mod tests {
    use waxseal_message::{Message as _, Raw};

    use super::*;

    #[test]
    fn version_1_of_an_order_meant_euros() {
        let raw = Raw::parse(
            r#"{"eventId":"e1","eventType":"order.placed","eventVersion":1,"source":"orders",
            "timestamp":"2026-11-21T09:30:00.123Z","data":{"orderId":"o-1","customer":{"id":"c-1","name":"大岩 Ökonom",
            "email":"o@example.com"},"lines":[{"sku":"tee","quantity":2,"unitPrice":1250}],"paymentToken":"tok_visa"}}"#,
        )
        .unwrap();
        let placed = raw.decode::<OrderPlaced>().unwrap();
        assert_eq!((placed.version, placed.data.currency), (2, Currency::EUR));
        assert_eq!(OrderPlaced::VERSION, 2);
        let json = serde_json::to_value(&placed.data).unwrap();
        assert_eq!(json["lines"][0]["unitPrice"], 1250);
        assert!(json.get("placedAt").is_none());
    }
}

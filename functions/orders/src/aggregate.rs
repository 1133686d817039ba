//! The aggregate: an order and every message that may change it.

use order_events::{
    CancelReason, OrderCancelled, OrderConfirmed, OrderPlaced, OrderRefundDue, PaymentCaptured,
    PaymentDeclined, StockReserved, StockShort, TotalTooLarge,
};
use waxseal::Aggregate;

use crate::{
    commands::{CancelOrder, PlaceOrder},
    order::Order,
    submission::Invalid,
};

/// Decides on orders: what customers ask, and what `inventory` and `payment` say.
#[derive(Debug, Clone, Copy)]
pub struct Orders;

impl Aggregate for Orders {
    const NAME: &str = "orders";
    type State = Order;
    type Decides = (PlaceOrder, CancelOrder, StockReserved, StockShort, PaymentCaptured, PaymentDeclined);
    type Emits = (OrderPlaced, OrderConfirmed, OrderCancelled, OrderRefundDue);
    type Refusal = Refused;
}

/// Why a message about an order was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The id is taken by an order that another key placed.
    #[error("there is an order {0} already: choose another orderId, or repeat the key that placed it")]
    Exists(String),
    /// There is no such order.
    #[error("there is no order {0}")]
    NoSuchOrder(String),
    /// It stands.
    #[error("order {0} is confirmed: it can no longer be cancelled")]
    Confirmed(String),
    /// It ended otherwise.
    #[error("order {0} was cancelled before, with the reason {1}")]
    CancelledOtherwise(String, CancelReason),
    /// A command from the queue breaks the rules that HTTP checks.
    #[error(transparent)]
    Invalid(Invalid),
    /// Its total is no amount.
    #[error(transparent)]
    TooLarge(TotalTooLarge),
}

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

/// Decides on orders, from the commands of customers and the events of `inventory` and `payment`.
#[derive(Debug, Clone, Copy)]
pub struct Orders;

impl Aggregate for Orders {
    const NAME: &str = "orders";
    type State = Order;
    type Decides = (PlaceOrder, CancelOrder, StockReserved, StockShort, PaymentCaptured, PaymentDeclined);
    type Emits = (OrderPlaced, OrderConfirmed, OrderCancelled, OrderRefundDue);
    type Refusal = Refused;
}

/// The reason why a message about an order was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// An order that another key placed has the id.
    #[error("there is an order {0} already: choose another orderId, or repeat the key that placed it")]
    Exists(String),
    /// There is no such order.
    #[error("there is no order {0}")]
    NoSuchOrder(String),
    /// The order is confirmed.
    #[error("order {0} is confirmed: it can no longer be cancelled")]
    Confirmed(String),
    /// The order was cancelled for another reason.
    #[error("order {0} was cancelled before, with the reason {1}")]
    CancelledOtherwise(String, CancelReason),
    /// A command from the queue breaks the rules that HTTP checks.
    #[error(transparent)]
    Invalid(Invalid),
    /// Its total exceeds the largest amount.
    #[error(transparent)]
    TooLarge(TotalTooLarge),
}

//! The aggregates: an order and every message that may change it, in each style.

use order_events::{
    CancelReason, ConfirmOrder, FulfilmentFailed, OrderCancelled, OrderConfirmed, OrderPlaced,
    OrderRefundDue, OrderReturned, OrderSettled, PaymentCaptured, PaymentDeclined, StockReserved, StockShort,
    TotalTooLarge,
};
use waxseal::Aggregate;

use crate::{
    commands::{CancelOrder, PlaceOrder, ReturnOrder},
    order::Order,
    submission::Invalid,
};

/// Decides on orders in choreography, from the commands of customers and the events of `inventory`
/// and `payment`.
#[derive(Debug, Clone, Copy)]
pub struct Orders;

impl Aggregate for Orders {
    const NAME: &str = "orders";
    type State = Order;
    type Decides =
        (PlaceOrder, CancelOrder, ReturnOrder, StockReserved, StockShort, PaymentCaptured, PaymentDeclined);
    type Emits = (OrderPlaced, OrderConfirmed, OrderCancelled, OrderRefundDue, OrderReturned);
    type Refusal = Refused;
}

/// Decides on orders in orchestration, from the commands of customers and the messages of
/// `fulfilment`. It has the name of [`Orders`], so a command that was handled before a change of the
/// style is not handled again.
#[derive(Debug, Clone, Copy)]
pub struct OrchestratedOrders;

impl Aggregate for OrchestratedOrders {
    const NAME: &str = Orders::NAME;
    type State = Order;
    type Decides = (PlaceOrder, CancelOrder, ReturnOrder, ConfirmOrder, FulfilmentFailed);
    type Emits = (OrderPlaced, OrderConfirmed, OrderCancelled, OrderReturned, OrderSettled);
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
    /// The order was sent back.
    #[error("order {0} was returned: it can no longer be cancelled")]
    Returned(String),
    /// The order is not confirmed, so there is nothing to send back.
    #[error("order {0} is not confirmed: there is nothing to return")]
    NotConfirmed(String),
    /// A command from the queue breaks the rules that HTTP checks.
    #[error(transparent)]
    Invalid(Invalid),
    /// Its total exceeds the largest amount.
    #[error(transparent)]
    TooLarge(TotalTooLarge),
}

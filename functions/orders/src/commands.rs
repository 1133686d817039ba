//! What customers ask of `orders`, and how it answers. No other service sends these, so they are declared here.

use std::borrow::Cow;

use order_events::{CancelReason, Currency, Customer, Line, OrderCancelled, OrderPlaced};
use serde::{Deserialize, Serialize};
use waxseal::{Decide, Envelope, Fault, Out};

use crate::{
    Status,
    order::{Order, Stored},
    submission::check,
};

/// Places an order, in its newest form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlaceOrder {
    /// Its id.
    pub order_id: String,
    /// Whose it is.
    pub customer: Customer,
    /// What of, at which price.
    pub lines: Vec<Line>,
    /// The currency of the prices.
    pub currency: Currency,
    /// What the payment gateway charges.
    pub payment_token: String,
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

/// Why a command was refused. A caller finds it with `fault.reason().downcast_ref::<Refused>()`.
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
}

pub(crate) struct Place;

impl Decide for Place {
    const NAME: &str = "place-order";
    type Event = PlaceOrder;
    type State = Stored;
    type Emits = (OrderPlaced,);

    fn key(order: &PlaceOrder) -> Cow<'_, str> {
        Cow::Borrowed(&order.order_id)
    }

    fn decide(
        &self,
        stored: &mut Stored,
        command: &Envelope<PlaceOrder>,
        out: &mut Out<Self::Emits>,
    ) -> Result<(), Fault> {
        let order = &command.data;
        if stored.0.is_some() {
            return Err(Fault::permanent(Refused::Exists(order.order_id.clone())));
        }
        check(order).map_err(Fault::permanent)?;
        let placed =
            Order::place(order, command.timestamp, &command.correlation_id).map_err(Fault::permanent)?;
        stored.0 = Some(placed);
        out.emit(OrderPlaced {
            order_id: order.order_id.clone(),
            customer: order.customer.clone(),
            lines: order.lines.clone(),
            currency: order.currency,
            payment_token: order.payment_token.clone(),
            placed_at: Some(command.timestamp),
        });
        Ok(())
    }
}

pub(crate) struct Cancel;

impl Decide for Cancel {
    const NAME: &str = "cancel-order";
    type Event = CancelOrder;
    type State = Stored;
    type Emits = (OrderCancelled,);

    fn key(command: &CancelOrder) -> Cow<'_, str> {
        Cow::Borrowed(&command.order_id)
    }

    fn decide(
        &self,
        stored: &mut Stored,
        command: &Envelope<CancelOrder>,
        out: &mut Out<Self::Emits>,
    ) -> Result<(), Fault> {
        let id = || command.data.order_id.clone();
        let order = stored.0.as_mut().ok_or_else(|| Fault::permanent(Refused::NoSuchOrder(id())))?;
        match order.status {
            Status::Placed | Status::Reserved => {
                if let Some(cancelled) = order.cancel(CancelReason::Customer, command.timestamp) {
                    out.emit(cancelled);
                }
                Ok(())
            }
            Status::Cancelled(CancelReason::Customer) => Ok(()),
            Status::Cancelled(reason) => Err(Fault::permanent(Refused::CancelledOtherwise(id(), reason))),
            Status::Confirmed => Err(Fault::permanent(Refused::Confirmed(id()))),
        }
    }
}

//! The commands of customers to `orders`. No other service sends them, so they are declared here.

use std::borrow::Cow;

use order_events::{CancelReason, Currency, Customer, Line, OrderPlaced};
use serde::{Deserialize, Serialize};
use waxseal::{Decide, Envelope, Out, Refusal};

use crate::{
    aggregate::{Orders, Refused},
    order::{Order, Status},
    submission::check,
};

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

impl Decide<PlaceOrder> for Orders {
    fn key(order: &PlaceOrder) -> Cow<'_, str> {
        Cow::Borrowed(&order.order_id)
    }

    fn decide(
        &self,
        state: &mut Option<Order>,
        command: &Envelope<PlaceOrder>,
        out: &mut Out<Self>,
    ) -> Result<(), Refusal<Refused>> {
        let order = &command.data;
        if state.is_some() {
            return Err(Refused::Exists(order.order_id.clone()).into());
        }
        check(order).map_err(Refused::Invalid)?;
        let placed = Order::place(order, command.timestamp, &command.correlation_id);
        *state = Some(placed.map_err(Refused::TooLarge)?);
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

impl Decide<CancelOrder> for Orders {
    fn key(command: &CancelOrder) -> Cow<'_, str> {
        Cow::Borrowed(&command.order_id)
    }

    fn decide(
        &self,
        state: &mut Option<Order>,
        command: &Envelope<CancelOrder>,
        out: &mut Out<Self>,
    ) -> Result<(), Refusal<Refused>> {
        let id = || command.data.order_id.clone();
        let order = state.as_mut().ok_or_else(|| Refused::NoSuchOrder(id()))?;
        match order.status {
            Status::Placed | Status::Reserved => {
                if let Some(cancelled) = order.cancel(CancelReason::Customer, command.timestamp) {
                    out.emit(cancelled);
                }
                Ok(())
            }
            Status::Cancelled(CancelReason::Customer) => Ok(()),
            Status::Cancelled(reason) => Err(Refused::CancelledOtherwise(id(), reason).into()),
            Status::Confirmed => Err(Refused::Confirmed(id()).into()),
        }
    }
}

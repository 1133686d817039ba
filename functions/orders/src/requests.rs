//! The decisions on the commands of customers.

use std::borrow::Cow;

use order_events::{CancelReason, OrderPlaced};
use waxseal::{Decide, Envelope, Out, Refusal};

use crate::{
    aggregate::{Orders, Refused},
    commands::{CancelOrder, PlaceOrder},
    order::{Order, Status},
    submission::check,
};

impl Decide<PlaceOrder> for Orders {
    const FORMER_NAMES: &[&str] = &["place-order"];

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
    const FORMER_NAMES: &[&str] = &["cancel-order"];

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

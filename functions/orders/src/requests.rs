//! The decisions on the commands of customers. They are the same in both styles.

use std::borrow::Cow;

use order_events::{CancelReason, OrderCancelled, OrderPlaced, OrderReturned};
use waxseal::{Decide, Envelope, Out, Refusal};

use crate::{
    aggregate::{OrchestratedOrders, Orders, Refused},
    commands::{CancelOrder, PlaceOrder, ReturnOrder},
    order::{Order, Status},
    submission::check,
};

fn place(state: &mut Option<Order>, command: &Envelope<PlaceOrder>) -> Result<OrderPlaced, Refused> {
    let order = &command.data;
    if state.is_some() {
        return Err(Refused::Exists(order.order_id.clone()));
    }
    check(order).map_err(Refused::Invalid)?;
    let placed = Order::place(order, command.timestamp, &command.correlation_id);
    *state = Some(placed.map_err(Refused::TooLarge)?);
    Ok(OrderPlaced {
        order_id: order.order_id.clone(),
        customer: order.customer.clone(),
        lines: order.lines.clone(),
        currency: order.currency,
        payment_token: order.payment_token.clone(),
        placed_at: Some(command.timestamp),
        ship_to: order.ship_to.clone(),
    })
}

fn cancel(
    state: &mut Option<Order>,
    command: &Envelope<CancelOrder>,
) -> Result<Option<OrderCancelled>, Refused> {
    let id = || command.data.order_id.clone();
    let order = state.as_mut().ok_or_else(|| Refused::NoSuchOrder(id()))?;
    match order.status {
        Status::Placed | Status::Reserved => Ok(order.cancel(CancelReason::Customer, command.timestamp)),
        Status::Cancelled(CancelReason::Customer) => Ok(None),
        Status::Cancelled(reason) => Err(Refused::CancelledOtherwise(id(), reason)),
        Status::Confirmed => Err(Refused::Confirmed(id())),
        Status::Returned => Err(Refused::Returned(id())),
    }
}

fn give_back(
    state: &mut Option<Order>,
    command: &Envelope<ReturnOrder>,
) -> Result<Option<OrderReturned>, Refused> {
    let id = || command.data.order_id.clone();
    let order = state.as_mut().ok_or_else(|| Refused::NoSuchOrder(id()))?;
    match order.status {
        Status::Confirmed => Ok(order.give_back(command.timestamp)),
        Status::Returned => Ok(None),
        Status::Placed | Status::Reserved | Status::Cancelled(_) => Err(Refused::NotConfirmed(id())),
    }
}

/// The decisions above, for an aggregate.
macro_rules! of_customers {
    ($($aggregate:ty),+) => {$(
        impl Decide<PlaceOrder> for $aggregate {
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
                out.emit(place(state, command)?);
                Ok(())
            }
        }

        impl Decide<CancelOrder> for $aggregate {
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
                if let Some(cancelled) = cancel(state, command)? {
                    out.emit(cancelled);
                }
                Ok(())
            }
        }

        impl Decide<ReturnOrder> for $aggregate {
            fn key(command: &ReturnOrder) -> Cow<'_, str> {
                Cow::Borrowed(&command.order_id)
            }

            fn decide(
                &self,
                state: &mut Option<Order>,
                command: &Envelope<ReturnOrder>,
                out: &mut Out<Self>,
            ) -> Result<(), Refusal<Refused>> {
                if let Some(returned) = give_back(state, command)? {
                    out.emit(returned);
                }
                Ok(())
            }
        }
    )+};
}
of_customers!(Orders, OrchestratedOrders);

//! Choreography: the events of `inventory` and `payment`, and their effect on the order.

use std::borrow::Cow;

use order_events::{CancelReason, PaymentCaptured, PaymentDeclined, StockReserved, StockShort};
use waxseal::{Decide, Envelope, Out, Refusal};

use crate::{
    aggregate::{Orders, Refused},
    order::{Captured, Order},
};

/// The order of an event. Every event about an order has `order.placed` among its causes, so an
/// event about an unknown order is misdirected.
pub(crate) fn known<'a>(state: &'a mut Option<Order>, order_id: &str) -> Result<&'a mut Order, Refused> {
    state.as_mut().ok_or_else(|| Refused::NoSuchOrder(order_id.to_owned()))
}

/// Stock is reserved. The order notes it, since payment continues by itself.
impl Decide<StockReserved> for Orders {
    const FORMER_NAMES: &[&str] = &["note-reservation"];

    fn key(event: &StockReserved) -> Cow<'_, str> {
        Cow::Borrowed(&event.order_id)
    }

    fn decide(
        &self,
        state: &mut Option<Order>,
        event: &Envelope<StockReserved>,
        _: &mut Out<Self>,
    ) -> Result<(), Refusal<Refused>> {
        known(state, &event.data.order_id)?.reserve(event.timestamp);
        Ok(())
    }
}

/// Too little stock ends the order.
impl Decide<StockShort> for Orders {
    const FORMER_NAMES: &[&str] = &["cancel-short"];

    fn key(event: &StockShort) -> Cow<'_, str> {
        Cow::Borrowed(&event.order_id)
    }

    fn decide(
        &self,
        state: &mut Option<Order>,
        event: &Envelope<StockShort>,
        out: &mut Out<Self>,
    ) -> Result<(), Refusal<Refused>> {
        let order = known(state, &event.data.order_id)?;
        if let Some(cancelled) = order.cancel(CancelReason::Short, event.timestamp) {
            out.emit(cancelled);
        }
        Ok(())
    }
}

/// Captured money confirms the order, or goes back where the order has ended.
impl Decide<PaymentCaptured> for Orders {
    const FORMER_NAMES: &[&str] = &["confirm-captured"];

    fn key(event: &PaymentCaptured) -> Cow<'_, str> {
        Cow::Borrowed(&event.order_id)
    }

    fn decide(
        &self,
        state: &mut Option<Order>,
        event: &Envelope<PaymentCaptured>,
        out: &mut Out<Self>,
    ) -> Result<(), Refusal<Refused>> {
        match known(state, &event.data.order_id)?.capture(event.timestamp) {
            Captured::Confirmed(confirmed) => out.emit(confirmed),
            Captured::RefundDue(due) => out.emit(due),
            Captured::Known => {}
        }
        Ok(())
    }
}

/// A declined charge ends the order.
impl Decide<PaymentDeclined> for Orders {
    const FORMER_NAMES: &[&str] = &["cancel-declined"];

    fn key(event: &PaymentDeclined) -> Cow<'_, str> {
        Cow::Borrowed(&event.order_id)
    }

    fn decide(
        &self,
        state: &mut Option<Order>,
        event: &Envelope<PaymentDeclined>,
        out: &mut Out<Self>,
    ) -> Result<(), Refusal<Refused>> {
        let order = known(state, &event.data.order_id)?;
        if let Some(cancelled) = order.cancel(CancelReason::Declined, event.timestamp) {
            out.emit(cancelled);
        }
        Ok(())
    }
}

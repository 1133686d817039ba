//! The messages of `fulfilment`, and their effect on the order.

use std::borrow::Cow;

use order_events::{ConfirmOrder, FulfilmentFailed, OrderSettled};
use waxseal::{Decide, Envelope, Out, Refusal};

use crate::{
    aggregate::{OrchestratedOrders, Refused},
    events::known,
    order::{Order, Status},
};

/// The order is confirmed, unless it was cancelled meanwhile. The answer says which, also where the
/// question is asked again.
impl Decide<ConfirmOrder> for OrchestratedOrders {
    fn key(command: &ConfirmOrder) -> Cow<'_, str> {
        Cow::Borrowed(&command.order_id)
    }

    fn decide(
        &self,
        state: &mut Option<Order>,
        command: &Envelope<ConfirmOrder>,
        out: &mut Out<Self>,
    ) -> Result<(), Refusal<Refused>> {
        let order = known(state, &command.data.order_id)?;
        if let Some(confirmed) = order.confirm(command.timestamp) {
            out.emit(confirmed);
        }
        let cancelled = match order.status {
            Status::Cancelled(reason) => Some(reason),
            Status::Placed | Status::Reserved | Status::Confirmed | Status::Returned => None,
        };
        out.emit(OrderSettled { order_id: order.order_id.clone(), cancelled });
        Ok(())
    }
}

/// The order ends, unless its customer has ended it before.
impl Decide<FulfilmentFailed> for OrchestratedOrders {
    fn key(event: &FulfilmentFailed) -> Cow<'_, str> {
        Cow::Borrowed(&event.order_id)
    }

    fn decide(
        &self,
        state: &mut Option<Order>,
        event: &Envelope<FulfilmentFailed>,
        out: &mut Out<Self>,
    ) -> Result<(), Refusal<Refused>> {
        let order = known(state, &event.data.order_id)?;
        if let Some(cancelled) = order.cancel(event.data.reason, event.timestamp) {
            out.emit(cancelled);
        }
        Ok(())
    }
}

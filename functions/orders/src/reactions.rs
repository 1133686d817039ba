//! What `inventory` and `payment` say, and what it means for the order.

use std::borrow::Cow;

use order_events::{
    CancelReason, OrderCancelled, OrderConfirmed, OrderRefundDue, PaymentCaptured, PaymentDeclined,
    StockReserved, StockShort,
};
use waxseal::{Decide, Envelope, Fault, Out};

use crate::{
    Refused,
    order::{Captured, Order, Stored},
};

/// The order of an event. Every event about an order has `order.placed` among its causes, so one about an order that
/// is not there is misdirected.
fn known<'a>(stored: &'a mut Stored, order_id: &str) -> Result<&'a mut Order, Fault> {
    stored.0.as_mut().ok_or_else(|| Fault::permanent(Refused::NoSuchOrder(order_id.to_owned())))
}

/// `Decide` on the order that an event names: `$body` sees the order, the event's time and what to emit.
macro_rules! reaction {
    ($(#[$doc:meta])* $name:ident = $text:literal: $event:ty => $emits:ty, |$order:ident, $at:ident, $out:ident| $body:expr) => {
        $(#[$doc])*
        pub(crate) struct $name;
        impl Decide for $name {
            const NAME: &str = $text;
            type Event = $event;
            type State = Stored;
            type Emits = $emits;
            fn key(event: &$event) -> Cow<'_, str> {
                Cow::Borrowed(&event.order_id)
            }
            fn decide(
                &self,
                stored: &mut Stored,
                event: &Envelope<$event>,
                $out: &mut Out<$emits>,
            ) -> Result<(), Fault> {
                let ($order, $at) = (known(stored, &event.data.order_id)?, event.timestamp);
                $body;
                Ok(())
            }
        }
    };
}

reaction!(
    /// Stock is set aside: noted, since payment goes on by itself.
    NoteReservation = "note-reservation": StockReserved => (), |order, at, _out| order.reserve(at)
);

reaction!(
    /// Too little stock ends the order.
    CancelShort = "cancel-short": StockShort => (OrderCancelled,), |order, at, out| {
        if let Some(cancelled) = order.cancel(CancelReason::Short, at) {
            out.emit(cancelled);
        }
    }
);

reaction!(
    /// Captured money makes the order stand, or goes back where the order has ended.
    ConfirmCaptured = "confirm-captured": PaymentCaptured => (OrderConfirmed, OrderRefundDue), |order, at, out| {
        match order.capture(at) {
            Captured::Confirmed(confirmed) => out.emit(confirmed),
            Captured::RefundDue(due) => out.emit(due),
            Captured::Known => {}
        }
    }
);

reaction!(
    /// A declined charge ends the order.
    CancelDeclined = "cancel-declined": PaymentDeclined => (OrderCancelled,), |order, at, out| {
        if let Some(cancelled) = order.cancel(CancelReason::Declined, at) {
            out.emit(cancelled);
        }
    }
);

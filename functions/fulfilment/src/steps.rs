//! The steps at the replies, and at the customer's cancellation.
//!
//! While an instance compensates, a reply is matched with its command and no step is called. So the
//! replies of the undos have none of their own.

use std::borrow::Cow;

use order_events::{
    CancelReason, ChargeCard, OrderCancelled, OrderSettled, PackageShipped, PaymentCaptured, PaymentDeclined,
    PaymentRefunded, PaymentVoided, ReserveStock, ShipOrder, ShipmentCancelled, StockReleased, StockReserved,
    StockShort,
};
use waxseal::{Envelope, Flow, Step};

use crate::{
    job::{At, Wait},
    process::Fulfilment,
};

macro_rules! steps {
    ($($message:ident($process:ident, $flow:ident, $envelope:ident) $body:block)+) => {$(
        impl Step<$message> for Fulfilment {
            fn key(message: &$message) -> Cow<'_, str> {
                Cow::Borrowed(&message.order_id)
            }

            fn step(&self, $flow: &mut Flow<Self>, $envelope: &Envelope<$message>) {
                let $process = self;
                $body
            }
        }
    )+};
}

steps! {
    StockReserved(fulfilment, flow, reserved) {
        if *flow.step() != At::Reserving {
            return flow.unexpected();
        }
        flow.clear(&Wait::Stock);
        flow.go(At::Charging);
        flow.send(ChargeCard {
            order_id: flow.data().order_id.clone(),
            amount: reserved.data.total,
            currency: reserved.data.currency,
            payment_token: flow.data().payment_token.clone(),
        });
        flow.arm(Wait::Payment, fulfilment.deadlines.payment);
    }
    StockShort(_fulfilment, flow, _short) {
        if *flow.step() != At::Reserving {
            return flow.unexpected();
        }
        flow.refused::<ReserveStock>();
        Fulfilment::give_up(flow, CancelReason::Short, "not everything is in stock");
    }
    PaymentCaptured(fulfilment, flow, _captured) {
        if *flow.step() != At::Charging {
            return flow.unexpected();
        }
        flow.clear(&Wait::Payment);
        flow.go(At::Shipping);
        let job = flow.data();
        let (order_id, customer, ship_to) = (job.order_id.clone(), job.customer.clone(), job.ship_to.clone());
        flow.send(ShipOrder { order_id, customer, ship_to });
        flow.arm(Wait::Parcel, fulfilment.deadlines.parcel);
    }
    PaymentDeclined(_fulfilment, flow, declined) {
        if *flow.step() != At::Charging {
            return flow.unexpected();
        }
        flow.refused::<ChargeCard>();
        let words = format!("the card was declined: {}", declined.data.reason);
        Fulfilment::give_up(flow, CancelReason::Declined, &words);
    }
    PackageShipped(fulfilment, flow, _shipped) {
        if *flow.step() != At::Shipping {
            return flow.unexpected();
        }
        flow.clear(&Wait::Parcel);
        flow.go(At::Confirming);
        fulfilment.ask(flow);
    }
    OrderSettled(_fulfilment, flow, settled) {
        match settled.data.cancelled {
            Some(reason) => Fulfilment::give_up(flow, reason, "the order was cancelled"),
            None => {
                flow.go(At::Confirmed);
                flow.finish("confirmed");
            }
        }
    }
    // `orders` says so of each end. The ends that this process gave an order reach it after its own.
    OrderCancelled(_fulfilment, flow, cancelled) {
        Fulfilment::give_up(flow, cancelled.data.reason, "the order was cancelled");
    }
    StockReleased(_fulfilment, flow, _released) { flow.unexpected(); }
    PaymentRefunded(_fulfilment, flow, _refunded) { flow.unexpected(); }
    PaymentVoided(_fulfilment, flow, _voided) { flow.unexpected(); }
    ShipmentCancelled(_fulfilment, flow, _called_back) { flow.unexpected(); }
}

//! The process: reserve, charge, ship, confirm.

use std::{borrow::Cow, time::Duration};

use order_events::{
    CancelReason, CancelShipment, ChargeCard, ConfirmOrder, FulfilmentFailed, FulfilmentStuck,
    OrderCancelled, OrderPlaced, OrderSettled, PackageShipped, PaymentCaptured, PaymentDeclined,
    PaymentRefunded, PaymentVoided, RefundCard, ReleaseStock, ReserveStock, ShipOrder, ShipmentCancelled,
    StockReleased, StockReserved, StockShort,
};
use waxseal::{Begin, Envelope, Flow, Process};

use crate::{
    deadlines::Deadlines,
    job::{At, Job, Wait},
};

/// The kind of its rows, by which [`Engine::instance`](waxseal::Engine::instance) finds one.
pub const KIND: &str = "fulfilment";

/// Fulfils orders.
#[derive(Debug, Clone)]
pub struct Fulfilment {
    pub(crate) deadlines: Deadlines,
}

impl Fulfilment {
    /// With these deadlines.
    #[must_use]
    pub fn new(deadlines: Deadlines) -> Self {
        Self { deadlines }
    }

    /// Undoes all that was sent, for this reason.
    pub(crate) fn give_up(flow: &mut Flow<Self>, reason: CancelReason, words: &str) {
        flow.data_mut().reason = Some(reason);
        // The log keeps the reason, also after the end.
        flow.note(words);
        flow.compensate(words);
    }

    /// Asks `orders` for the confirmation, for the first time or again.
    pub(crate) fn ask(&self, flow: &mut Flow<Self>) {
        let before = flow.data().asked;
        flow.data_mut().asked = Deadlines::after_question(before);
        flow.send(ConfirmOrder { order_id: flow.data().order_id.clone() });
        flow.arm(Wait::Confirmation, self.deadlines.of_confirmation(before));
    }
}

impl Process for Fulfilment {
    const NAME: &str = "fulfilment";
    const KIND: &str = KIND;
    // A refund waits for the lease of its charge, which is 45 s, and for a gateway that is down.
    const UNDO_DEADLINE: Duration = Duration::from_secs(10 * 60);
    type Data = Job;
    type Step = At;
    type Timer = Wait;
    type Begins = (OrderPlaced,);
    type Inputs = (
        StockReserved,
        StockShort,
        StockReleased,
        PaymentCaptured,
        PaymentDeclined,
        PaymentRefunded,
        PaymentVoided,
        PackageShipped,
        ShipmentCancelled,
        OrderSettled,
        OrderCancelled,
    );
    type Emits = (
        ReserveStock,
        ReleaseStock,
        ChargeCard,
        RefundCard,
        ShipOrder,
        CancelShipment,
        ConfirmOrder,
        FulfilmentFailed,
        FulfilmentStuck,
    );

    fn timeout(&self, flow: &mut Flow<Self>, timer: Wait) {
        match timer {
            Wait::Stock | Wait::Payment | Wait::Parcel => {
                Self::give_up(flow, CancelReason::Late, timer.lateness());
            }
            // The order may be confirmed, and a confirmation cannot be undone.
            Wait::Confirmation => {
                flow.note(timer.lateness());
                self.ask(flow);
            }
        }
    }

    fn compensated(&self, flow: &mut Flow<Self>) {
        let (order_id, reason) = (flow.data().order_id.clone(), flow.data().reason);
        let reason = reason.unwrap_or(CancelReason::Late);
        flow.emit(FulfilmentFailed { order_id, reason });
        flow.finish(format!("cancelled: {reason}"));
    }

    fn compensation_failed(&self, flow: &mut Flow<Self>, command: &str) {
        let order_id = flow.data().order_id.clone();
        flow.emit(FulfilmentStuck { order_id, command: command.to_owned() });
    }
}

impl Begin<OrderPlaced> for Fulfilment {
    fn key(order: &OrderPlaced) -> Cow<'_, str> {
        Cow::Borrowed(&order.order_id)
    }

    fn data(order: &OrderPlaced) -> Job {
        Job {
            order_id: order.order_id.clone(),
            customer: order.customer.clone(),
            ship_to: order.ship_to.clone(),
            payment_token: order.payment_token.clone(),
            reason: None,
            asked: 0,
        }
    }

    fn begin(&self, flow: &mut Flow<Self>, order: &Envelope<OrderPlaced>) {
        let OrderPlaced { order_id, lines, currency, payment_token, .. } = &order.data;
        flow.send(ReserveStock {
            order_id: order_id.clone(),
            lines: lines.clone(),
            currency: *currency,
            payment_token: payment_token.clone(),
        });
        flow.arm(Wait::Stock, self.deadlines.stock);
    }
}

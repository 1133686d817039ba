//! A process of three steps with compensation, sound or with one defect.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use waxseal::{Begin, Envelope, Flow, Process, Step};

use crate::{defects::Defect, messages::*};

pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// Reserves, charges, ships, and undoes it all where one of them fails.
#[derive(Default)]
pub(crate) struct Fulfilment {
    pub(crate) defect: Option<Defect>,
    /// A memory outside of the instance, which a step must not have.
    pub(crate) runs: AtomicU32,
}

impl Fulfilment {
    pub(crate) fn with(defect: Defect) -> Self {
        Self { defect: Some(defect), ..Self::default() }
    }

    fn has(&self, defect: Defect) -> bool {
        self.defect == Some(defect)
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) order: String,
    pub(crate) tries: u32,
    /// Its keys are no texts, so it is stored only where it is empty.
    odd: BTreeMap<Vec<u8>, u8>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) enum At {
    #[default]
    Reserving,
    Charging,
    Shipping,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Wait {
    Stock,
    Payment,
    Reminder,
    Shipment,
}

impl Process for Fulfilment {
    const NAME: &'static str = "fulfilment";
    const KIND: &'static str = "fulfilment";
    type Data = Order;
    type Step = At;
    type Timer = Wait;
    type Begins = (OrderPlaced,);
    type Inputs = (
        OrderCancelled,
        StockReserved,
        StockRejected,
        StockReleased,
        PaymentCaptured,
        PaymentDeclined,
        PaymentRefunded,
        OrderShipped,
        ShipmentCancelled,
    );
    type Emits = (
        ReserveStock,
        ReleaseStock,
        ChargePayment,
        ChargeForGood,
        RefundPayment,
        ShipOrder,
        CancelShipment,
        OrderConfirmed,
        OrderFailed,
        FulfilmentStuck,
    );

    fn timeout(&self, flow: &mut Flow<Self>, timer: Wait) {
        match (self.defect, timer) {
            (Some(Defect::IgnoresATimeout), Wait::Payment) => {}
            (Some(Defect::ArmsTheTimerAgain), Wait::Payment) => flow.arm(Wait::Payment, HOUR),
            (Some(Defect::SendsTheCommandForEver), Wait::Payment) => {
                flow.send(ChargePayment::of(&flow.data().order.clone()));
                flow.arm(Wait::Payment, HOUR);
            }
            (Some(Defect::CountsForEver), Wait::Payment) => {
                flow.data_mut().tries += 1;
                flow.arm(Wait::Payment, HOUR);
            }
            (Some(Defect::ArmsTimersInACircle), Wait::Payment) => flow.arm(Wait::Reminder, HOUR),
            (Some(Defect::ArmsTimersInACircle), Wait::Reminder) => flow.arm(Wait::Payment, HOUR),
            (Some(Defect::GoesOnWithoutAnAnswer), Wait::Payment) => {
                flow.go(At::Shipping);
                flow.send(ShipOrder::of(&flow.data().order.clone()));
                flow.arm(Wait::Shipment, 24 * HOUR);
            }
            (Some(Defect::FinishesAtATimeout), Wait::Payment) => flow.finish("too late"),
            (_, timer) => flow.compensate(format!("no answer: {timer:?}")),
        }
        if self.has(Defect::ArmsATimerWhileItCompensates) {
            flow.arm(Wait::Reminder, HOUR);
        }
    }

    fn compensated(&self, flow: &mut Flow<Self>) {
        flow.emit(OrderFailed::of(&flow.data().order.clone()));
        if !self.has(Defect::NeverEndsACompensation) {
            flow.finish("failed");
        }
    }

    fn compensation_failed(&self, flow: &mut Flow<Self>, _: &str) {
        if !self.has(Defect::FailsInSilence) {
            flow.emit(FulfilmentStuck::of(&flow.data().order.clone()));
        }
    }
}

impl Begin<OrderPlaced> for Fulfilment {
    fn key(placed: &OrderPlaced) -> Cow<'_, str> {
        placed.order.as_str().into()
    }

    fn data(placed: &OrderPlaced) -> Order {
        Order { order: placed.order.clone(), ..Order::default() }
    }

    fn begin(&self, flow: &mut Flow<Self>, placed: &Envelope<OrderPlaced>) {
        flow.send(ReserveStock::of(&placed.data.order));
        if self.has(Defect::SendsTwice) {
            flow.send(ReserveStock::of(&placed.data.order));
        }
        if !self.has(Defect::ArmsNoTimerAtTheBeginning) {
            flow.arm(Wait::Stock, HOUR);
        }
        if self.has(Defect::ReadsAMemoryOfItsOwn) {
            flow.data_mut().tries = self.runs.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Step<StockReserved> for Fulfilment {
    fn key(reserved: &StockReserved) -> Cow<'_, str> {
        reserved.order.as_str().into()
    }

    fn step(&self, flow: &mut Flow<Self>, _: &Envelope<StockReserved>) {
        let order = flow.data().order.clone();
        match self.defect {
            Some(Defect::ForgetsToClear) => {}
            Some(Defect::ClearsAnotherTimer) => flow.clear(&Wait::Payment),
            _ => flow.clear(&Wait::Stock),
        }
        match self.defect {
            Some(Defect::StaysInTheStep) => {}
            Some(Defect::GoesTooFar) => flow.go(At::Shipping),
            _ => flow.go(At::Charging),
        }
        match self.defect {
            Some(Defect::SendsNothing | Defect::SendsNothingAndArmsNothing) => {}
            Some(Defect::SendsWithoutUndo) => flow.send(ChargeForGood::of(&order)),
            _ => flow.send(ChargePayment::of(&order)),
        }
        match self.defect {
            Some(Defect::ArmsNoTimerInAStep | Defect::SendsNothingAndArmsNothing) => {}
            Some(Defect::ArmsAnotherTimer) => flow.arm(Wait::Stock, HOUR),
            _ => flow.arm(Wait::Payment, HOUR),
        }
        if self.has(Defect::KeepsWhatCannotBeStored) {
            flow.data_mut().odd.insert(vec![1], 1);
        }
    }
}

impl Step<StockRejected> for Fulfilment {
    fn key(rejected: &StockRejected) -> Cow<'_, str> {
        rejected.order.as_str().into()
    }

    fn step(&self, flow: &mut Flow<Self>, _: &Envelope<StockRejected>) {
        if !self.has(Defect::ForgetsThatStockWasRefused) {
            flow.refused::<ReserveStock>();
        }
        flow.compensate("no stock");
    }
}

impl Step<PaymentCaptured> for Fulfilment {
    fn key(captured: &PaymentCaptured) -> Cow<'_, str> {
        captured.order.as_str().into()
    }

    fn step(&self, flow: &mut Flow<Self>, _: &Envelope<PaymentCaptured>) {
        if *flow.step() != At::Charging {
            return flow.unexpected();
        }
        flow.clear(&Wait::Payment);
        match self.defect {
            Some(Defect::LeavesAStepOut) => return flow.finish("confirmed"),
            Some(Defect::PanicsInAStep) => panic!("nobody has written this step"),
            _ => {}
        }
        flow.go(At::Shipping);
        flow.send(ShipOrder::of(&flow.data().order.clone()));
        flow.arm(Wait::Shipment, 24 * HOUR);
    }
}

impl Step<PaymentDeclined> for Fulfilment {
    fn key(declined: &PaymentDeclined) -> Cow<'_, str> {
        declined.order.as_str().into()
    }

    fn step(&self, flow: &mut Flow<Self>, _: &Envelope<PaymentDeclined>) {
        if self.has(Defect::SwallowsARefusal) {
            return flow.unexpected();
        }
        match self.defect {
            Some(Defect::ForgetsThatPaymentWasRefused) => {}
            Some(Defect::NamesAnotherRefusedCommand) => flow.refused::<ReserveStock>(),
            Some(Defect::NamesTwoRefusedCommands) => {
                flow.refused::<ReserveStock>();
                flow.refused::<ChargePayment>();
            }
            _ => flow.refused::<ChargePayment>(),
        }
        match self.defect {
            Some(Defect::UndoesByHand) => {
                flow.send(ReleaseStock::of(&flow.data().order.clone()));
                flow.finish("declined");
            }
            Some(Defect::FinishesAtARefusal) => flow.finish("declined"),
            Some(Defect::FinishesWhileItCompensates) => {
                flow.compensate("declined");
                flow.finish("declined");
            }
            _ => flow.compensate("declined"),
        }
    }
}

impl Step<OrderShipped> for Fulfilment {
    fn key(shipped: &OrderShipped) -> Cow<'_, str> {
        shipped.order.as_str().into()
    }

    fn step(&self, flow: &mut Flow<Self>, _: &Envelope<OrderShipped>) {
        let order = flow.data().order.clone();
        if self.has(Defect::SwallowsTheLastReply) {
            return flow.note("shipped");
        }
        flow.clear(&Wait::Shipment);
        flow.emit(OrderConfirmed::of(&order));
        match self.defect {
            Some(Defect::NeverFinishes) => {}
            Some(Defect::ArmsATimerAfterTheEnd) => {
                flow.finish("confirmed");
                flow.arm(Wait::Reminder, HOUR);
            }
            Some(Defect::SendsAfterTheEnd) => {
                flow.finish("confirmed");
                flow.send(ShipOrder::of(&order));
            }
            _ => flow.finish("confirmed"),
        }
    }
}

impl Step<OrderCancelled> for Fulfilment {
    fn key(cancelled: &OrderCancelled) -> Cow<'_, str> {
        cancelled.order.as_str().into()
    }

    fn step(&self, flow: &mut Flow<Self>, _: &Envelope<OrderCancelled>) {
        match self.defect {
            Some(Defect::IgnoresACustomer) => flow.unexpected(),
            Some(Defect::FinishesAtACancellation) => flow.finish("cancelled"),
            _ => flow.compensate("cancelled"),
        }
    }
}

/// The answers to undos: the engine matches them, and no step is there to take.
macro_rules! answers {
    ($($answer:ty),+) => {
        $(impl Step<$answer> for Fulfilment {
            fn key(answer: &$answer) -> Cow<'_, str> {
                answer.order.as_str().into()
            }

            fn step(&self, flow: &mut Flow<Self>, _: &Envelope<$answer>) {
                flow.unexpected();
            }
        })+
    };
}
answers!(StockReleased, PaymentRefunded, ShipmentCancelled);

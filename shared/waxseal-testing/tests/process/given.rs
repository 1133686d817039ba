//! Tests of a process in the form given, when, then.

use std::{panic::catch_unwind, time::Duration};

use waxseal::{Timestamp, handler::Phase};
use waxseal_testing::given_process;

use crate::{
    defects::Defect,
    fulfilment::{At, Fulfilment, HOUR},
    messages::*,
};

const ORDER: &str = "o-1";

fn message(test: impl FnOnce() + std::panic::UnwindSafe) -> String {
    match catch_unwind(test) {
        Ok(()) => panic!("nothing differed"),
        Err(panic) => *panic.downcast::<String>().unwrap_or_default(),
    }
}

#[test]
fn an_order_goes_through_its_steps() {
    let confirmed = given_process(Fulfilment::default(), None)
        .when(OrderPlaced::of(ORDER))
        .then(At::Reserving, (ReserveStock::of(ORDER),))
        .when(StockReserved::of(ORDER))
        .then(At::Charging, (ChargePayment::of(ORDER),))
        .when(PaymentCaptured::of(ORDER))
        .then(At::Shipping, (ShipOrder::of(ORDER),))
        .when(OrderShipped::of(ORDER))
        .then_finished("confirmed", (OrderConfirmed::of(ORDER),));
    let instance = confirmed.instance().unwrap();
    assert!(instance.calls.iter().all(|call| !call.is_undoing()) && instance.timers.is_empty());
    // A late cancellation is recorded, and that is all.
    confirmed.when(OrderCancelled::of(ORDER)).then_finished("confirmed", ());
}

#[test]
fn time_passes_and_the_commands_are_undone_the_last_first() {
    let late = given_process(Fulfilment::default(), None)
        .at(Timestamp::from_second(1_000).unwrap())
        .when(OrderPlaced::of(ORDER))
        .then(At::Reserving, (ReserveStock::of(ORDER),))
        .after(HOUR - Duration::from_secs(1))
        .then(At::Reserving, ())
        .when(StockReserved::of(ORDER))
        .then(At::Charging, (ChargePayment::of(ORDER),))
        // The timer of the stock is cleared, that of the payment is not due.
        .after(HOUR - Duration::from_secs(1))
        .then(At::Charging, ())
        .after(Duration::from_secs(1))
        .then_compensating("no answer: Payment", (RefundPayment::of(ORDER),));
    // The late reply does not stop it, and the refund is answered after it.
    late.when(PaymentCaptured::of(ORDER))
        .then_compensating("no answer: Payment", ())
        .undo_answered(PaymentRefunded::of(ORDER))
        .then_compensating("no answer: Payment", (ReleaseStock::of(ORDER),))
        .undo_answered(StockReleased::of(ORDER))
        .then_finished("failed", (OrderFailed::of(ORDER),));
}

#[test]
fn an_undo_is_tried_again_and_a_person_decides() {
    let release = || ReleaseStock::of(ORDER);
    let given = || {
        given_process(Fulfilment::default(), None)
            .when(OrderPlaced::of(ORDER))
            .then(At::Reserving, (ReserveStock::of(ORDER),))
            .when(OrderCancelled::of(ORDER))
            .then_compensating("cancelled", (release(),))
            // Four tries more, a quarter of an hour apart; then it has failed.
            .after(HOUR)
            .then_compensating("cancelled", (release(), release(), release(), release()))
            .after(HOUR)
            .then_compensation_failed("reserve-stock", (FulfilmentStuck::of(ORDER),))
    };
    given().skip().then_finished("failed", (OrderFailed::of(ORDER),));
    given()
        .resume()
        .then_compensating("cancelled", (release(),))
        .undo_answered(StockReleased::of(ORDER))
        .then_finished("failed", (OrderFailed::of(ORDER),));
}

#[test]
fn a_test_goes_on_with_the_instance_of_another() {
    let charging = given_process(Fulfilment::default(), None)
        .when(OrderPlaced::of(ORDER))
        .then(At::Reserving, (ReserveStock::of(ORDER),));
    let stored = serde_json::to_string(charging.instance().unwrap()).unwrap();
    let instance = serde_json::from_str::<waxseal::handler::pure::InstanceOf<Fulfilment>>(&stored).unwrap();
    assert_eq!(instance.phase, Phase::Running);
    given_process(Fulfilment::default(), instance)
        .when(StockRejected::of(ORDER))
        .then_finished("failed", (OrderFailed::of(ORDER),));
    given_process(Fulfilment::default(), None).when(StockRejected::of(ORDER)).then_not_begun();
}

#[test]
fn a_difference_shows_both_sides_in_full() {
    let text = message(|| {
        let _ =
            given_process(Fulfilment::default(), None).when(OrderPlaced::of(ORDER)).then(At::Charging, ());
    });
    let (expected, found) = text.split_once("found").unwrap_or_default();
    assert!(expected.contains("running in Charging\n  emitted nothing"), "{text}");
    assert!(found.contains("running in Reserving\n  emitted 1: {"), "{text}");
    assert!(found.contains("\"name\": \"reserve-stock\"") && found.contains("after order.placed"), "{text}");
    let text = message(|| {
        let _ = given_process(Fulfilment::default(), None)
            .when(OrderPlaced::of(ORDER))
            .then(At::Reserving, (ReserveStock::of(ORDER),))
            .undo_answered(StockReleased::of(ORDER));
    });
    assert_eq!(text, "no undo is under way:\n  running in Reserving");
}

#[test]
fn timers_that_arm_each_other_do_not_hang_a_test() {
    let text = message(|| {
        let _ = given_process(Fulfilment::with(Defect::ArmsTheTimerAgain), None)
            .when(OrderPlaced::of(ORDER))
            .then(At::Reserving, (ReserveStock::of(ORDER),))
            .when(StockReserved::of(ORDER))
            .then(At::Charging, (ChargePayment::of(ORDER),))
            .after(20_000 * HOUR);
    });
    assert_eq!(text, "the timers of fulfilment arm each other without an end");
}

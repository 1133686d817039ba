//! The sound process gives no finding, and each defect gives its own.

use std::{collections::BTreeSet, time::Duration};

use waxseal_testing::explore::{Exploration, Explored, Finding, Kind};

use crate::{
    defects::{DEFECTS, Defect},
    fulfilment::{At, Fulfilment},
    messages::*,
};

fn explore(process: Fulfilment) -> Explored {
    let order = "o-1";
    Exploration::of(process)
        .begins(OrderPlaced::of(order))
        .input(StockReserved::of(order))
        .answers::<ReserveStock>()
        .input(StockRejected::of(order))
        .refuses::<ReserveStock>()
        .input(PaymentCaptured::of(order))
        .answers::<ChargePayment>()
        .answers::<ChargeForGood>()
        .input(PaymentDeclined::of(order))
        .refuses::<ChargePayment>()
        .refuses::<ChargeForGood>()
        .input(OrderShipped::of(order))
        .answers::<ShipOrder>()
        .input(OrderCancelled::of(order))
        .at_any_time()
        .input(StockReleased::of(order))
        .answers::<ReleaseStock>()
        .input(PaymentRefunded::of(order))
        .answers::<RefundPayment>()
        .input(ShipmentCancelled::of(order))
        .answers::<CancelShipment>()
        .reaches([At::Reserving, At::Charging, At::Shipping])
        .most_states(150)
        .explore()
}

fn kinds(explored: &Explored) -> BTreeSet<Kind> {
    explored.findings().iter().map(Finding::kind).collect()
}

#[test]
fn a_sound_process_gives_no_finding() {
    let explored = explore(Fulfilment::default());
    explored.assert_sound();
    assert_eq!((explored.states(), explored.transitions()), (79, 177), "{explored}");
}

#[test]
fn the_drawing_of_the_sound_process_is_fresh() {
    explore(Fulfilment::default()).assert_fresh("tests/process/fulfilment.md");
}

/// The time that this thread has run, without the time for which it waited for a core.
fn time_run() -> Duration {
    let schedstat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(schedstat.split(' ').next().unwrap().parse().unwrap())
}

#[test]
fn every_defect_is_found_and_soon() {
    let (start, mut wrong) = (time_run(), String::new());
    for (defect, kind, subject) in DEFECTS {
        let explored = explore(Fulfilment::with(*defect));
        let is_found =
            explored.findings().iter().any(|found| found.kind() == *kind && found.subject() == *subject);
        if !is_found {
            wrong.push_str(&format!(
                "\n\n{defect:?} should give {kind:?} about {subject}, and gives {explored}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    let took = time_run() - start;
    println!("{} defects in {took:?}", DEFECTS.len());
    assert!(DEFECTS.len() >= 20);
    assert!(took.as_secs() < 2, "{took:?} for {} defects", DEFECTS.len());
}

#[test]
fn a_finding_says_the_state_the_path_and_what_to_do() {
    let explored = explore(Fulfilment::with(Defect::FinishesAtARefusal));
    let [finding] = explored.findings() else { panic!("{explored}") };
    assert_eq!(
        finding.to_string(),
        "LeftBehind: the instance ends, and reserve-stock is left behind\n  \
         state: Charging {\"odd\":{},\"order\":\"o-1\",\"tries\":0}; timers: Payment; commands: reserve-stock acknowledged, \
         charge-payment sent\n  \
         path:  order.placed > stock.reserved > payment.declined\n  \
         do:    call `flow.compensate(..)` and not `flow.finish(..)`; where it may stay, say so with `.harmless::<C>()`"
    );
}

#[test]
fn an_input_has_a_sample_a_cause_and_the_key_of_its_instance() {
    let begun = || Exploration::of(Fulfilment::default()).begins(OrderPlaced::of("o-1"));
    let kind_of = |explored: &Explored, subject: &str| -> Vec<Kind> {
        explored.findings().iter().filter(|found| found.subject() == subject).map(Finding::kind).collect()
    };
    let explored = begun().input(StockReserved::of("o-1")).explore();
    assert_eq!(kind_of(&explored, "stock.reserved"), [Kind::NoCause], "{explored}");
    assert_eq!(kind_of(&explored, "stock.rejected"), [Kind::NoSample], "{explored}");
    assert_eq!(explored.states(), 4, "a reply without a cause leads nowhere: {explored}");
    // `release-stock` is in the way: nothing answers it, so no compensation comes to its end.
    assert_eq!(kind_of(&explored, "release-stock"), [Kind::UnansweredUndo], "{explored}");
    let explored = begun().input(StockReserved::of("o-2")).answers::<ReserveStock>().explore();
    assert_eq!(kind_of(&explored, "stock.reserved"), [Kind::OtherInstance], "{explored}");
    // No step sends it.
    let explored = begun().input(PaymentCaptured::of("o-1")).answers::<ChargePayment>().explore();
    assert_eq!(kind_of(&explored, "payment.captured"), [Kind::DeadInput], "{explored}");
    // It is no command of the process.
    let explored = begun().input(PaymentCaptured::of("o-1")).answers::<ReturnParcel>().explore();
    assert_eq!(kind_of(&explored, "payment.captured"), [Kind::NoCause], "{explored}");
}

#[derive(serde::Serialize, serde::Deserialize)]
struct ReturnParcel {}
waxseal::command!(ReturnParcel { name: "return-parcel", version: 1, recipient: "shipping" });

#[test]
fn every_kind_of_finding_has_a_defect_that_gives_it() {
    let mut given: BTreeSet<Kind> = DEFECTS.iter().map(|(_, kind, _)| *kind).collect();
    given.extend([Kind::NoSample, Kind::NoCause, Kind::OtherInstance, Kind::UnansweredUndo]);
    // The last kind of the list has the highest number.
    assert_eq!(given.len(), Kind::UnreachedStep as usize + 1, "{given:?}");
}

#[test]
fn what_the_exploration_is_told_is_no_finding() {
    let told = |defect: Defect| {
        let order = "o-1";
        let explored = Exploration::of(Fulfilment::with(defect))
            .begins(OrderPlaced::of(order))
            .input(PaymentDeclined::of(order))
            .refuses::<ChargePayment>()
            .ignorable()
            .input(StockReserved::of(order))
            .answers::<ReserveStock>()
            .harmless::<ChargeForGood>()
            .optional::<ChargePayment>()
            .spans(crate::fulfilment::Wait::Stock)
            .may_wait(At::Charging)
            .explore();
        kinds(&explored)
    };
    for (defect, kind) in [
        (Defect::ArmsNoTimerInAStep, Kind::NoDeadline),
        (Defect::ForgetsToClear, Kind::OutlivedTimer),
        (Defect::SendsWithoutUndo, Kind::NoUndo),
        (Defect::FinishesAtARefusal, Kind::LeftBehind),
        (Defect::SwallowsARefusal, Kind::Swallowed),
    ] {
        assert!(kinds(&explore(Fulfilment::with(defect))).contains(&kind), "{defect:?}");
        assert!(!told(defect).contains(&kind), "{defect:?}");
    }
}

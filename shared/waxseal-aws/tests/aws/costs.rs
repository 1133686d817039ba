//! What a delivery costs in requests, and what happens when requests go wrong (section C of the contract).

use std::sync::{Arc, atomic::AtomicU32};

use crate::support::{
    After, Announce, CountSold, Gateway, clock, engine, inventory, on_hand, payment, placed, receipt,
};
use waxseal::{Engine, Failure, Outcome, Service};
use waxseal_aws::testing::{Disturbance, WireTable};

fn announce() -> Service {
    Service::new("inventory").handler(Announce { runs: Arc::default() })
}

fn announcing() -> (WireTable, Engine) {
    let wire = WireTable::new("inventory");
    let engine = engine(announce(), &wire, &clock());
    (wire, engine)
}

fn reserving() -> (WireTable, Engine) {
    let wire = WireTable::new("inventory");
    let engine = engine(inventory(&Arc::default()), &wire, &clock());
    (wire, engine)
}

#[tokio::test]
async fn c1_a_handler_that_only_emits_costs_one_put_and_the_events_are_in_it() {
    let (wire, engine) = announcing();
    assert_eq!(engine.handle(&placed("e1")).await.unwrap(), Outcome::Applied);
    assert_eq!(wire.actions(), ["PutItem"]);
    assert_eq!(wire.items().iter().count(), 1);
    let emitted = receipt(&wire, "inventory/announce", "orders", "e1").unwrap();
    let emissions = waxseal::read_emissions(emitted.get_text("emitted").unwrap()).unwrap();
    assert_eq!((emissions.len(), emissions[0].channel.as_str()), (1, "bus"));
}

#[tokio::test]
async fn c1_a_handler_with_state_costs_one_transaction_after_its_reads() {
    let (wire, clock) = (WireTable::new("inventory"), clock());
    for service in [
        inventory(&Arc::default()),
        Service::new("warehouse").aggregate(CountSold { runs: Arc::new(AtomicU32::new(0)) }),
    ] {
        engine(service, &wire, &clock).handle(&placed("e1")).await.unwrap();
        assert_eq!(
            wire.take_actions(),
            ["BatchGetItem", "TransactWriteItems"],
            "entity and receipt in one read"
        );
    }
}

#[tokio::test]
async fn c1_an_effect_costs_two_requests() {
    let (wire, gateway) = (WireTable::new("payment"), Gateway::default());
    let engine = engine(payment("a", After::Commit, &gateway, &Arc::default()), &wire, &clock());
    engine.handle(&placed("e1")).await.unwrap();
    assert_eq!(wire.actions(), ["PutItem", "PutItem"], "claim and commit");
}

#[tokio::test]
async fn c1_a_cold_duplicate_costs_one_request() {
    for (service, request) in [
        // The refused put is the lookup.
        (announce as fn() -> Service, "PutItem"),
        (|| inventory(&Arc::default()), "BatchGetItem"),
    ] {
        let (wire, clock) = (WireTable::new("inventory"), clock());
        engine(service(), &wire, &clock).handle(&placed("e1")).await.unwrap();
        wire.take_actions();
        let cold = engine(service(), &wire, &clock);
        assert_eq!(cold.handle(&placed("e1")).await.unwrap(), Outcome::Duplicate);
        assert_eq!(wire.actions(), [request]);
    }
}

#[tokio::test]
async fn c2_a_lost_answer_of_a_put_is_found_by_its_own_token() {
    let (wire, engine) = announcing();
    wire.disturb(Disturbance::LostAnswer);
    assert_eq!(engine.handle(&placed("e1")).await.unwrap(), Outcome::Applied);
    assert_eq!(wire.actions(), ["PutItem", "PutItem"], "the SDK tried again and was refused");
}

#[tokio::test]
async fn c2_a_lost_answer_of_a_transaction_is_found_whatever_becomes_of_client_tokens() {
    for honoured in [true, false] {
        let (wire, engine) = reserving();
        if !honoured {
            wire.ignore_client_tokens();
        }
        wire.disturb(Disturbance::Pass);
        wire.disturb(Disturbance::LostAnswer);
        assert_eq!(engine.handle(&placed("e1")).await.unwrap(), Outcome::Applied, "honoured: {honoured}");
        assert_eq!(wire.actions(), ["BatchGetItem", "TransactWriteItems", "TransactWriteItems"]);
        assert_eq!(on_hand(&wire), Some(98), "it took effect once");
        assert_eq!(engine.handle(&placed("e1")).await.unwrap(), Outcome::Duplicate);
    }
}

#[tokio::test]
async fn c2_a_claim_whose_answer_was_lost_is_our_own() {
    let (wire, gateway) = (WireTable::new("payment"), Gateway::default());
    let engine = engine(payment("a", After::Commit, &gateway, &Arc::default()), &wire, &clock());
    wire.disturb(Disturbance::LostAnswer);
    wire.disturb(Disturbance::Pass);
    wire.disturb(Disturbance::LostAnswer);
    assert_eq!(engine.handle(&placed("e1")).await.unwrap(), Outcome::Applied);
    assert_eq!(gateway.calls.lock().unwrap().len(), 1);
    assert_eq!(wire.actions(), ["PutItem"; 4]);
}

#[tokio::test]
async fn c2_throttling_and_contention_are_waited_out() {
    let (wire, engine) = reserving();
    for disturbance in [
        Disturbance::Throttled,
        Disturbance::Broken,
        Disturbance::Pass,
        Disturbance::Contended,
        Disturbance::CancelledByThrottling,
        Disturbance::Unreachable,
    ] {
        wire.disturb(disturbance);
    }
    assert_eq!(engine.handle(&placed("e1")).await.unwrap(), Outcome::Applied);
    let expected = [&["BatchGetItem"; 3][..], &["TransactWriteItems"; 4][..]].concat();
    assert_eq!(wire.actions(), expected);
    assert_eq!(on_hand(&wire), Some(98));
}

#[tokio::test]
async fn an_outage_is_a_failure_that_may_be_retried_and_leaves_nothing() {
    let (wire, engine) = announcing();
    (0..4).for_each(|_| wire.disturb(Disturbance::Unreachable));
    let failure = engine.handle(&placed("e1")).await.unwrap_err();
    assert!(matches!(failure, Failure::Table(_)) && !failure.is_permanent(), "{failure:?}");
    assert_eq!(wire.items().iter().count(), 0);
    assert_eq!(engine.handle(&placed("e1")).await.unwrap(), Outcome::Applied);
}

#[tokio::test]
async fn warming_up_opens_the_connection_without_a_read() {
    let (wire, engine) = announcing();
    engine.warm_up().await.unwrap();
    assert_eq!(wire.actions(), ["GET /"]);
    (0..4).for_each(|_| wire.disturb(Disturbance::Unreachable));
    let error = engine.warm_up().await.unwrap_err();
    assert!(
        waxseal::error_chain(&error).starts_with("table inventory: connect failed: no connection to "),
        "{error}"
    );
}

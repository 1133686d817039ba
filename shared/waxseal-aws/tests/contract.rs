//! The store's statements of the delivery contract, over the true SDK and DynamoDB's wire format.
// A panic is the verdict of a test and of its helpers.
#![allow(clippy::unwrap_used)]

mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};

use futures_util::future::join_all;
use support::{
    After, Announce, Clock, CountSold, Gateway, Letters, engine, inventory, on_hand, payment, placed,
    placed_by, receipt,
};
use waxseal::{
    Engine, Failure, Host, Outcome, Service, Settings, Timestamp,
    batch::{Batches, Content, Policy, Record, failures},
};
use waxseal_aws::testing::WireTable;

/// A worker that charged and was gone before it could commit.
async fn crash(engine: &Engine, event: &waxseal::Raw) {
    let run = tokio::time::timeout(Duration::from_millis(50), engine.handle(event)).await;
    assert!(run.is_err(), "it crashed: {run:?}");
}

fn lease_until(wire: &WireTable, id: &str) -> Timestamp {
    let item = receipt(wire, "payment/charge", "orders", id).unwrap();
    Timestamp::from_millisecond(item.get_number("lease_until").unwrap()).unwrap()
}

#[tokio::test]
async fn s9_a_receipt_past_its_expiry_counts_as_absent() {
    let (wire, clock, runs) = (WireTable::new("inventory"), Clock::new(), Arc::default());
    assert_eq!(
        engine(inventory(&runs), &wire, &clock).handle(&placed("e1")).await.unwrap(),
        Outcome::Applied
    );
    let expires =
        receipt(&wire, "inventory/reserve-stock", "orders", "e1").unwrap().get_number("expires_at").unwrap();

    clock.set(Timestamp::from_second(expires).unwrap() - Duration::from_millis(1));
    assert_eq!(
        engine(inventory(&runs), &wire, &clock).handle(&placed("e1")).await.unwrap(),
        Outcome::Duplicate
    );
    assert_eq!(on_hand(&wire), Some(98));

    // The row is still there: DynamoDB deletes it when it likes.
    clock.set(Timestamp::from_second(expires).unwrap());
    assert_eq!(
        engine(inventory(&runs), &wire, &clock).handle(&placed("e1")).await.unwrap(),
        Outcome::Applied
    );
    assert_eq!(on_hand(&wire), Some(96));
}

#[tokio::test]
async fn s10_after_a_crash_the_lease_decides_and_the_effect_key_stays() {
    for (offset, takes_over) in [(-1, false), (0, true), (1, true)] {
        let (wire, clock, gateway, gate) =
            (WireTable::new("payment"), Clock::new(), Gateway::default(), Arc::default());
        crash(&engine(payment("a", After::Crash, &gateway, &gate), &wire, &clock), &placed("e1")).await;
        let until = lease_until(&wire, "e1");

        clock.set(Timestamp::from_millisecond(until.as_millisecond() + offset).unwrap());
        let again =
            engine(payment("b", After::Commit, &gateway, &gate), &wire, &clock).handle(&placed("e1")).await;
        let calls = gateway.calls.lock().unwrap().clone();
        if takes_over {
            assert_eq!(again.unwrap(), Outcome::Applied, "at {offset} ms");
            assert_eq!(calls.iter().map(|(attempt, _)| *attempt).collect::<Vec<_>>(), [1, 2]);
            assert_eq!(calls[0].1, calls[1].1, "the effect key is the same on every attempt");
            assert_eq!(gateway.charged.lock().unwrap().len(), 1);
        } else {
            let failure = again.unwrap_err();
            assert!(matches!(failure, Failure::InProgress { until: held } if held == until), "{failure:?}");
            assert!(!failure.is_permanent());
            assert_eq!(calls.len(), 1, "it ran 0 times at {offset} ms");
        }
    }
}

#[tokio::test]
async fn s11_there_is_always_a_lease_and_the_longer_one_wins() {
    let (clock, gateway, gate) = (Clock::new(), Gateway::default(), Arc::default());
    let minute = Settings::default().lease;
    for (deadline, expected) in [
        (None, clock.now() + minute),
        (Some(clock.now() + Duration::from_secs(5)), clock.now() + minute),
        (Some(clock.now() + Duration::from_secs(900)), clock.now() + Duration::from_secs(900)),
    ] {
        let wire = WireTable::new("payment");
        let engine = engine(payment("a", After::Crash, &gateway, &gate), &wire, &clock);
        let event = placed("e1");
        let run =
            tokio::time::timeout(Duration::from_millis(50), engine.handle_within(&event, deadline, false));
        assert!(run.await.is_err());
        assert_eq!(lease_until(&wire, "e1"), expected, "with the deadline {deadline:?}");
    }
}

/// Worker A charged and fell asleep, its lease ran out, worker B took over and committed. Then A wakes up.
async fn zombie(a: After) -> (WireTable, Gateway, Result<Outcome, Failure>, waxseal::memory::Items) {
    let (wire, clock, gateway, gate) =
        (WireTable::new("payment"), Clock::new(), Gateway::default(), Arc::new(AtomicBool::new(false)));
    let asleep = engine(payment("a", a, &gateway, &gate), &wire, &clock);
    let asleep = tokio::spawn(async move { asleep.handle(&placed("e1")).await });
    while gateway.calls.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    clock.set(lease_until(&wire, "e1"));
    let b = engine(payment("b", After::Commit, &gateway, &gate), &wire, &clock);
    assert_eq!(b.handle(&placed("e1")).await.unwrap(), Outcome::Applied);
    let committed = wire.items();
    gate.store(true, SeqCst);
    let woken = asleep.await.unwrap();
    (wire, gateway, woken, committed)
}

#[tokio::test]
async fn s12_a_zombie_commit_loses() {
    let (wire, gateway, woken, committed) = zombie(After::Sleep).await;
    assert!(matches!(woken, Err(Failure::LeaseLost)), "{woken:?}");
    assert_eq!(wire.items(), committed, "the table shows B's result");
    let emitted =
        receipt(&wire, "payment/charge", "orders", "e1").unwrap().get_text("emitted").unwrap().to_owned();
    assert!(emitted.contains(r#""by":"b""#) && !emitted.contains(r#""by":"a""#), "{emitted}");
    assert_eq!(gateway.charged.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn s13_a_zombie_release_changes_nothing() {
    let (wire, _, woken, committed) = zombie(After::SleepAndFail).await;
    assert!(matches!(woken, Err(Failure::Fault(_))), "{woken:?}");
    assert_eq!(wire.items(), committed);
}

#[tokio::test]
async fn s13_a_rejected_duplicate_writes_nothing() {
    let (wire, clock, gateway, gate) =
        (WireTable::new("payment"), Clock::new(), Gateway::default(), Arc::default());
    crash(&engine(payment("a", After::Crash, &gateway, &gate), &wire, &clock), &placed("e1")).await;
    let leased = wire.items();
    clock.turn(Duration::from_secs(1));
    let rejected =
        engine(payment("b", After::Commit, &gateway, &gate), &wire, &clock).handle(&placed("e1")).await;
    assert!(matches!(rejected, Err(Failure::InProgress { .. })), "{rejected:?}");
    assert_eq!(wire.items(), leased);
}

#[tokio::test]
async fn s13_a_failed_attempt_releases_its_own_lease_and_s19_keeps_its_row() {
    let (wire, clock, gateway, gate) =
        (WireTable::new("payment"), Clock::new(), Gateway::default(), Arc::default());
    let failing = engine(payment("a", After::Refuse, &gateway, &gate), &wire, &clock);
    assert!(failing.handle(&placed("e1")).await.is_err());
    let row = receipt(&wire, "payment/charge", "orders", "e1").unwrap();
    assert_eq!(
        (row.get_number("attempt"), row.get_text("error")),
        (Some(1), Some("the gateway answered 503"))
    );
    let second =
        engine(payment("b", After::Commit, &gateway, &gate), &wire, &clock).handle(&placed("e1")).await;
    assert_eq!(second.unwrap(), Outcome::Applied);
    assert_eq!(gateway.calls.lock().unwrap()[1].0, 2);
}

#[tokio::test]
async fn s15_a_completed_duplicate_costs_one_request_and_none_from_the_warm_cache() {
    let runs = Arc::new(AtomicU32::new(0));
    let (gateway, gate) = (Gateway::default(), Arc::default());
    let service = |name: &str| match name {
        "state" => inventory(&runs),
        "emits" => Service::new("inventory").handler(Announce { runs: runs.clone() }),
        "pure" => Service::new("inventory").decide(CountSold { runs: runs.clone() }),
        _ => payment("a", After::Commit, &gateway, &gate),
    };
    for (name, request) in
        [("state", "GetItem"), ("emits", "GetItem"), ("pure", "BatchGetItem"), ("effect", "PutItem")]
    {
        let (wire, clock) = (WireTable::new("shop"), Clock::new());
        let warm = engine(service(name), &wire, &clock);
        assert_eq!(warm.handle(&placed("e1")).await.unwrap(), Outcome::Applied, "{name}");
        wire.take_actions();
        let ran = (runs.load(SeqCst), gateway.calls.lock().unwrap().len());

        assert_eq!(warm.handle(&placed("e1")).await.unwrap(), Outcome::Duplicate, "{name}");
        assert_eq!(wire.take_actions(), [""; 0], "{name}: from the warm cache");

        let cold = engine(service(name), &wire, &clock);
        assert_eq!(
            cold.handle_within(&placed("e1"), None, true).await.unwrap(),
            Outcome::Duplicate,
            "{name}"
        );
        assert_eq!(wire.take_actions(), [request], "{name}: cold");

        // What the cold one found out, it remembers for five minutes.
        clock.turn(Duration::from_secs(299));
        assert_eq!(cold.handle(&placed("e1")).await.unwrap(), Outcome::Duplicate, "{name}");
        assert_eq!(wire.take_actions(), [""; 0], "{name}: cached");
        assert_eq!((runs.load(SeqCst), gateway.calls.lock().unwrap().len()), ran, "{name}: runs 0");
    }
}

#[tokio::test]
async fn s16_another_payload_under_the_same_id_leaves_the_receipt_untouched() {
    let (wire, clock, runs) = (WireTable::new("inventory"), Clock::new(), Arc::default());
    engine(inventory(&runs), &wire, &clock).handle(&placed_by("orders", "e1", 2)).await.unwrap();
    let stored = wire.items();
    let other =
        engine(inventory(&runs), &wire, &clock).handle(&placed_by("orders", "e1", 3)).await.unwrap_err();
    assert!(matches!(other, Failure::PayloadMismatch { .. }) && other.is_permanent(), "{other:?}");
    assert_eq!(wire.items(), stored);
}

fn record(id: &str, raw: waxseal::Raw) -> Record {
    let body = serde_json::to_vec(&raw).unwrap();
    Record { id: id.to_owned(), group: None, receives: 1, body, content: Content::Message(Box::new(raw)) }
}

#[tokio::test]
async fn s17_the_same_event_twice_in_one_batch_runs_once() {
    let (wire, clock, runs) = (WireTable::new("inventory"), Clock::new(), Arc::default());
    let batches =
        Batches::new(engine(inventory(&runs), &wire, &clock), Letters::default(), Policy::default());
    let records = [record("m1", placed("e1")), record("m2", placed("e2")), record("m3", placed("e1"))];
    let verdicts = batches.run(&records, None).await;
    assert_eq!(failures(&records, &verdicts).unwrap(), [""; 0]);
    assert_eq!(on_hand(&wire), Some(96), "two events of two pieces each");
    assert_eq!(wire.items().iter().filter(|item| item.key.partition.starts_with("receipt#")).count(), 2);
}

#[tokio::test]
async fn s17_of_64_racers_exactly_one_commits() {
    let (wire, clock, runs) = (WireTable::new("inventory"), Clock::new(), Arc::default());
    let racers = (0..64).map(|_| {
        // Each a process of its own, so that no cache helps.
        let engine = engine(inventory(&runs), &wire, &clock);
        async move { engine.handle(&placed("e1")).await }
    });
    let outcomes = join_all(racers).await;
    let applied = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Outcome::Applied))).count();
    let duplicate = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Outcome::Duplicate))).count();
    assert_eq!((applied, duplicate), (1, 63), "{outcomes:?}");
    assert_eq!(on_hand(&wire), Some(98));
}

#[tokio::test]
async fn s17_of_64_racing_effects_exactly_one_acts() {
    let (wire, clock, gateway, gate) =
        (WireTable::new("payment"), Clock::new(), Gateway::default(), Arc::default());
    let racers = (0..64).map(|_| {
        let engine = engine(payment("a", After::Commit, &gateway, &gate), &wire, &clock);
        async move { engine.handle(&placed("e1")).await }
    });
    let outcomes = join_all(racers).await;
    assert_eq!(gateway.calls.lock().unwrap().len(), 1);
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Ok(Outcome::Applied))).count(), 1);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(_) | Err(Failure::InProgress { .. }))));
}

#[tokio::test]
async fn s17_rivals_for_one_entity_all_take_effect_once() {
    let (wire, clock, runs) = (WireTable::new("inventory"), Clock::new(), Arc::default());
    let engines: Vec<_> =
        (0..8).map(|n| (format!("e{n}"), engine(inventory(&runs), &wire, &clock))).collect();
    let outcomes =
        join_all(engines.iter().map(|(id, engine)| async move { engine.handle(&placed(id)).await })).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(Outcome::Applied))), "{outcomes:?}");
    assert_eq!(on_hand(&wire), Some(84));
}

#[tokio::test]
async fn s18_consumers_and_sources_never_suppress_each_other() {
    let (wire, clock, runs) = (WireTable::new("shop"), Clock::new(), Arc::new(AtomicU32::new(0)));
    let both = || inventory(&runs).handler(Announce { runs: runs.clone() });
    let other = || Service::new("warehouse").decide(CountSold { runs: runs.clone() });
    assert_eq!(engine(both(), &wire, &clock).handle(&placed("e1")).await.unwrap(), Outcome::Applied);
    assert_eq!(runs.load(SeqCst), 2, "two consumers in one service");
    assert_eq!(engine(other(), &wire, &clock).handle(&placed("e1")).await.unwrap(), Outcome::Applied);
    let from_shop = placed_by("shop", "e1", 2);
    assert_eq!(engine(both(), &wire, &clock).handle(&from_shop).await.unwrap(), Outcome::Applied);
    let mut receipts: Vec<_> = wire.items().iter().map(|item| item.key.partition.clone()).collect();
    receipts.retain(|partition| partition.starts_with("receipt#"));
    assert_eq!(
        receipts,
        [
            "receipt#inventory/announce#orders#e1",
            "receipt#inventory/announce#shop#e1",
            "receipt#inventory/reserve-stock#orders#e1",
            "receipt#inventory/reserve-stock#shop#e1",
            "receipt#warehouse/count-sold#orders#e1",
        ]
    );
}

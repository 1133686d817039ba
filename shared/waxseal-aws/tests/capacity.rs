//! What each mode costs in requests and capacity units, from the requests that the SDK sends (section C of the contract).
//!
//! Units by DynamoDB's rule: a write 1 for each KB of the item, 2 in a transaction; a consistent read 1 for each 4 KB, an absent item as
//! one of 4 KB; a refused write like one that was applied. Source: DynamoDB developer guide, "Capacity unit consumption".
// A panic is the verdict of a test and of its helpers.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;

use serde_json::Value;
use support::{After, Announce, Clock, CountSold, Gateway, Letters, OrderPlaced, engine, inventory, payment};
use waxseal::{
    Envelope, Raw, Service,
    batch::{Batches, Content, Grouping, Policy, Record},
};
use waxseal_aws::testing::{Call, WireTable};

/// Requests, and read and write units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Cost {
    requests: usize,
    read: usize,
    write: usize,
}

fn cost(requests: usize, read: usize, write: usize) -> Cost {
    Cost { requests, read, write }
}

fn kilobytes(item: &Value) -> usize {
    let bytes: usize = item
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| {
            let (kind, text) = value.as_object().unwrap().iter().next().unwrap();
            let text = text.as_str().unwrap();
            name.len() + if kind == "N" { text.len() / 2 + 2 } else { text.len() }
        })
        .sum();
    bytes.div_ceil(1000)
}

fn bill(calls: &[Call]) -> Cost {
    calls.iter().fold(cost(calls.len(), 0, 0), |sum, Call { action, body }| match action.as_str() {
        "GetItem" => cost(sum.requests, sum.read + 1, sum.write),
        "BatchGetItem" => {
            let keys = body["RequestItems"]
                .as_object()
                .unwrap()
                .values()
                .map(|table| table["Keys"].as_array().unwrap().len());
            cost(sum.requests, sum.read + keys.sum::<usize>(), sum.write)
        }
        "PutItem" => cost(sum.requests, sum.read, sum.write + kilobytes(&body["Item"])),
        "TransactWriteItems" => {
            let puts = body["TransactItems"]
                .as_array()
                .unwrap()
                .iter()
                .map(|action| 2 * kilobytes(&action["Put"]["Item"]));
            cost(sum.requests, sum.read, sum.write + puts.sum::<usize>())
        }
        other => panic!("{other} has no price here"),
    })
}

/// What a piece of work costs.
async fn costs(wire: &WireTable, work: impl Future<Output = ()>) -> Cost {
    let before = wire.calls().len();
    work.await;
    bill(&wire.calls()[before..])
}

fn placed(id: &str, sku: &str) -> Raw {
    let data =
        OrderPlaced { order: id.into(), sku: sku.into(), quantity: 1, note: "als Geschenk 🎁".into() };
    Envelope::starting(id, "orders", "2026-11-21T09:29:59Z".parse().unwrap(), data).into_raw().unwrap()
}

fn record(raw: Raw) -> Record {
    Record {
        id: raw.id.clone(),
        group: None,
        receives: 1,
        ticket: None,
        body: serde_json::to_vec(&raw).unwrap(),
        content: Content::Message(Box::new(raw)),
    }
}

fn announcing() -> Service {
    Service::new("inventory").handler(Announce { runs: Arc::default() })
}
fn reserving() -> Service {
    inventory(&Arc::default())
}
fn deciding() -> Service {
    Service::new("inventory").decide(CountSold { runs: Arc::default() })
}
fn charging() -> Service {
    payment("a", After::Commit, &Gateway::default(), &Arc::default())
}

#[tokio::test]
async fn c1_requests_and_capacity_units_of_one_event() {
    // First time; a duplicate in another process; a duplicate in this one.
    for (mode, service, first, cold, warm) in [
        ("receipt alone", announcing as fn() -> Service, cost(1, 0, 1), cost(1, 0, 1), cost(0, 0, 0)),
        ("with state, loaded by hand", reserving, cost(2, 2, 4), cost(1, 2, 0), cost(0, 0, 0)),
        ("with state, Decide", deciding, cost(2, 2, 4), cost(1, 2, 0), cost(0, 0, 0)),
        ("effect", charging, cost(2, 0, 2), cost(1, 0, 1), cost(0, 0, 0)),
    ] {
        let (wire, clock) = (WireTable::new("shop"), Clock::new());
        let (warm_one, cold_one) = (engine(service(), &wire, &clock), engine(service(), &wire, &clock));
        let event = placed("e-1", "hat");
        let deliver = async |engine: &waxseal::Engine| {
            engine.handle(&event).await.unwrap();
        };
        assert_eq!(costs(&wire, deliver(&warm_one)).await, first, "{mode}: first time");
        assert_eq!(costs(&wire, deliver(&warm_one)).await, warm, "{mode}: warm duplicate");
        assert_eq!(costs(&wire, deliver(&cold_one)).await, cold, "{mode}: cold duplicate");
    }
}

#[tokio::test]
async fn c1_requests_and_capacity_units_of_a_batch() {
    let cheapest = Grouping::Cheapest;
    for (mode, service, grouping, records, expected) in [
        ("receipts alone", announcing as fn() -> Service, cheapest, 10, cost(10, 0, 10)),
        ("receipts together", announcing, Grouping::FewestRequests, 10, cost(1, 0, 20)),
        ("with state, loaded by hand", reserving, cheapest, 10, cost(2, 20, 40)),
        ("with state, Decide", deciding, cheapest, 10, cost(2, 20, 40)),
        ("with state, Decide", deciding, cheapest, 100, cost(4, 200, 400)),
        ("with state, apart", deciding, Grouping::Apart, 10, cost(11, 20, 40)),
    ] {
        let (wire, letters) = (WireTable::new("shop"), Letters::default());
        let engine = engine(service(), &wire, &Clock::new());
        let mut policy = Policy::default();
        policy.grouping = grouping;
        let batch: Vec<Record> =
            (0..records).map(|n| record(placed(&format!("e-{n}"), &format!("sku-{n}")))).collect();
        let batches = Batches::new(engine, letters, policy);
        let run = async {
            let verdicts = batches.run(&batch, None).await;
            assert!(verdicts.iter().all(|verdict| !verdict.is_failed()), "{verdicts:?}");
        };
        assert_eq!(costs(&wire, run).await, expected, "{mode}: {records} records");
    }
}

#[tokio::test]
async fn c1_events_on_one_entity_share_its_write_and_a_conflict_is_billed_too() {
    // One host for all: tokens are unique.
    let (wire, clock) = (WireTable::new("shop"), Clock::new());
    let batches = Batches::new(engine(deciding(), &wire, &clock), Letters::default(), Policy::default());
    let batch: Vec<Record> = (0..10).map(|n| record(placed(&format!("e-{n}"), "hat"))).collect();
    let run = async {
        batches.run(&batch, None).await;
    };
    // One row of state and ten receipts: 11 actions of 2.
    assert_eq!(costs(&wire, run).await, cost(2, 11, 22));

    // Two processes decide on one entity: the one that read first writes last, is refused, reads again and writes.
    let (one, other) = (engine(deciding(), &wire, &clock), engine(deciding(), &wire, &clock));
    let (first, second) = (placed("e-20", "hat"), placed("e-21", "hat"));
    let race = async {
        let before = wire.calls().len();
        let has_read = async {
            while wire.calls().len() == before {
                tokio::task::yield_now().await;
            }
        };
        let mut loser = std::pin::pin!(one.handle(&first));
        tokio::select! {
            biased;
            () = has_read => {}
            outcome = &mut loser => panic!("{outcome:?}"),
        }
        assert!(other.handle(&second).await.is_ok());
        assert!(loser.await.is_ok());
    };
    assert_eq!(
        costs(&wire, race).await,
        cost(6, 6, 12),
        "twice 4 are in effect, 4 are the price of the conflict"
    );
}

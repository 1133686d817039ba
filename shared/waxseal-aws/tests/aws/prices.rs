//! Section C of the contract as one table: requests and capacity units, exactly, for each mode and each fate of a delivery.

use std::{
    borrow::Cow,
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    },
};

use crate::support::{After, Announce, Gateway, OrderPlaced, clock, engine, inventory, payment, placed};
use serde::{Deserialize, Serialize};
use waxseal::{
    Aggregate, Decide, Decider, DomainEvent, Engine, Entity, Envelope, EventSourced, Fault, Handler, Out,
    Outcome, Record as DecideOn, Recorder, Refusal, Service, Snapshots, Unit,
    batch::{Batches, Content, Grouping, Policy, Record, RecordOutcome},
    table::{Item, Key},
};
use waxseal_aws::testing::{Capacity, Disturbance, WireTable};
use waxseal_testing::RecordedDeadLetters;

/// What a delivery costs: requests in their order, write units, read units.
type Price = (Vec<&'static str>, f64, f64);

/// A service, made anew for each line of a table.
type Made = fn() -> Service;

/// Every request that there is, by its own name.
fn taken(wire: &WireTable) -> Price {
    const KNOWN: [&str; 5] = ["BatchGetItem", "GetItem", "PutItem", "Query", "TransactWriteItems"];
    let name = |action: String| *KNOWN.iter().find(|known| **known == action).unwrap_or(&"another");
    let Capacity { write, index_write, read, .. } = wire.take_capacity();
    assert!(index_write.abs() < f64::EPSILON, "no handler here has a timer: {index_write}");
    (wire.take_actions().into_iter().map(name).collect(), write, read)
}

/// Counts per SKU, one entity for each order: disjoint unless two orders name one SKU.
#[derive(Serialize, Deserialize, Default)]
struct Sold {
    count: u32,
}
impl Entity for Sold {
    const KIND: &'static str = "sold";
}

struct CountSold {
    /// Somebody else changes the entity of this order once, between its read and its commit.
    rival: Option<(&'static str, WireTable, Arc<AtomicBool>)>,
}

impl Aggregate for CountSold {
    const NAME: &'static str = "count-sold";
    type State = Sold;
    type Decides = (OrderPlaced,);
    type Emits = ();
    type Refusal = Infallible;
}
impl Decide<OrderPlaced> for CountSold {
    fn key(event: &OrderPlaced) -> Cow<'_, str> {
        Cow::Borrowed(&event.order)
    }
    fn decide(
        &self,
        sold: &mut Option<Sold>,
        event: &Envelope<OrderPlaced>,
        _: &mut Out<Self>,
    ) -> Result<(), Refusal<Infallible>> {
        let sold = sold.get_or_insert_default();
        sold.count += event.data.quantity;
        if let Some((order, wire, done)) = &self.rival
            && event.data.order == *order
            && !done.swap(true, SeqCst)
        {
            let key = Key::of("sold", &[order], "state");
            wire.put(
                Item::new(key).number("version", 7).text("data", r#"{"count":40}"#).text("owner", "rival"),
            );
        }
        Ok(())
    }
}

/// An order is counted as an event of a history.
#[derive(Serialize, Deserialize)]
struct Counted {
    quantity: u32,
}
impl DomainEvent for Counted {}

/// A state with a history whose snapshots are kept in this way, and its decider.
macro_rules! counting {
    ($state:ident, $decider:ident, $snapshots:expr) => {
        #[derive(Serialize, Deserialize, Default)]
        struct $state(u32);
        impl EventSourced for $state {
            const KIND: &'static str = "counted";
            const SNAPSHOTS: Snapshots = $snapshots;
            type Event = Counted;
            fn apply(counted: &mut Option<Self>, event: &Counted) {
                counted.get_or_insert_default().0 += event.quantity;
            }
        }
        struct $decider;
        impl Decider for $decider {
            const NAME: &'static str = "count";
            type State = $state;
            type Decides = (OrderPlaced,);
            type Emits = ();
            type Refusal = Infallible;
        }
        impl DecideOn<OrderPlaced> for $decider {
            fn key(event: &OrderPlaced) -> Cow<'_, str> {
                Cow::Borrowed(&event.order)
            }
            fn decide(
                &self,
                _: Option<&$state>,
                event: &Envelope<OrderPlaced>,
                out: &mut Recorder<Self>,
            ) -> Result<(), Refusal<Infallible>> {
                out.record(Counted { quantity: event.data.quantity });
                Ok(())
            }
        }
    };
}
counting!(KeptEachTime, KeepEachTime, Snapshots::Every(1));
counting!(KeptSeldom, KeepSeldom, Snapshots::Every(100));

fn record() -> Service {
    Service::new("inventory").decider(KeepEachTime)
}

fn record_seldom() -> Service {
    Service::new("inventory").decider(KeepSeldom)
}

/// Remembers and does nothing else.
struct Mark;
impl Handler for Mark {
    const NAME: &'static str = "mark";
    type Event = OrderPlaced;
    type Emits = ();
    async fn handle(&self, _: &Envelope<OrderPlaced>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
        Ok(())
    }
}

/// Declared to need no receipt.
struct Glance;
impl Handler for Glance {
    const NAME: &'static str = "glance";
    type Event = OrderPlaced;
    type Emits = ();
    async fn handle(&self, _: &Envelope<OrderPlaced>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
        Ok(())
    }
}

fn mark() -> Service {
    Service::new("inventory").handler(Mark)
}

fn announce() -> Service {
    Service::new("inventory").handler(Announce { runs: Arc::default() })
}

fn by_hand() -> Service {
    inventory(&Arc::new(AtomicU32::new(0)))
}

fn decide() -> Service {
    Service::new("inventory").aggregate(CountSold { rival: None })
}

fn effect() -> Service {
    payment("a", After::Commit, &Gateway::default(), &Arc::default())
}

fn idempotent() -> Service {
    Service::new("inventory").naturally_idempotent(Glance)
}

#[tokio::test]
async fn c1_a_delivery_costs_exactly_this() {
    const PUT: &str = "PutItem";
    const READ: &str = "BatchGetItem";
    const COMMIT: &str = "TransactWriteItems";
    // Rows are under 1 KB, so a unit is an item. Reads are strongly consistent; one of an item that is not there bills too.
    const QUERY: &str = "Query";
    let table: [(&str, Made, Price, Price, Price); 8] = [
        // mode, service, first time, duplicate in another process, duplicate in the same process
        ("marks", mark, (vec![PUT], 1.0, 0.0), (vec![PUT], 1.0, 0.0), (vec![], 0.0, 0.0)),
        ("emits", announce, (vec![PUT], 1.0, 0.0), (vec![PUT], 1.0, 0.0), (vec![], 0.0, 0.0)),
        (
            "state by hand",
            by_hand,
            (vec![READ, COMMIT], 4.0, 2.0),
            (vec![READ], 0.0, 2.0),
            (vec![], 0.0, 0.0),
        ),
        ("decides", decide, (vec![READ, COMMIT], 4.0, 2.0), (vec![READ], 0.0, 2.0), (vec![], 0.0, 0.0)),
        // An append costs two units for the events and two for the receipt; a snapshot costs two more.
        ("records", record, (vec![READ, COMMIT], 6.0, 2.0), (vec![READ], 0.0, 2.0), (vec![], 0.0, 0.0)),
        (
            "records, a snapshot each 100 events",
            record_seldom,
            (vec![READ, QUERY, COMMIT], 4.0, 3.0),
            (vec![READ], 0.0, 2.0),
            (vec![], 0.0, 0.0),
        ),
        ("effect", effect, (vec![PUT, PUT], 2.0, 0.0), (vec![PUT], 1.0, 0.0), (vec![], 0.0, 0.0)),
        ("needs no receipt", idempotent, (vec![], 0.0, 0.0), (vec![], 0.0, 0.0), (vec![], 0.0, 0.0)),
    ];
    for (mode, service, first, cold, cached) in table {
        let (wire, clock) = (WireTable::new("inventory"), clock());
        let warm = engine(service(), &wire, &clock);
        assert_eq!(warm.handle(&placed("e1")).await.unwrap(), Outcome::Applied, "{mode}");
        assert_eq!(taken(&wire), first, "{mode}: first time");
        warm.handle(&placed("e1")).await.unwrap();
        assert_eq!(taken(&wire), cached, "{mode}: duplicate, cached");
        engine(service(), &wire, &clock).handle(&placed("e1")).await.unwrap();
        assert_eq!(taken(&wire), cold, "{mode}: duplicate, cold");
    }
}

/// As many records as said, each about an entity of its own.
fn records(count: usize) -> Vec<Record> {
    let message = |n: usize| Content::Message(Box::new(placed(&format!("e{n}"))));
    let record = |n: usize| Record::new(format!("m{n}"), Vec::new(), message(n));
    (0..count).map(record).collect()
}

fn batches(engine: Engine, grouping: Grouping) -> Batches {
    let mut policy = Policy::default();
    policy.grouping = grouping;
    Batches::new(engine, RecordedDeadLetters::default(), policy)
}

#[tokio::test]
async fn c1_a_batch_costs_exactly_this() {
    let requests = |reads: usize, commits: usize, puts: usize| {
        [vec!["BatchGetItem"; reads], vec!["TransactWriteItems"; commits], vec!["PutItem"; puts]].concat()
    };
    let table: [(&str, Made, Grouping, usize, Price); 8] = [
        ("10 that mark", mark, Grouping::Cheapest, 10, (requests(0, 0, 10), 10.0, 0.0)),
        ("10 that mark, fewest requests", mark, Grouping::FewestRequests, 10, (requests(0, 1, 0), 20.0, 0.0)),
        ("10 with state", decide, Grouping::Cheapest, 10, (requests(1, 1, 0), 40.0, 20.0)),
        ("50 with state", decide, Grouping::Cheapest, 50, (requests(1, 1, 0), 200.0, 100.0)),
        ("100 with state", decide, Grouping::Cheapest, 100, (requests(2, 2, 0), 400.0, 200.0)),
        ("10 that record", record, Grouping::Cheapest, 10, (requests(1, 1, 0), 60.0, 20.0)),
        ("10 with state, apart", decide, Grouping::Apart, 10, (requests(1, 10, 0), 40.0, 20.0)),
        ("10 that need no receipt", idempotent, Grouping::Cheapest, 10, (requests(0, 0, 0), 0.0, 0.0)),
    ];
    for (what, service, grouping, count, price) in table {
        let (wire, clock) = (WireTable::new("inventory"), clock());
        let run = async |again: &Batches| again.run(&records(count), None).await;
        let warm = batches(engine(service(), &wire, &clock), grouping);
        assert!(run(&warm).await.iter().all(|verdict| matches!(verdict, RecordOutcome::Done(_))), "{what}");
        assert_eq!(taken(&wire), price, "{what}");
        run(&warm).await;
        assert_eq!(taken(&wire), (vec![], 0.0, 0.0), "{what}: again, cached");
    }
}

#[tokio::test]
async fn c1_a_duplicate_among_others_is_taken_out_of_what_they_share() {
    let (wire, clock) = (WireTable::new("inventory"), clock());
    batches(engine(decide(), &wire, &clock), Grouping::Cheapest).run(&records(5), None).await;
    taken(&wire);
    let cold = batches(engine(decide(), &wire, &clock), Grouping::Cheapest);
    cold.run(&records(50), None).await;
    // All are read; 45 write a receipt and an entity.
    assert_eq!(taken(&wire), (vec!["BatchGetItem", "TransactWriteItems"], 180.0, 100.0));
}

#[tokio::test]
async fn c1_a_conflict_costs_the_cancelled_transaction_and_another_try() {
    let (wire, clock) = (WireTable::new("inventory"), clock());
    let contested = |order| {
        let rival = Some((order, wire.clone(), Arc::default()));
        engine(Service::new("inventory").aggregate(CountSold { rival }), &wire, &clock)
    };
    contested("order-e1").handle(&placed("e1")).await.unwrap();
    let twice = vec!["BatchGetItem", "TransactWriteItems", "BatchGetItem", "TransactWriteItems"];
    assert_eq!(taken(&wire), (twice, 8.0, 4.0), "alone");

    // Of ten that share a transaction one has lost: nine go again as they are, one from a fresh read.
    let verdicts = batches(contested("order-e15"), Grouping::Cheapest);
    let ten: Vec<Record> = records(20).split_off(10);
    let verdicts = verdicts.run(&ten, None).await;
    assert!(verdicts.iter().all(|verdict| matches!(verdict, RecordOutcome::Done(_))));
    let requests = vec![
        "BatchGetItem",
        "TransactWriteItems",
        "BatchGetItem",
        "TransactWriteItems",
        "TransactWriteItems",
    ];
    let (mut actions, write, read) = taken(&wire);
    assert_eq!((write, read), (40.0 + 36.0 + 4.0, 22.0));
    actions.sort_unstable();
    let mut sorted = requests;
    sorted.sort_unstable();
    assert_eq!(actions, sorted);
}

#[tokio::test]
async fn c1_contention_and_a_lost_answer_cost_what_was_sent_again() {
    let (wire, clock) = (WireTable::new("inventory"), clock());
    wire.disturb(Disturbance::Pass);
    wire.disturb(Disturbance::Contended);
    engine(decide(), &wire, &clock).handle(&placed("e1")).await.unwrap();
    let requests = vec!["BatchGetItem", "TransactWriteItems", "TransactWriteItems"];
    assert_eq!(taken(&wire), (requests.clone(), 4.0, 2.0), "somebody's transaction was in the way");

    wire.disturb(Disturbance::Pass);
    wire.disturb(Disturbance::LostAnswer);
    engine(decide(), &wire, &clock).handle(&placed("e2")).await.unwrap();
    // DynamoDB knows the repeat by its client token, and bills it as reads.
    assert_eq!(taken(&wire), (requests, 4.0, 2.0 + 4.0), "the answer was lost");

    wire.disturb(Disturbance::LostAnswer);
    engine(mark(), &wire, &clock).handle(&placed("e3")).await.unwrap();
    assert_eq!(taken(&wire), (vec!["PutItem", "PutItem"], 2.0, 0.0), "of a lone put: its refusal bills too");
}

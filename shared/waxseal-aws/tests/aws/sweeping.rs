//! Receipts read back for a sweep, by the true SDK: the request, its pages, and what goes wrong.

use proptest::prelude::*;
use serde_json::json;
use waxseal::{
    BoxError, Emission, Timestamp,
    dead_letter::{DeadLetter, DeadLetters},
    error_chain,
    relay::{Counts, Progress, Publish, PublishError, Receipts, Relay, Sweep, SweepError, Window},
    table::{Foreign, Item, Key, Value, attribute},
};
use waxseal_aws::{
    Dynamo,
    testing::{Answer, Disturbance, Replay, WireTable},
};
use waxseal_testing::RecordedDeadLetters;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn key(n: usize) -> Key {
    Key::of("receipt", &["inventory/reserve-stock", "orders", &format!("größe#{n:03}")], "receipt")
}

/// A receipt that emitted one event, at that second of the day.
fn receipt(n: usize, second: i64) -> Item {
    let time = Timestamp::from_second(1_795_219_200 + second).unwrap();
    let emitted = json!([{"channel": "bus", "envelope": {
        "eventId": format!("e-{n}"), "eventType": "stock.reserved", "eventVersion": 1, "source": "inventory",
        "timestamp": time, "data": {"sku": "mug-grün", "quantity": n},
    }}]);
    Item::new(key(n)).text(attribute::EMITTED, emitted.to_string()).text("status", "completed")
}

#[derive(Default)]
struct Bus(std::sync::Mutex<Vec<String>>);

impl Publish for Bus {
    async fn publish(&self, emissions: &[&Emission], _: Timestamp) -> Vec<Result<(), PublishError>> {
        let mut taken = self.0.lock().unwrap();
        taken.extend(emissions.iter().map(|emission| emission.envelope.get().to_owned()));
        emissions.iter().map(|_| Ok(())).collect()
    }
}

impl DeadLetters for Bus {
    async fn send(&self, dead_letter: DeadLetter) -> Result<(), BoxError> {
        panic!("{dead_letter:?}")
    }
}

async fn step(sweep: &mut Sweep, table: &impl Receipts, bus: &Bus) -> Result<(), SweepError> {
    step_with(sweep, table, bus, bus).await
}

async fn step_with(
    sweep: &mut Sweep,
    table: &impl Receipts,
    bus: &Bus,
    dead_letters: &impl DeadLetters,
) -> Result<(), SweepError> {
    let (progress, now) = (Progress::default(), Timestamp::from_second(1_795_219_200).unwrap());
    let relay = Relay {
        publisher: bus,
        dead_letters,
        service: "inventory",
        progress: &progress,
        now,
        observers: &waxseal::observe::Observers::default(),
    };
    sweep.step(table, &relay).await
}

fn counts(receipts: u64, published: u64, dead_lettered: u64) -> Counts {
    let mut counts = Counts::default();
    (counts.receipts, counts.published, counts.dead_lettered) = (receipts, published, dead_lettered);
    counts
}

/// Of the day's first seconds.
fn sweep(seconds: i64) -> Sweep {
    let at = |second| Timestamp::from_second(1_795_219_200 + second).unwrap();
    Sweep::new(Window { from: at(0), to: at(seconds) }, None)
}

#[test]
fn o1_a_page_of_receipts_is_one_consistent_scan_from_where_the_last_one_ended() {
    let wire_key = json!({"pk": {"S": &*key(1).partition}, "sk": {"S": "receipt"}});
    let found = json!({"pk": {"S": &*key(1).partition}, "sk": {"S": "receipt"}, "emitted": {"S": "[]"}});
    let page = json!({"Count": 1, "ScannedCount": 7, "Items": [found], "LastEvaluatedKey": wire_key});
    let last = json!({"Count": 0, "ScannedCount": 3, "Items": []});
    let answers = [page, last].map(|body| Answer::http(200, body.to_string()));
    let replay = Replay::new("application/x-amz-json-1.0", answers);
    let table = Dynamo::new(&replay.sdk(), "inventory");
    runtime().block_on(async {
        let page = table.emitted(None).await.unwrap();
        assert_eq!(page.items, [Item::new(key(1)).text("emitted", "[]")]);
        assert_eq!(page.next, Some(key(1)));
        let last = table.emitted(page.next.as_ref()).await.unwrap();
        assert_eq!((last.items, last.next), (Vec::new(), None));
    });
    let request = json!({
        "TableName": "inventory", "ConsistentRead": true, "FilterExpression": "attribute_exists(#wanted)",
        "ExpressionAttributeNames": {"#wanted": "emitted"},
    });
    let mut second = request.clone();
    second["ExclusiveStartKey"] = wire_key;
    let sent: Vec<serde_json::Value> =
        replay.bodies().iter().map(|body| serde_json::from_str(body).unwrap()).collect();
    assert_eq!(sent, [request, second]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// As many pages as there are, some of them empty: the sweep of a DynamoDB table is that of the table in memory.
    #[test]
    fn o1_a_sweep_over_the_wire_publishes_what_one_in_memory_does(
        seconds in prop::collection::vec(prop::option::of(0..100_i64), 0..30),
        page in 1..8_usize,
        until in 1..100_i64,
    ) {
        let wire = WireTable::new("inventory");
        wire.page_size(page);
        for (n, second) in seconds.iter().enumerate() {
            match second {
                Some(second) => wire.put(receipt(n, *second)),
                None => wire.put(Item::new(Key::of("stock", &[&n.to_string()], "state")).text("data", "{}")),
            }
        }
        let (table, bus) = (wire.table(), Bus::default());
        let mut sweep = sweep(until);
        runtime().block_on(async {
            while !sweep.is_complete() {
                step(&mut sweep, &table, &bus).await.unwrap();
            }
        });
        let wanted: Vec<String> = wire.items().iter().filter_map(|item| item.get_text("emitted")).filter_map(|emitted| {
            let emission = waxseal::read_emissions(emitted).unwrap().swap_remove(0);
            let time = waxseal::Raw::parse(emission.envelope.get()).unwrap().timestamp;
            (time < Timestamp::from_second(1_795_219_200 + until).unwrap()).then(|| emission.envelope.get().to_owned())
        }).collect();
        prop_assert_eq!(&*bus.0.lock().unwrap(), &wanted);
        let published = wanted.len() as u64;
        prop_assert_eq!(sweep.counts(), counts(published, published, 0));
        prop_assert!(wire.actions().iter().all(|action| action == "Scan"));
        // The whole table is read, and that is what it costs.
        prop_assert_eq!(wire.actions().len(), seconds.len() / page + 1);
    }
}

#[test]
fn o1_a_throttled_scan_is_tried_again_and_an_outage_ends_the_sweep_at_its_place() {
    let wire = WireTable::new("inventory");
    wire.page_size(2);
    (0..5).for_each(|n| wire.put(receipt(n, 1)));
    let (table, bus) = (wire.table(), Bus::default());
    let mut sweep = sweep(2);
    runtime().block_on(async {
        wire.disturb(Disturbance::Throttled);
        wire.disturb(Disturbance::Broken);
        for _ in 0..2 {
            step(&mut sweep, &table, &bus).await.unwrap();
        }
        (0..4).for_each(|_| wire.disturb(Disturbance::Unreachable));
        let error = step(&mut sweep, &table, &bus).await.unwrap_err();
        let text = error_chain(&error);
        assert!(
            text.starts_with(
                "the receipts cannot be read: table inventory: Scan failed: no connection to eu-west-1: "
            ),
            "{text}"
        );
        assert_eq!(sweep.after(), Some(&key(1)));
        while !sweep.is_complete() {
            step(&mut sweep, &table, &bus).await.unwrap();
        }
    });
    assert_eq!(bus.0.lock().unwrap().len(), 5);
}

/// A receipt that somebody damaged ends no sweep: where its outbox is a text it is published, else it is a dead letter by its key.
#[test]
fn s2_o1_a_damaged_receipt_ends_no_sweep() {
    let wire = WireTable::new("inventory");
    let with = |mut item: Item, name: &'static str, json: &str| {
        item.attributes.insert(name.into(), Value::Foreign(Foreign::new(json)));
        item
    };
    wire.put(receipt(0, 1));
    wire.put(with(receipt(1, 1), "reviewed", r#"{"BOOL":true}"#));
    wire.put(with(receipt(2, 1), attribute::EMITTED, r#"{"M":{"channel":{"S":"bus"}}}"#));
    wire.put(with(receipt(3, 1), "status", r#"{"N":"1.5"}"#));
    wire.put(receipt(4, 1).number(attribute::EMITTED, 7));
    wire.put(receipt(5, 1).text(attribute::EMITTED, "[{}]"));
    wire.put(receipt(6, 1));
    let (table, bus, dead_letters) = (wire.table(), Bus::default(), RecordedDeadLetters::default());
    let mut sweep = sweep(2);
    runtime().block_on(async {
        while !sweep.is_complete() {
            step_with(&mut sweep, &table, &bus, &dead_letters).await.unwrap();
        }
    });
    let published: Vec<String> = bus.0.into_inner().unwrap();
    let ids = |n: &usize| published.iter().any(|envelope| envelope.contains(&format!("\"e-{n}\"")));
    assert_eq!((0..7).filter(ids).collect::<Vec<_>>(), [0, 1, 3, 6]);
    assert_eq!(sweep.counts(), counts(7, 7, 3));
    let dead_letters = dead_letters.recorded();
    let of = |n: usize| dead_letters.iter().find(|it| it.record == key(n).to_string()).unwrap();
    assert_eq!(of(2).reason, "the attribute emitted is of type M: a receipt's is a text");
    assert_eq!(of(2).body, br#"{"M":{"channel":{"S":"bus"}}}"#);
    assert_eq!(
        of(4).reason,
        "the attribute emitted is a number (N) that does not fit: a receipt's is a text"
    );
    assert!(of(5).reason.starts_with("the attribute emitted is not what a receipt holds, at line 1 column "));
}

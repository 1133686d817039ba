//! Rows of other writers, payloads that differ in a digit, markers that cannot be removed: each
//! concerns its own record.

use serde_json::json;
use waxseal::table::{Foreign, Item, Key, Value as Stored, attribute};
use waxseal_tests::{
    aws::DeadLetter,
    deliveries::{changed, failures, sqs, with_id},
    runtime_api::Lambda,
};

use crate::service::{World, service, text};

/// A delivery of some pieces of an article, with more members in its payload.
fn delivery(id: &str, sku: &str, more: &str) -> String {
    format!(
        r#"{{"eventId":"{id}","eventType":"receive-stock","eventVersion":1,"timestamp":"2026-11-21T08:00:00.1234567890Z",
        "source":"warehouse","correlationId":"lorry-7","data":{{"sku":"{sku}","quantity":40{more}}}}}"#
    )
}

fn with(mut item: Item, name: &'static str, json: &str) -> Item {
    item.attributes.insert(name.into(), Stored::Foreign(Foreign::new(json)));
    item
}

fn received_again(batch: Vec<u8>) -> Vec<u8> {
    let once = r#""ApproximateReceiveCount":"1""#;
    let batch = String::from_utf8(batch).unwrap();
    assert!(batch.contains(once));
    batch.replace(once, r#""ApproximateReceiveCount":"2""#).into_bytes()
}

fn reason(dead_letter: &DeadLetter) -> String {
    dead_letter.note().reason.into_owned()
}

fn inventory() -> (World, Lambda) {
    let world = World::new();
    let mut lambda = world.start("inventory");
    lambda.ready();
    (world, lambda)
}

#[test]
fn s2_a_row_with_a_foreign_attribute_fails_its_own_record_alone() {
    for foreign in
        [r#"{"BOOL":true}"#, r#"{"N":"1732181400.5"}"#, r#"{"SS":["a"]}"#, r#"{"M":{"a":{"NULL":true}}}"#]
    {
        let (world, mut lambda) = inventory();
        let stock = Item::new(Key::of("stock", &["tee"], "state"));
        let stock = stock.text("data", r#"{"onHand":1,"reserved":0}"#).number(attribute::VERSION, 3);
        world.aws.store(with(stock, "aws:rep:deleting", foreign));
        let skus = ["mug", "tee", "cap", "bag"];
        let records: Vec<_> = skus.iter().map(|sku| (*sku, delivery(sku, sku, ""))).collect();
        assert_eq!(text(lambda.invoke(sqs(&records)).unwrap()), failures(&[]));
        for sku in ["mug", "cap", "bag"] {
            assert_eq!(world.aws.entity("stock", sku)["onHand"], 40, "{foreign}");
        }
        assert_eq!(world.aws.entity("stock", "tee")["onHand"], 1, "{foreign}");
        let dead_letters = world.aws.dead_letters();
        assert_eq!(dead_letters.keys().collect::<Vec<_>>(), ["tee"]);
        let start = "item stock#tee / state has the attribute `aws:rep:deleting` of type ";
        assert!(reason(&dead_letters["tee"]).starts_with(start), "{dead_letters:?}");
    }
}

#[test]
fn s2_a_damaged_receipt_fails_its_own_record_of_a_redelivered_batch() {
    let (world, mut lambda) = inventory();
    let records: Vec<_> = ["mug", "tee", "cap"].map(|sku| (sku, delivery(sku, sku, ""))).into();
    lambda.invoke(sqs(&records)).unwrap();
    let receipt = |id: &str| {
        let receipts = world.aws.receipts();
        receipts.into_iter().find(|item| item.key.partition.ends_with(&format!("#{id}"))).unwrap()
    };
    let before = ["mug", "tee", "cap"].map(|sku| world.aws.entity("stock", sku));
    // A handler that had another name keeps a receipt under each.
    let all = |id: &str| {
        let id = format!("#{id}");
        world.aws.receipts().into_iter().filter(move |item| item.key.partition.ends_with(&id))
    };
    all("tee").for_each(|item| world.aws.store(with(item, "attempt", r#"{"N":"1.5"}"#)));
    // A newer build's status, in the same batch.
    all("cap").for_each(|item| world.aws.store(item.text("status", "reversed")));
    lambda.stop();
    let mut cold = world.start("inventory");
    for batch in [sqs(&records), received_again(sqs(&records))] {
        assert_eq!(text(cold.invoke(batch).unwrap()), failures(&["cap"]));
    }
    let dead_letters = world.aws.dead_letters();
    assert_eq!(dead_letters.keys().collect::<Vec<_>>(), ["tee"]);
    assert!(
        reason(&dead_letters["tee"])
            .contains("is no receipt: its attribute `attempt` is of type N with a fraction")
    );
    assert_eq!(["mug", "tee", "cap"].map(|sku| world.aws.entity("stock", sku)), before);
    assert_eq!(receipt("cap").get_text("status"), Some("reversed"));
}

#[test]
fn s16_payloads_that_differ_beyond_64_bits_are_two_and_a_receipt_of_an_older_build_counts() {
    let (world, mut lambda) = inventory();
    let (first, other) = (r#","serial":18446744073709551617"#, r#","serial":18446744073709551618"#);
    let same = r#","serial":1.8446744073709551617e19"#;
    for (id, more, is_other) in [("m1", first, false), ("m2", other, true), ("m3", same, false)] {
        assert_eq!(text(lambda.invoke(sqs(&[(id, delivery("d-1", "tee", more))])).unwrap()), failures(&[]));
        let dead_letters = world.aws.dead_letters();
        assert_eq!(dead_letters.contains_key(id), is_other, "{dead_letters:?}");
    }
    assert!(reason(&world.aws.dead_letters()["m2"]).contains("used id d-1 before with another payload"));
    assert_eq!(world.aws.entity("stock", "tee")["onHand"], 40);

    // The hash of {"sku":"mug","quantity":40} as builds before algorithm 2 stored it.
    assert_eq!(text(lambda.invoke(sqs(&[("m4", delivery("d-2", "mug", ""))])).unwrap()), failures(&[]));
    let receipts = world.aws.receipts();
    let receipt = receipts.into_iter().find(|item| item.key.partition.ends_with("#d-2")).unwrap();
    world.aws.store(receipt.text("hash", "1eb17c05ac2fb54721671bb78ac72205"));
    lambda.stop();
    let mut cold = world.start("inventory");
    let again = sqs(&[("m5", delivery("d-2", "mug", "")), ("m6", delivery("d-2", "mug", r#","note":"x""#))]);
    assert_eq!(text(cold.invoke(again).unwrap()), failures(&[]));
    assert_eq!(world.aws.dead_letters().into_keys().collect::<Vec<_>>(), ["m2", "m6"]);
    assert_eq!(world.aws.entity("stock", "mug")["onHand"], 40);
}

/// The policy lacks `dynamodb:DeleteItem`, so no marker is ever removed. A record that only fails
/// is retried for as long as SQS delivers it.
#[test]
fn s28_where_a_marker_may_not_be_removed_a_record_that_merely_fails_is_not_buried() {
    let service = service("inventory");
    let newer =
        changed(&with_id(&service.body(), "newer-1"), |envelope| envelope["eventVersion"] = json!(99));
    let world = World::new();
    let mut variables = world.variables(service.name);
    variables.insert("WAXSEAL_ISOLATION".to_owned(), "on".to_owned());
    world.aws.deny_table("DeleteItem");
    for _ in 0..3 {
        let mut lambda = Lambda::start(service.name, &variables);
        for _ in 0..3 {
            let answer = lambda.invoke(received_again(sqs(&[("m1", newer.clone())]))).unwrap();
            assert_eq!(text(answer), failures(&["m1"]));
        }
        lambda.stop();
    }
    assert_eq!(world.aws.dead_letter_count(), 0);
    let markers: Vec<_> = world.aws.items().into_iter().filter(|item| item.key.sort == "marker").collect();
    assert_eq!(markers.iter().map(|marker| marker.get_number("runs")).collect::<Vec<_>>(), [Some(0)]);
}

//! A throttled table, and the cost of receipts in time.

use serde_json::json;
use waxseal_tests::localstack::becomes;

use crate::world::{Scenario, disturb_all, scenario};

/// A guard: while it lives, some writes to every table are refused with
/// `ProvisionedThroughputExceededException`.
struct Throttled<'a>(&'a Scenario);

fn set(world: &Scenario, probability: f64) -> u16 {
    let body = json!({"variable": "DYNAMODB_WRITE_ERROR_PROBABILITY", "value": probability}).to_string();
    let headers = [("content-type", "application/json")];
    world
        .client
        .send("POST", "/_localstack/config", &headers, body.as_bytes())
        .map_or(0, |answer| answer.status)
}

impl Drop for Throttled<'_> {
    fn drop(&mut self) {
        set(self.0, 0.0);
    }
}

#[test]
fn c2_a_throttled_table_delays_orders_and_neither_loses_nor_repeats_any() {
    let world = scenario("c2_a_throttled_table_delays_orders_and_neither_loses_nor_repeats_any");
    let sku = world.article("stool-birch", 20);
    let _every_table = disturb_all();
    let throttled = Throttled(&world);
    assert_eq!(set(&world, 0.3), 200);
    let orders: Vec<_> = (0..6).map(|_| world.place(&sku, 2, "tok_visa")).collect();
    for order in &orders {
        world.assert_confirmed_once(order);
    }
    drop(throttled);
    world.settle();
    world.becomes_stock(&sku, 8, 12);
    let charges: usize = orders.iter().map(|order| world.outside.keys(&order.id).len()).sum();
    assert_eq!(charges, orders.len(), "an order was charged under two keys");
    world.assert_no_dead_letters();
}

#[test]
fn q3_a_receipt_outlives_queue_dead_letters_and_archive() {
    let world = scenario("q3_a_receipt_outlives_queue_dead_letters_and_archive");
    let sku = world.article("rug-wool", 2);
    let order = world.place(&sku, 1, "tok_visa");
    world.assert_confirmed_once(&order);
    let placed = world.emitted("orders", "order.placed", &order.id);
    becomes("inventory has a receipt", &true, || {
        world.receipt("inventory", "reserve-stock", &placed).is_some()
    });
    let receipt = world.receipt("inventory", "reserve-stock", &placed).unwrap();

    let retention = |queue: &str| -> i64 {
        let queue = world.stage.queue(queue).unwrap();
        world.stage.queue_attribute(&queue, "MessageRetentionPeriod").unwrap().parse().unwrap()
    };
    let archive = json!({ "ArchiveName": world.stage.function("archive") });
    let archive = world.client.json("events", "AWSEvents.DescribeArchive", &archive).unwrap();
    let window = archive["RetentionDays"].as_i64().unwrap() * 86_400;
    let needed = retention("inventory-events") + retention("inventory-dlq") + window;
    let lives = receipt.get_number("expires_at").unwrap() - receipt.get_number("first_at").unwrap() / 1000;
    assert!(lives >= needed, "a receipt lives {lives} s, a message may come again for {needed} s");
}

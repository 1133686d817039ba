//! Functions that are killed with SIGKILL, so they clean up nothing.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use serde_json::json;
use waxseal_tests::{
    deliveries::sqs,
    http::Request,
    localstack::{becomes, eventually, intercept::Fate},
};

use crate::world::{Scenario, scenario};

const COMMIT: &str = "DynamoDB_20120810.TransactWriteItems";

fn mentions(request: &Request, text: &str) -> bool {
    String::from_utf8_lossy(&request.body).contains(text)
}

/// A guard: while it lives, a message that is not acknowledged is delivered again soon.
struct Hasty<'a>(&'a Scenario, String);

impl<'a> Hasty<'a> {
    fn new(world: &'a Scenario, queue: &str) -> Self {
        let url = world.stage.queue(queue).unwrap();
        world.stage.set_queue_visibility(&url, 2).unwrap();
        Self(world, url)
    }
}

impl Drop for Hasty<'_> {
    fn drop(&mut self) {
        // A scenario that fails has already printed its reason.
        let _ = self.0.stage.set_queue_visibility(&self.1, 10);
    }
}

/// SQS put the only message into a service's dead-letter queue. It is left there.
fn is_redriven_by_sqs(world: &Scenario, service: &str) {
    let url = world.stage.queue(&format!("{service}-dlq")).unwrap();
    becomes("the message is in the dead-letter queue", &1, || world.stage.depth(&url).unwrap());
    let dead_letter = world.stage.receive(&url, 0).unwrap().swap_remove(0);
    assert_eq!(dead_letter.attributes.get("waxseal"), None, "a handler wrote it: {dead_letter:#?}");
}

/// Redrives the dead letters of a service to their queue.
fn redrive(world: &Scenario, service: &str) {
    let url = world.stage.queue(&format!("{service}-dlq")).unwrap();
    let task = json!({ "SourceArn": world.arn(&url) });
    world.client.json("sqs", "AmazonSQS.StartMessageMoveTask", &task).unwrap();
    becomes("the dead-letter queue is empty", &0, || world.stage.depth(&url).unwrap());
}

#[test]
fn s22_a_function_killed_in_the_middle_of_a_batch_loses_nothing_and_repeats_nothing() {
    let world = scenario("s22_a_function_killed_in_the_middle_of_a_batch_loses_nothing_and_repeats_nothing");
    let sku = world.article("candle-beeswax", 30);
    let paused = world.pause("inventory-events");
    let orders: Vec<_> = (0..8).map(|_| world.place(&sku, 2, "tok_visa")).collect();
    let queue = world.stage.queue("inventory-events").unwrap();
    becomes("all are in the queue", &8, || world.stage.depth(&queue).unwrap());

    let (commits, needle) = (Arc::new(AtomicUsize::new(0)), sku.clone());
    let seen = commits.clone();
    let rule = world.table.rule(move |request| {
        if request.header("x-amz-target") != COMMIT || !mentions(request, &needle) {
            return Fate::Passes;
        }
        match seen.fetch_add(1, Ordering::SeqCst) + 1 {
            // The commit is applied, and the function is killed before the answer.
            3 => Fate::KilledAfter,
            6 => Fate::KilledBefore,
            _ => Fate::Passes,
        }
    });
    drop(paused);
    for order in &orders {
        world.assert_confirmed_once(order);
    }
    drop(rule);
    assert!(commits.load(Ordering::SeqCst) >= 9, "not killed twice: {commits:?}");
    world.becomes_stock(&sku, 14, 16);
    world.settle();
    world.becomes_stock(&sku, 14, 16);
    world.assert_no_dead_letters();
}

#[test]
fn q2_a_record_that_kills_its_function_is_redriven_by_sqs_and_takes_effect_once_when_moved_back() {
    let world = scenario(
        "q2_a_record_that_kills_its_function_is_redriven_by_sqs_and_takes_effect_once_when_moved_back",
    );
    let sku = world.article("bag-canvas", 5);
    let paused = world.pause("inventory-events");
    let order = world.place(&sku, 1, "tok_visa");
    let placed = eventually("the order's event", || Some(world.emitted("orders", "order.placed", &order.id)));
    let hasty = Hasty::new(&world, "inventory-events");

    let (kills, id) = (Arc::new(AtomicUsize::new(0)), order.id.clone());
    let killed = kills.clone();
    let rule = world.table.rule(move |request| {
        // The function dies before its commit, so its staged writes are lost.
        if request.header("x-amz-target") != COMMIT || !mentions(request, &id) {
            return Fate::Passes;
        }
        killed.fetch_add(1, Ordering::SeqCst);
        Fate::KilledBefore
    });
    drop(paused);
    is_redriven_by_sqs(&world, "inventory");
    assert_eq!(kills.load(Ordering::SeqCst), 5, "as often as maxReceiveCount says");
    world.becomes_stock(&sku, 5, 0);
    assert!(world.receipt("inventory", "reserve-stock", &placed).is_none());
    assert_eq!(world.order(&order.id)["status"], "placed");

    // The cause is removed.
    drop((rule, hasty));
    redrive(&world, "inventory");
    world.assert_confirmed_once(&order);
    world.becomes_stock(&sku, 4, 1);
    assert!(world.receipt("inventory", "reserve-stock", &placed).is_some());
    world.settle();
    world.becomes_stock(&sku, 4, 1);
    world.assert_no_dead_letters();
}

#[test]
fn o1_what_was_committed_is_published_though_function_and_relay_die_and_nothing_comes_in() {
    let world =
        scenario("o1_what_was_committed_is_published_though_function_and_relay_die_and_nothing_comes_in");
    let sku = world.article("jug-enamel", 5);
    let paused = world.pause("inventory-events");
    let order = world.place(&sku, 2, "tok_visa");
    let placed = eventually("the order's event", || Some(world.emitted("orders", "order.placed", &order.id)));

    let (id, commits) = (order.id.clone(), AtomicUsize::new(0));
    let committed = world.table.rule(move |request| {
        let commits = request.header("x-amz-target") == COMMIT
            && mentions(request, &id)
            && commits.fetch_add(1, Ordering::SeqCst) == 0;
        if commits { Fate::KilledAfter } else { Fate::Passes }
    });
    let (id, attempts) = (order.id.clone(), Arc::new(AtomicUsize::new(0)));
    let tried = attempts.clone();
    let published = world.relay.rule(move |request| {
        // It dies twice before anything is published.
        let dies = mentions(request, &id) && tried.fetch_add(1, Ordering::SeqCst) < 2;
        if dies { Fate::KilledBefore } else { Fate::Passes }
    });
    // The invocation is synchronous, so no queue delivers the event again.
    let answer = world.invoke("inventory", &sqs(&[("m-once", placed.to_string())]));
    assert_eq!(answer.header("x-amz-function-error"), "Unhandled", "{:#}", answer.json());
    world.assert_confirmed_once(&order);
    assert!(attempts.load(Ordering::SeqCst) >= 3, "the relay was not killed: {attempts:?}");
    let queue = world.stage.queue("inventory-events").unwrap();
    assert_eq!(world.stage.depth(&queue).unwrap(), 1, "it was delivered");
    assert_eq!(world.events("stock.reserved", &order.id).len(), 1);

    drop((committed, published, paused));
    world.settle();
    world.becomes_stock(&sku, 3, 2);
    world.assert_no_dead_letters();
}

#[test]
fn o4_what_was_committed_is_published_although_its_message_is_dead_lettered_later() {
    let world = scenario("o4_what_was_committed_is_published_although_its_message_is_dead_lettered_later");
    let sku = world.article("scarf-merino", 5);
    let paused = world.pause("inventory-events");
    let order = world.place(&sku, 2, "tok_visa");
    let placed = eventually("the order's event", || Some(world.emitted("orders", "order.placed", &order.id)));
    let hasty = Hasty::new(&world, "inventory-events");

    let (id, event_id) = (order.id.clone(), placed["eventId"].as_str().unwrap().to_owned());
    let committed = AtomicBool::new(false);
    let rule = world.table.rule(move |request| {
        if committed.load(Ordering::SeqCst) {
            // Every later attempt dies at its first request about the event.
            return if mentions(request, &event_id) { Fate::KilledBefore } else { Fate::Passes };
        }
        if request.header("x-amz-target") == COMMIT && mentions(request, &id) {
            committed.store(true, Ordering::SeqCst);
            return Fate::KilledAfter;
        }
        Fate::Passes
    });
    drop(paused);
    is_redriven_by_sqs(&world, "inventory");
    world.assert_confirmed_once(&order);
    world.becomes_stock(&sku, 3, 2);

    // Redriven, it is a duplicate.
    drop((rule, hasty));
    redrive(&world, "inventory");
    world.settle();
    world.becomes_stock(&sku, 3, 2);
    assert_eq!(world.outside.mails_to(&order.email).len(), 1);
    world.assert_no_dead_letters();
}

#[test]
fn s12_a_zombie_that_wakes_after_its_lease_changes_nothing() {
    let world = scenario("s12_a_zombie_that_wakes_after_its_lease_changes_nothing");
    let sku = world.article("lamp-oak", 3);
    let paused = world.pause("payment-events");
    let order = world.place(&sku, 1, "tok_visa");
    becomes("stock is reserved", &json!({"onHand": 2, "reserved": 1}), || {
        world.stage.entity("inventory", "stock", &sku).unwrap()
    });
    let reserved = world.emitted("inventory", "stock.reserved", &order.id);
    let charge = |record: &str| world.invoke("payment", &sqs(&[(record, reserved.to_string())])).json();
    let receipt = || world.receipt("payment", "charge-card", &reserved);

    let zombie = world.outside.delay_answer(&order.id);
    thread::scope(|scope| {
        let first = scope.spawn(|| charge("m-zombie"));
        becomes("the zombie charges", &1, || world.outside.asked(&order.id).len());
        // The test moves the end of the lease into the past, since it cannot set this machine's
        // clock.
        let claimed = receipt().unwrap();
        assert_eq!(claimed.get_text("status"), Some("leased"), "{claimed:#?}");
        world.set_number(
            "payment",
            &claimed.key,
            "lease_until",
            claimed.get_number("lease_until").unwrap() - 120_000,
        );

        assert_eq!(charge("m-successor"), json!({"batchItemFailures": []}));
        let done = receipt().unwrap();
        assert_eq!((done.get_text("status"), done.get_number("attempt")), (Some("completed"), Some(2)));

        drop(zombie);
        assert_eq!(first.join().unwrap(), json!({"batchItemFailures": [{"itemIdentifier": "m-zombie"}]}));
        assert_eq!(receipt().unwrap(), done, "the zombie changed its successor's receipt");
    });
    let asked = world.outside.asked(&order.id);
    assert_eq!(asked.len(), 2, "{asked:#?}");
    assert_eq!(world.outside.keys(&order.id).len(), 1, "the attempts had different effect keys");
    drop(paused);
    world.assert_confirmed_once(&order);
    assert_eq!(world.outside.asked(&order.id).len(), 2);
    // Only the successor's event exists.
    becomes("one event", &1, || world.events("payment.captured", &order.id).len());
    world.settle();
    world.assert_no_dead_letters();
}

//! The same event again: by hand, by racers, by a replay.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    thread,
};

use order_events::OrderPlaced;
use serde_json::{Value, json};
use waxseal::{Envelope, Fault, Handler, Service, Unit, table::Item};
use waxseal_local::{Local, NewMessage};
use waxseal_tests::{
    deliveries::{failures, sqs},
    localstack::{
        becomes, eventually,
        intercept::{kill, processes},
    },
};

use crate::world::{Scenario, scenario};

fn tables(world: &Scenario) -> BTreeMap<String, Vec<Item>> {
    let items = |name: &String| (name.clone(), world.stage.items(name).unwrap());
    world.stage.services.iter().map(|service| items(&service.name)).collect()
}

#[test]
fn s15_a_message_sent_twice_by_hand_takes_effect_once() {
    let world = scenario("s15_a_message_sent_twice_by_hand_takes_effect_once");
    let sku = world.article("vase-blue", 8);
    let order = world.place(&sku, 3, "tok_visa");
    world.assert_confirmed_once(&order);
    world.settle();
    let before = tables(&world);
    let copies = [
        ("inventory-events", world.emitted("orders", "order.placed", &order.id)),
        ("analytics-events", world.emitted("orders", "order.placed", &order.id)),
        ("payment-events", world.emitted("inventory", "stock.reserved", &order.id)),
        ("orders-events", world.emitted("payment", "payment.captured", &order.id)),
        ("notification-events", world.emitted("orders", "order.confirmed", &order.id)),
    ];
    for (queue, event) in &copies {
        let queue = world.stage.queue(queue).unwrap();
        world.stage.send(&queue, &event.to_string()).unwrap();
        world.stage.send(&queue, &event.to_string()).unwrap();
    }
    world.settle();
    assert_eq!(tables(&world), before);
    assert_eq!((world.outside.asked(&order.id).len(), world.outside.mails_to(&order.email).len()), (1, 1));
    world.assert_no_dead_letters();
}

#[test]
fn s16_the_same_id_with_another_payload_is_a_dead_letter_and_changes_nothing() {
    let world = scenario("s16_the_same_id_with_another_payload_is_a_dead_letter_and_changes_nothing");
    let sku = world.article("bowl-ash", 8);
    let order = world.place(&sku, 1, "tok_visa");
    world.assert_confirmed_once(&order);
    world.settle();
    let before = tables(&world);
    let mut forged = world.emitted("orders", "order.placed", &order.id);
    forged["data"]["lines"][0]["quantity"] = json!(7);
    world.stage.send(&world.stage.queue("inventory-events").unwrap(), &forged.to_string()).unwrap();
    let dead_letter = world.dead_letters("inventory", 1).swap_remove(0);
    assert_eq!(serde_json::from_str::<Value>(&dead_letter.body).unwrap(), forged);
    assert_eq!(dead_letter.note().unwrap().id.as_deref(), forged["eventId"].as_str());
    world.settle();
    assert_eq!(tables(&world), before);
    world.assert_no_dead_letters();
}

#[test]
fn s17_of_64_racers_in_environments_of_their_own_one_commits() {
    const RACERS: usize = 64;
    let world = scenario("s17_of_64_racers_in_environments_of_their_own_one_commits");
    let sku = world.article("kettle-copper", 200);
    let paused = world.pause("inventory-events");
    let order = world.place(&sku, 2, "tok_visa");
    let placed = eventually("the order's event", || Some(world.emitted("orders", "order.placed", &order.id)));
    let race = || {
        let answer = world.invoke("inventory", &sqs(&[("m", placed.to_string())]));
        String::from_utf8_lossy(&answer.body).into_owned()
    };
    let answers: Vec<String> = thread::scope(|scope| {
        let racers: Vec<_> = (0..RACERS).map(|_| scope.spawn(race)).collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    let function = world.stage.function("inventory");
    let environments = processes(&world.client.endpoint, &function).len();
    assert!(environments >= 2, "they were served by one environment");
    // Warm environments would use up the machine's memory.
    kill(&world.client.endpoint, &function);

    let strict = |text: &str| serde_json::from_str::<Value>(text).unwrap().to_string();
    let (done, failed) = (strict(&failures(&[])), strict(&failures(&["m"])));
    let answers: Vec<String> = answers.iter().map(|answer| strict(answer)).collect();
    assert!(answers.contains(&done), "{answers:#?}");
    // A record that lost every race on a hot row is reported as failed, and would be delivered
    // again.
    assert!(answers.iter().all(|answer| *answer == done || *answer == failed), "{answers:#?}");
    world.becomes_stock(&sku, 198, 2);
    let receipt = world.receipt("inventory", "reserve-stock", &placed).unwrap();

    // The queue has a copy, too.
    drop(paused);
    world.assert_confirmed_once(&order);
    world.settle();
    world.becomes_stock(&sku, 198, 2);
    assert_eq!(world.receipt("inventory", "reserve-stock", &placed), Some(receipt));
    assert_eq!(world.events("stock.reserved", &order.id).len(), 1);
    world.assert_no_dead_letters();
}

#[test]
fn s40_an_archive_replay_changes_nothing() {
    let world = scenario("s40_an_archive_replay_changes_nothing");
    let sku = world.article("blanket-alpaca", 6);
    let order = world.place(&sku, 1, "tok_visa");
    world.assert_confirmed_once(&order);
    becomes("the order's last event is on the bus", &1, || world.events("order.confirmed", &order.id).len());
    world.settle();
    let (before, mails) = (tables(&world), world.outside.mails());

    let whole = world.queue("test-replayed");
    let replayed = json!({"replay-name": [{"exists": true}]});
    world.rule(&world.bus(), "test-replayed", &replayed, &world.arn(&whole), &json!({}));
    let archive = json!({ "ArchiveName": world.stage.function("archive") });
    let archive = world.client.json("events", "AWSEvents.DescribeArchive", &archive).unwrap();
    let bus = json!({ "Name": world.bus() });
    let bus = world.client.json("events", "AWSEvents.DescribeEventBus", &bus).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let replay = json!({
        "ReplayName": "test-replay", "EventSourceArn": archive["ArchiveArn"], "EventStartTime": now - 60,
        "EventEndTime": now + 60, "Destination": {"Arn": bus["Arn"]},
    });
    world.client.json("events", "AWSEvents.StartReplay", &replay).unwrap();
    for name in ["order.placed", "stock.reserved", "payment.captured", "order.confirmed"] {
        becomes(&format!("{name} is replayed"), &true, || world.events(name, &order.id).len() >= 2);
    }
    becomes("the replay is over", &json!("COMPLETED"), || {
        let replay = json!({ "ReplayName": "test-replay" });
        world.client.json("events", "AWSEvents.DescribeReplay", &replay).unwrap()["State"].clone()
    });
    world.settle();
    assert_eq!(tables(&world), before);
    assert_eq!((world.outside.asked(&order.id).len(), world.outside.mails()), (1, mails));
    world.assert_no_dead_letters();

    // A handler sees that an event is a replay: the test reads the message from the wire as
    // functions read it.
    let (sees, seen) = (SeesReplays::default(), Local::builder().build());
    let names = sees.0.clone();
    seen.deploy_service(Service::new("probe").handler(sees)).unwrap();
    for message in world.stage.take(&whole).unwrap() {
        if message.body.contains(&order.id) && message.body.contains("order.placed") {
            seen.queue("probe").unwrap().send(NewMessage::new(message.body)).unwrap();
        }
    }
    seen.run_until_idle();
    assert_eq!(*names.lock().unwrap(), [(order.id.clone(), json!("test-replay"))]);
}

/// Records the replay by which each order came.
#[derive(Default)]
struct SeesReplays(Arc<Mutex<Vec<(String, Value)>>>);

impl Handler for SeesReplays {
    const NAME: &str = "see-replays";
    type Event = OrderPlaced;
    type Emits = ();
    async fn handle(&self, order: &Envelope<OrderPlaced>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
        let replay = order.metadata.get("replayName").cloned().unwrap_or_default();
        self.0.lock().unwrap().push((order.data.order_id.clone(), replay));
        Ok(())
    }
}

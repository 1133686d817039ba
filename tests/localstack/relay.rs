//! The relay on a real stream.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use order_platform::DEPLOYED;
use serde_json::{Value, json};
use waxseal::Timestamp;
use waxseal_tests::{
    http::Request,
    localstack::{becomes, deploy, intercept::Fate},
};

use crate::world::{STAGE, Scenario, scenario};

/// A guard: while it lives, the relay of `inventory` gets no records from its stream.
struct Unfed<'a>(&'a Scenario, String);

impl<'a> Unfed<'a> {
    fn new(world: &'a Scenario) -> Self {
        let which = format!("FunctionName={}", world.stage.function("inventory-relay"));
        world.stage.switch(&which, false);
        Self(world, which)
    }
}

impl Drop for Unfed<'_> {
    fn drop(&mut self) {
        // A scenario that fails has already printed its reason, and the next scenario needs the
        // stream.
        let fed = std::panic::AssertUnwindSafe(|| self.0.stage.switch(&self.1, true));
        if std::panic::catch_unwind(fed).is_err() && !std::thread::panicking() {
            panic!("the relay's mapping stays off");
        }
    }
}

#[test]
fn o1_what_a_relay_did_not_get_from_its_stream_is_published_by_make_sweep() {
    let world = scenario("o1_what_a_relay_did_not_get_from_its_stream_is_published_by_make_sweep");
    let sku = world.article("lamp-brass", 4);
    world.settle();
    let began =
        Timestamp::from_second(Timestamp::from(std::time::SystemTime::now()).as_second() - 1).unwrap();
    let unfed = Unfed::new(&world);
    let order = world.place(&sku, 1, "tok_visa");
    world.becomes_stock(&sku, 4 - 1, 1);
    world.settle();
    assert_eq!(world.events("stock.reserved", &order.id), [] as [Value; 0], "the relay is still fed");

    deploy::sweep(&world.client, DEPLOYED, STAGE, "inventory", &began.to_string()).unwrap();
    world.assert_confirmed_once(&order);
    assert_eq!(world.events("stock.reserved", &order.id).len(), 1);

    // The stream was late, and now delivers the same records.
    drop(unfed);
    becomes("published by the stream, too", &2, || world.events("stock.reserved", &order.id).len());
    let published = world.events("stock.reserved", &order.id);
    assert_eq!(published[0], published[1]);
    world.settle();
    world.assert_confirmed_once(&order);
    assert_eq!(world.outside.asked(&order.id).len(), 1);
    for name in ["payment.captured", "order.confirmed"] {
        assert_eq!(world.events(name, &order.id).len(), 1, "{name}");
    }
    world.assert_no_dead_letters();
}

#[test]
fn o3_a_relay_killed_between_publish_and_checkpoint_publishes_again_under_the_same_id() {
    let world =
        scenario("o3_a_relay_killed_between_publish_and_checkpoint_publishes_again_under_the_same_id");
    let sku = world.article("clock-walnut", 4);
    let kills = Arc::new(AtomicUsize::new(0));
    let killed = kills.clone();
    let rule = world.relay.rule(move |request| {
        let publishes = request.header("x-amz-target") == "AWSEvents.PutEvents"
            && String::from_utf8_lossy(&request.body).contains("stock.reserved");
        match publishes && killed.fetch_add(1, Ordering::SeqCst) < 2 {
            true => Fate::KilledAfter,
            false => Fate::Passes,
        }
    });
    let order = world.place(&sku, 1, "tok_visa");
    becomes("published three times", &3, || world.events("stock.reserved", &order.id).len());
    drop(rule);
    let published = world.events("stock.reserved", &order.id);
    assert!(published.iter().all(|event| *event == published[0]), "{published:#?}");
    world.assert_confirmed_once(&order);
    world.settle();
    assert_eq!(world.outside.asked(&order.id).len(), 1);
    for name in ["payment.captured", "order.confirmed"] {
        assert_eq!(world.events(name, &order.id).len(), 1, "{name}");
    }
    world.assert_no_dead_letters();
}

/// An event that no handler counts.
fn counted(id: &str) -> Value {
    json!({
        "eventId": id, "eventType": "stock.counted", "eventVersion": 1, "source": "inventory",
        "timestamp": "2026-11-21T09:30:00Z", "correlationId": id, "data": {"orderId": id},
    })
}

/// The ids of the entries of a `PutEvents`.
fn entries(request: &Request) -> Vec<String> {
    let put: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let details =
        put["Entries"].as_array().into_iter().flatten().filter_map(|entry| entry["Detail"].as_str());
    details
        .map(|detail| serde_json::from_str::<Value>(detail).unwrap_or_default()["eventId"].to_string())
        .collect()
}

#[test]
fn o2_of_a_publication_that_passed_in_part_only_the_rest_is_tried_again_in_order() {
    let world = scenario("o2_of_a_publication_that_passed_in_part_only_the_rest_is_tried_again_in_order");
    let seen: Arc<Mutex<Vec<Vec<String>>>> = Arc::default();
    let log = seen.clone();
    let rule = world.relay.rule(move |request| {
        let ids = entries(request);
        if !ids.iter().any(|id| id.starts_with("\"o2-")) {
            return Fate::Passes;
        }
        let mut log = log.lock().unwrap();
        log.push(ids);
        match log.len() {
            1 => Fate::Refused(vec![1, 3]),
            2 => Fate::Refused(vec![0]),
            _ => Fate::Passes,
        }
    });
    let later = now() + 3600;
    put(&world, "o2", later, ["o2-a", "o2-b", "o2-c", "o2-d"].map(counted));
    for id in ["o2-a", "o2-b", "o2-c", "o2-d"] {
        becomes(&format!("{id} is published"), &1, || world.events("stock.counted", id).len());
    }
    drop(rule);
    let ids = |names: &[&str]| names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>();
    let requests = [ids(&["o2-a", "o2-b", "o2-c", "o2-d"]), ids(&["o2-b", "o2-d"]), ids(&["o2-b"])];
    assert_eq!(*seen.lock().unwrap(), requests);
    world.settle();
    for id in ["o2-a", "o2-b", "o2-c", "o2-d"] {
        assert_eq!(world.events("stock.counted", id).len(), 1, "{id} was published again");
    }
    world.assert_no_dead_letters();
}

fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

/// Puts an item into `inventory`'s table that emitted these envelopes to the bus, as a receipt
/// does.
fn put(world: &Scenario, id: &str, expires: u64, envelopes: impl IntoIterator<Item = Value>) {
    let mut item = json!({
        "pk": {"S": format!("receipt#inventory/test#test#{id}")}, "sk": {"S": "receipt"},
        "expires_at": {"N": expires.to_string()},
    });
    let emitted = envelopes.into_iter().map(|envelope| json!({"channel": "bus", "envelope": envelope}));
    let emitted: Vec<Value> = emitted.collect();
    if !emitted.is_empty() {
        item["emitted"] = json!({"S": Value::Array(emitted).to_string()});
    }
    let body = json!({ "TableName": world.stage.function("inventory"), "Item": item });
    world.client.json("dynamodb", "DynamoDB_20120810.PutItem", &body).unwrap();
}

/// The records in the stream of `inventory`'s table about items whose key holds `id`.
fn stream(world: &Scenario, id: &str) -> Vec<Value> {
    let call = |target: &str, body: Value| {
        world.client.json("dynamodb", &format!("DynamoDBStreams_20120810.{target}"), &body).unwrap()
    };
    let table = json!({ "TableName": world.stage.function("inventory") });
    let table = world.client.json("dynamodb", "DynamoDB_20120810.DescribeTable", &table).unwrap();
    let arn = &table["Table"]["LatestStreamArn"];
    let shards = call("DescribeStream", json!({ "StreamArn": arn }));
    let shard = &shards["StreamDescription"]["Shards"][0]["ShardId"];
    let iterator = json!({"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"});
    let (mut iterator, mut found) = (call("GetShardIterator", iterator)["ShardIterator"].take(), Vec::new());
    loop {
        let mut page = call("GetRecords", json!({ "ShardIterator": iterator }));
        let records = page["Records"].as_array().cloned().unwrap_or_default();
        if records.is_empty() {
            return found;
        }
        let is_about = |record: &Value| record["dynamodb"]["Keys"].to_string().contains(id);
        found.extend(records.into_iter().filter(is_about));
        iterator = page["NextShardIterator"].take();
    }
}

/// The number of invocations of `inventory`'s relay so far.
fn invocations(world: &Scenario) -> usize {
    let group = format!("/aws/lambda/{}", world.stage.function("inventory-relay"));
    let (mut count, mut token) = (0, Value::Null);
    loop {
        let mut body = json!({ "logGroupName": group, "filterPattern": "platform.start" });
        if !token.is_null() {
            body["nextToken"] = token;
        }
        let mut page = world.client.json("logs", "Logs_20140328.FilterLogEvents", &body).unwrap();
        let lines =
            page["events"].as_array().into_iter().flatten().filter_map(|event| event["message"].as_str());
        count += lines.filter(|line| line.contains("\"platform.start\"")).count();
        token = page["nextToken"].take();
        if token.is_null() {
            return count;
        }
    }
}

#[test]
fn s39_o5_a_removal_by_ttl_and_a_silent_write_do_not_wake_the_relay() {
    let world = scenario("s39_o5_a_removal_by_ttl_and_a_silent_write_do_not_wake_the_relay");
    let now = now();
    world.settle();
    put(&world, "first", now + 3600, [counted("first")]);
    becomes("the first is published", &1, || world.events("stock.counted", "first").len());
    let mut before = 0;
    becomes("the log of the relay is written", &true, || {
        before = invocations(&world);
        before > 0 && before == invocations(&world)
    });

    // One item emitted nothing and is removed; the other emitted and is removed.
    put(&world, "silent", now - 60, []);
    becomes("the silent one is removed", &["INSERT", "REMOVE"].map(str::to_owned).to_vec(), || {
        stream(&world, "silent")
            .iter()
            .map(|record| record["eventName"].as_str().unwrap().to_owned())
            .collect()
    });
    let removal = stream(&world, "silent").pop().unwrap();
    assert_eq!(removal["userIdentity"]["PrincipalId"], "dynamodb.amazonaws.com", "{removal:#}");
    put(&world, "short-lived", now - 60, [counted("short-lived")]);
    becomes("the short-lived one is removed", &2, || stream(&world, "short-lived").len());
    // A stream keeps order: once this event is published, the relay has seen all records before it.
    put(&world, "last", now + 3600, [counted("last")]);
    becomes("the last is published", &1, || world.events("stock.counted", "last").len());

    assert_eq!(world.events("stock.counted", "short-lived").len(), 1);
    // The log arrives a little later than the events.
    becomes("two invocations: the short-lived one's birth, and the last", &2, || {
        invocations(&world) - before
    });
    world.assert_no_dead_letters();
}

#[test]
fn o6_an_event_that_can_never_be_published_is_a_dead_letter_and_blocks_nobody() {
    let world = scenario("o6_an_event_that_can_never_be_published_is_a_dead_letter_and_blocks_nobody");
    let later = now() + 3600;
    put(&world, "o6-never", later, [json!({"orderId": "größe ✉"})]);
    put(&world, "o6-after", later, [counted("o6-after")]);
    becomes("the one after it is published", &1, || world.events("stock.counted", "o6-after").len());
    let dead_letter = world.relay_dead_letters("inventory", 1).swap_remove(0);
    let reason = dead_letter.note().unwrap().reason;
    assert!(
        reason.starts_with("cannot be published to bus: the receipt stored no envelope: "),
        "{dead_letter:#?}"
    );
    assert_eq!(dead_letter.body, r#"{"orderId":"größe ✉"}"#);
    world.assert_no_dead_letters();
}

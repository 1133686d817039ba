//! `relay`: from a table's stream to the bus and the topics.

use serde_json::{Value, json};
use waxseal::Timestamp;
use waxseal_tests::{
    aws::Aws,
    deliveries::{failures, sqs},
    runtime_api::{Failed, Lambda},
};

use crate::service::{World, assert_no_payload, lines_about, service, text};

const RECEIPTS: &str = include_str!("../../functions/relay/samples/receipts.json");

/// A stream batch of receipts, each of which emitted one event with one of these names to the bus.
fn stream(names: &[&str]) -> Vec<u8> {
    let sample: Value = serde_json::from_str(RECEIPTS).unwrap();
    let records = names.iter().enumerate().map(|(position, name)| {
        let mut record = sample["Records"][0].clone();
        let emitted = record["dynamodb"]["NewImage"]["emitted"]["S"].as_str().unwrap();
        let mut envelope: Value = serde_json::from_str(emitted).unwrap();
        let mut envelope = envelope[1]["envelope"].take();
        envelope["eventType"] = json!(name);
        envelope["eventId"] = json!(format!("id of {name}"));
        let emitted = json!([{"channel": "bus", "envelope": envelope}]);
        record["dynamodb"]["NewImage"]["emitted"]["S"] = json!(emitted.to_string());
        record["dynamodb"]["SequenceNumber"] = json!(sequence(position));
        record
    });
    json!({ "Records": records.collect::<Vec<_>>() }).to_string().into_bytes()
}

fn sequence(position: usize) -> String {
    format!("30000000000000000000{position:02}")
}

/// The event names in each request to the bus.
fn requests(aws: &Aws) -> Vec<Vec<String>> {
    let name = |entry: &Value| entry["DetailType"].as_str().unwrap_or_default().to_owned();
    aws.put_events().iter().map(|entries| entries.iter().map(name).collect()).collect()
}

#[test]
fn o1_what_a_receipt_emitted_is_published_byte_for_byte_to_bus_and_topic() {
    let world = World::new();
    let mut lambda = world.start("relay");
    assert_eq!(text(lambda.invoke(RECEIPTS).unwrap()), failures(&[]));

    let sample: Value = serde_json::from_str(RECEIPTS).unwrap();
    let emitted = sample["Records"][0]["dynamodb"]["NewImage"]["emitted"]["S"].as_str().unwrap();
    let published = world.aws.put_events();
    assert_eq!(published.len(), 1, "{published:#?}");
    assert_eq!(published[0].len(), 1, "{published:#?}");
    let entry = &published[0][0];
    assert_eq!((&entry["EventBusName"], &entry["Source"]), (&json!("shop"), &json!("inventory")));
    assert_eq!(entry["DetailType"], "stock.reserved");
    let detail = entry["Detail"].as_str().unwrap();
    assert!(emitted.contains(&format!("\"envelope\":{detail}}}")), "not what was stored: {detail}");

    let notified = world.aws.notifications();
    assert_eq!(notified.len(), 1, "{notified:#?}");
    assert!(notified[0].contains("TopicArn=arn:aws:sns:eu-central-1:123456789012:stock"), "{notified:#?}");
    let message = emitted.split_once("\"envelope\":").unwrap().1.split_once("},{\"channel\"").unwrap().0;
    assert!(notified[0].contains(message), "not what was stored: {notified:#?}");
    assert!(world.aws.dead_letters().is_empty());
}

#[test]
fn s48_the_relay_sets_a_tenant_on_a_topic_and_publishes_without_one_that_is_damaged() {
    for (tenant, group) in [("\"customer/a\"", Some("customer/a")), ("\"Zoë\"", None), ("{\"a\":1}", None)] {
        let world = World::new();
        let mut lambda = world.start("relay");
        let mut sample: Value = serde_json::from_str(RECEIPTS).unwrap();
        let emitted = &mut sample["Records"][0]["dynamodb"]["NewImage"]["emitted"]["S"];
        let told = format!("{{\"tenant\":{tenant},\"channel\":");
        *emitted = json!(emitted.as_str().unwrap().replace("{\"channel\":", &told));
        assert_eq!(text(lambda.invoke(sample.to_string()).unwrap()), failures(&[]));
        let notified = world.aws.notifications();
        assert_eq!((notified.len(), world.aws.dead_letter_count()), (1, 0), "{notified:#?}");
        let set = notified[0].split('&').filter_map(|field| field.split_once(".MessageGroupId="));
        assert_eq!(set.map(|(_, group)| group).collect::<Vec<_>>(), Vec::from_iter(group), "{notified:#?}");
        let events = world.aws.put_events();
        assert_eq!((events.len(), events[0].len()), (1, 1), "{events:#?}");
        assert!(!json!(events).to_string().contains("customer/a"), "{events:#?}");
    }
}

/// The relay's answer to a sweep that begins an hour ago.
fn sweep(lambda: &mut Lambda) -> Result<Value, Failed> {
    let from =
        Timestamp::from_second(Timestamp::from(std::time::SystemTime::now()).as_second() - 3600).unwrap();
    let answer = lambda.invoke(json!({"sweep": {"from": from}}).to_string())?;
    Ok(serde_json::from_slice(&answer).unwrap())
}

#[test]
fn o1_what_no_stream_ever_brought_is_published_by_a_sweep_of_the_table() {
    let (world, mut inventory) = World::with(service("inventory"));
    let batch = sqs(&[("m-1", service("inventory").body().into_bytes())]);
    assert_eq!(text(inventory.invoke(batch).unwrap()), failures(&[]));

    let mut relay = world.start("relay");
    let answer = sweep(&mut relay).unwrap();
    assert_eq!((&answer["deadLettered"], &answer["next"]), (&json!(0), &Value::Null), "{answer}");
    assert_eq!(answer["receipts"], answer["published"], "{answer}");
    let published = requests(&world.aws);
    assert_eq!(
        published.iter().flatten().filter(|name| *name == "stock.reserved").count(),
        1,
        "{published:?}"
    );
    assert!(!world.aws.notifications().is_empty());

    // A second sweep publishes the same ids, since nothing happened in between.
    let first = world.aws.put_events();
    assert_eq!(sweep(&mut relay).unwrap()["published"], answer["published"]);
    assert_eq!(world.aws.put_events()[first.len()..], first[..]);

    // A bus that refuses fails the invocation, and the error tells how to go on.
    for _ in 0..3 {
        world.aws.refuse_entries(&[0]);
    }
    let failed = sweep(&mut relay).unwrap_err();
    assert_eq!(failed.kind, "SweepStopped", "{failed:?}");
    for part in ["bus shop: ThrottlingException", "mend that, then go on with {\"sweep\":{\"from\":\""] {
        assert!(failed.message.contains(part), "{part:?} is not in {failed:?}");
    }
    let (_, next) = failed.message.split_once("go on with ").unwrap();
    let answer: Value = serde_json::from_slice(&relay.invoke(next.to_owned()).unwrap()).unwrap();
    assert_eq!(answer["next"], Value::Null);
    assert!(world.aws.dead_letters().is_empty());
    assert_no_payload(&relay.stop().stdout);
}

#[test]
fn o1_a_sweep_that_makes_no_sense_or_has_no_table_fails_and_says_what_to_do() {
    let mut world = World::new();
    let mut relay = world.start("relay");
    relay.ready();
    let failed = relay.invoke(r#"{"sweep":{"since":"2026-11-20T00:00:00Z"}}"#).unwrap_err();
    assert_eq!(failed.kind, "BadSweep");
    assert!(failed.message.starts_with("sweep has a member \"since\", where only from, to, after can be"));
    world.aws.unplug_table();
    let failed = sweep(&mut relay).unwrap_err();
    for part in [
        "the receipts cannot be read: table shop: Scan failed: no connection to http://127.0.0.1:",
        "go on with",
    ] {
        assert!(failed.message.contains(part), "{part:?} is not in {failed:?}");
    }
}

#[test]
fn o2_s26_only_what_the_bus_did_not_take_is_tried_again() {
    let world = World::new();
    let mut lambda = world.start("relay");
    world.aws.refuse_entries(&[1]);
    assert_eq!(text(lambda.invoke(stream(&["a", "b", "c"])).unwrap()), failures(&[]));
    assert_eq!(requests(&world.aws), [vec!["a", "b", "c"], vec!["b"]]);
    let lines = lines_about(&lambda.stop().stdout, &sequence(1));
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0]["reason"].as_str().unwrap().contains("bus shop: ThrottlingException"), "{lines:#?}");
}

#[test]
fn o3_what_the_bus_keeps_refusing_is_the_checkpoint_and_comes_again_under_its_id() {
    let world = World::new();
    let mut lambda = world.start("relay");
    for refused in [&[1][..], &[0], &[0]] {
        world.aws.refuse_entries(refused);
    }
    // The first record that is not published is reported; it and all records after it are delivered
    // again.
    assert_eq!(text(lambda.invoke(stream(&["a", "b", "c"])).unwrap()), failures(&[&sequence(1)]));
    // Another process has no memory of this one's publications.
    lambda.stop();
    let mut lambda = world.start("relay");
    assert_eq!(text(lambda.invoke(stream(&["b", "c"])).unwrap()), failures(&[]));
    let published = world.aws.put_events();
    assert_eq!(requests(&world.aws).last().unwrap(), &["b", "c"]);
    // The copies of "c" have one id, so readers fold them.
    assert_eq!(published[0][2]["Detail"], published.last().unwrap()[1]["Detail"]);
    assert!(world.aws.dead_letters().is_empty());
}

/// A stream batch of this age in which the second receipt sent a command to a service that is not
/// deployed. The batch begins at the receipt with position `from`, as after a checkpoint.
fn stream_to_nobody(seconds: i64, from: usize) -> Vec<u8> {
    let mut batch: Value = serde_json::from_slice(&stream(&["a", "b", "c"])).unwrap();
    let written = Timestamp::from(std::time::SystemTime::now()).as_second() - seconds;
    for record in batch["Records"].as_array_mut().unwrap() {
        record["dynamodb"]["ApproximateCreationDateTime"] = json!(written);
    }
    let emitted = &mut batch["Records"][1]["dynamodb"]["NewImage"]["emitted"]["S"];
    *emitted =
        json!(emitted.as_str().unwrap().replace("\"channel\":\"bus\"", "\"channel\":\"queue:nobody\""));
    batch["Records"].as_array_mut().unwrap().drain(..from);
    batch.to_string().into_bytes()
}

#[test]
fn o6_a_missing_channel_is_a_dead_letter_after_five_minutes_and_the_rest_is_published_once() {
    let world = World::new();
    let mut lambda = world.start("relay");
    for from in [0, 1, 1] {
        assert_eq!(text(lambda.invoke(stream_to_nobody(10, from)).unwrap()), failures(&[&sequence(1)]));
    }
    assert_eq!(requests(&world.aws), [["a", "c"]], "once, and what lies behind it is not held up");
    assert!(world.aws.dead_letters().is_empty());
    assert_eq!(text(lambda.invoke(stream_to_nobody(301, 1)).unwrap()), failures(&[]));
    assert_eq!(requests(&world.aws), [["a", "c"]]);
    let dead_letters = world.aws.dead_letters();
    assert_eq!(dead_letters.keys().collect::<Vec<_>>(), [&sequence(1)]);
    let dead_letter = &dead_letters[&sequence(1)];
    assert_eq!(
        dead_letter.note().reason,
        "cannot be published to queue:nobody: it is older than 5 minutes, and still WAXSEAL_QUEUE_NOBODY is not set: \
         set it to the URL of the queue `nobody` (WX0314)"
    );
    assert!(
        dead_letter.body.contains("\"eventId\":\"id of b\""),
        "the envelope, to be published by hand: {dead_letter:?}"
    );
    // The log has one line for three invocations, and one for the dead letter.
    let told = lambda.stop().stdout;
    assert_eq!(lines_about(&told, &sequence(1)).len(), 2, "{told:#?}");
    assert_no_payload(&told);
}

#[test]
fn o3_o6_in_one_process_only_what_is_open_is_published_again() {
    let world = World::new();
    let mut lambda = world.start("relay");
    for refused in [&[1][..], &[0], &[0]] {
        world.aws.refuse_entries(refused);
    }
    assert_eq!(text(lambda.invoke(stream(&["a", "b", "c"])).unwrap()), failures(&[&sequence(1)]));
    assert_eq!(text(lambda.invoke(stream(&["a", "b", "c"])).unwrap()), failures(&[]));
    assert_eq!(requests(&world.aws), [vec!["a", "b", "c"], vec!["b"], vec!["b"], vec!["a", "b"]]);
}

#[test]
fn s3_records_that_are_not_of_a_stream_are_dead_letters_with_a_reason() {
    let world = World::new();
    let mut lambda = world.start("relay");
    let batch = sqs(&[("a", service("inventory").body().into_bytes()), ("b", b"\xff{".to_vec())]);
    world.aws.refuse_dead_letters(true);
    assert_eq!(text(lambda.invoke(batch.clone()).unwrap()), failures(&["a", "b"]));
    world.aws.refuse_dead_letters(false);
    assert_eq!(text(lambda.invoke(batch).unwrap()), failures(&[]));
    let dead_letters = world.aws.dead_letters();
    assert_eq!(dead_letters.keys().collect::<Vec<_>>(), ["a", "b"]);
    for dead_letter in dead_letters.values() {
        assert_eq!(
            dead_letter.note().reason,
            "the relay takes DynamoDB stream records, this one came from SQS: wire it to a table's stream"
        );
    }
    assert_eq!(dead_letters["a"].body, service("inventory").body());
    assert!(world.aws.put_events().is_empty());
}

#[test]
fn s4_a_stream_record_without_a_sequence_number_fails_the_invocation() {
    let world = World::new();
    let mut batch: Value = serde_json::from_slice(&stream(&["a", "b"])).unwrap();
    batch["Records"][1]["dynamodb"]["SequenceNumber"] = Value::Null;
    let failed = world.start("relay").invoke(batch.to_string()).unwrap_err();
    assert_eq!(failed.kind, "MissingId", "{failed:?}");
    assert!(world.aws.put_events().is_empty());
}

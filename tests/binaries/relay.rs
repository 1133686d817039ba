//! `relay`: from a table's stream to the bus and the topics.

use serde_json::{Value, json};
use waxseal_tests::{
    aws::Aws,
    deliveries::{failures, sqs},
};

use crate::service::{World, lines_about, service, text};

const RECEIPTS: &str = include_str!("../../functions/relay/samples/receipts.json");

/// A stream batch of receipts, each of which emitted one event of that name to the bus.
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

/// The names of what each request to the bus held.
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
    assert!(world.aws.letters().is_empty());
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
    // The first that is not published: it and all after it come again.
    assert_eq!(text(lambda.invoke(stream(&["a", "b", "c"])).unwrap()), failures(&[&sequence(1)]));
    assert_eq!(text(lambda.invoke(stream(&["b", "c"])).unwrap()), failures(&[]));
    let published = world.aws.put_events();
    assert_eq!(requests(&world.aws).last().unwrap(), &["b", "c"]);
    // The copies of "c" carry one id: its readers fold them.
    assert_eq!(published[0][2]["Detail"], published.last().unwrap()[1]["Detail"]);
    assert!(world.aws.letters().is_empty());
}

#[test]
fn s3_records_that_are_not_of_a_stream_are_dead_letters_with_a_reason() {
    let world = World::new();
    let mut lambda = world.start("relay");
    let batch = sqs(&[("a", service("inventory").body().into_bytes()), ("b", b"\xff{".to_vec())]);
    world.aws.refuse_letters(true);
    assert_eq!(text(lambda.invoke(batch.clone()).unwrap()), failures(&["a", "b"]));
    world.aws.refuse_letters(false);
    assert_eq!(text(lambda.invoke(batch).unwrap()), failures(&[]));
    let letters = world.aws.letters();
    assert_eq!(letters.keys().collect::<Vec<_>>(), ["a", "b"]);
    for letter in letters.values() {
        assert_eq!(
            letter.attributes["waxseal-reason"],
            "the relay takes DynamoDB stream records, this one came from SQS: wire it to a table's stream"
        );
    }
    assert_eq!(letters["a"].body, service("inventory").body());
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

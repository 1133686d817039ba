//! Notifications of S3: one event for each entry, on every way.

use crate::{
    anything::anything,
    common::{OK, batch, case, golden, invoke, record},
};
use serde_json::{Value, json};
use waxseal::{Envelope, Fault, Handler, Service, Unit, batch::Policy};
use waxseal_lambda::Function;
use waxseal_testing::Fixture;

fn sns(message: &Value) -> Value {
    json!({
        "Type": "Notification", "MessageId": "m", "TopicArn": "arn:aws:sns:eu-west-1:123456789012:uploads",
        "Timestamp": "2026-11-21T09:30:01.480Z", "Message": message.to_string(),
    })
}

/// The ways of a notification: direct, SQS, SNS, SNS and SQS.
fn ways(notification: &Value) -> [Vec<u8>; 4] {
    let queue = |body: &Value| batch(&[record("m1", &Value::from(body.to_string()))]);
    let direct =
        json!({"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": sns(notification)}]});
    [
        notification.to_string().into_bytes(),
        queue(notification),
        direct.to_string().into_bytes(),
        queue(&sns(notification)),
    ]
}

fn entry(name: &str, key: &str, sequencer: Option<&str>) -> Value {
    let object = json!({"key": key, "size": 1024, "sequencer": sequencer});
    json!({
        "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "eu-west-1", "eventTime": "2026-11-21T09:30:00.000Z",
        "eventName": name, "responseElements": {"x-amz-request-id": "C3D13FE58DE4C810"},
        "s3": {"s3SchemaVersion": "1.0", "bucket": {"name": "uploads"}, "object": object},
    })
}

#[tokio::test]
async fn s56_a_notification_in_a_queue_reaches_its_handler_with_its_key_decoded() {
    let (function, seen) = anything();
    for _ in 0..2 {
        assert_eq!(invoke(&function, &case("s3-notification-in-sqs")).await.unwrap(), OK);
    }
    let runs = seen.runs();
    assert_eq!(runs.len(), 1, "the second delivery is a duplicate");
    assert_eq!(
        (&*runs[0].name, &*runs[0].source, &*runs[0].time),
        ("ObjectCreated:Put", "aws:s3", "2026-11-21T09:30:00Z")
    );
    assert_eq!(runs[0].json()["s3"]["object"]["key"], "reports/2026 11/aü.csv");
    assert_eq!(runs[0].json()["s3"]["object"]["size"], 1024);
    assert_eq!(runs[0].json()["s3"]["bucket"]["name"], "uploads");
}

#[tokio::test]
async fn s56_a_notification_is_the_same_event_on_every_way() {
    // Lambda developer guide, "Process Amazon S3 event notifications with Lambda", example event.
    let notification: Value = serde_json::from_slice(&golden("s3-put")).unwrap();
    let (function, seen) = anything();
    for payload in ways(&notification) {
        assert_eq!(invoke(&function, &payload).await.unwrap(), OK);
    }
    let runs = seen.runs();
    assert_eq!((runs.len(), seen.reasons()), (1, Vec::<String>::new()));
    assert_eq!(
        (&*runs[0].time, &runs[0].json()["s3"]["object"]["key"]),
        ("2019-09-03T19:37:27.192Z", &"b21b84d653bb07b05b1e6b33684dc11b".into())
    );
}

#[tokio::test]
async fn s56_each_entry_is_an_event_and_fails_alone() {
    let entries = json!({"Records": [
        entry("ObjectCreated:Put", "a+b.csv", Some("01")),
        entry("ObjectRemoved:Delete", "retry.csv", Some("02")),
        entry("ObjectRestore:Completed", "c.csv", None),
        {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put"},
    ]});
    for (way, payload) in ways(&entries).iter().enumerate() {
        let (function, seen) = anything();
        seen.fail("retry.csv");
        let answer = invoke(&function, payload).await;
        match way {
            // A queue delivers the message again; S3 and SNS invoke again.
            1 | 3 => assert_eq!(answer.unwrap(), r#"{"batchItemFailures":[{"itemIdentifier":"m1"}]}"#),
            _ => drop(answer.unwrap_err()),
        }
        let keys: Vec<Value> =
            seen.runs().iter().map(|run| run.json()["s3"]["object"]["key"].clone()).collect();
        assert!(keys.contains(&"a b.csv".into()) && keys.contains(&"retry.csv".into()), "{keys:?}");
        let dead_letters = seen.dead_letters();
        assert_eq!(dead_letters.len(), 2, "{:?}", seen.reasons());
        assert!(
            dead_letters[0].reason.contains("no handler for ObjectRestore:Completed"),
            "{}",
            dead_letters[0].reason
        );
        assert!(dead_letters[1].reason.contains("an entry of S3 without s3"), "{}", dead_letters[1].reason);
        // The dead letter of an entry can come back.
        let (function, seen) = anything();
        let body = String::from_utf8(dead_letters[0].body.clone()).unwrap();
        assert_eq!(invoke(&function, &batch(&[record("m9", &Value::from(body))])).await.unwrap(), OK);
        assert!(seen.reasons()[0].contains("no handler for ObjectRestore:Completed"));
    }
}

#[tokio::test]
async fn s44_s56_each_entry_continues_the_trace_of_its_message() {
    let (function, seen) = anything();
    let entries = [entry("ObjectCreated:Put", "a", Some("01")), entry("ObjectCreated:Put", "b", Some("01"))];
    let body = Value::from(json!({ "Records": entries }).to_string());
    let mut message: Value = serde_json::from_str(&record("m1", &body)).unwrap();
    message["attributes"]["AWSTraceHeader"] =
        "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1".into();
    assert_eq!(invoke(&function, &batch(&[message.to_string()])).await.unwrap(), OK);
    let traces: Vec<_> = seen.runs().into_iter().map(|run| run.traceparent).collect();
    let trace = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01";
    assert_eq!(traces, [Some(trace.to_owned()), Some(trace.to_owned())]);
}

#[tokio::test]
async fn s56_two_events_of_one_key_are_told_apart_and_one_that_comes_twice_is_not() {
    let ids = async |entries: &[Value]| {
        let (function, seen) = anything();
        for entry in entries {
            let payload = json!({"Records": [entry]}).to_string();
            assert_eq!(invoke(&function, payload.as_bytes()).await.unwrap(), OK, "{:?}", seen.reasons());
        }
        assert_eq!(seen.reasons(), [""; 0]);
        seen.ids().len()
    };
    let put = |key, sequencer| entry("ObjectCreated:Put", key, sequencer);
    assert_eq!(ids(&[put("a", Some("01")), put("a", Some("01"))]).await, 1);
    assert_eq!(ids(&[put("a", Some("01")), put("a", Some("02")), put("b", Some("01"))]).await, 3);
    assert_eq!(ids(&[put("a", Some("01")), entry("ObjectRemoved:Delete", "a", Some("01"))]).await, 2);
    let mut version = put("a", Some("01"));
    version["s3"]["object"]["versionId"] = "v2".into();
    assert_eq!(ids(&[put("a", Some("01")), version]).await, 2);
    // Tags have no sequencer: the request tells.
    let (first, mut second) = (entry("ObjectTagging:Put", "a", None), entry("ObjectTagging:Put", "a", None));
    second["responseElements"]["x-amz-request-id"] = "another".into();
    assert_eq!(ids(&[first.clone(), first, second]).await, 2);
    // A length-prefixed identity: no part can pass for another's.
    assert_eq!(ids(&[put("a", Some("01")), put("a%00", Some("1"))]).await, 2);
}

#[tokio::test]
async fn s56_a_key_that_is_no_text_is_a_dead_letter() {
    let (function, seen) = anything();
    let payload = json!({"Records": [entry("ObjectCreated:Put", "a%FF", Some("01"))]}).to_string();
    assert_eq!(invoke(&function, payload.as_bytes()).await.unwrap(), OK);
    assert!(seen.reasons()[0].contains("an entry of S3 whose key is not UTF-8 text"), "{:?}", seen.reasons());
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Created {}
waxseal::foreign!(Created { type: "ObjectCreated", source: "aws:s3" });

struct Keep(std::sync::Arc<std::sync::Mutex<Vec<(String, String)>>>);
impl Handler for Keep {
    const NAME: &str = "keep";
    type Event = Created;
    type Emits = ();
    async fn handle(&self, event: &Envelope<Created>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
        self.0.lock().unwrap().push((event.name.clone(), event.id.clone()));
        Ok(())
    }
}

#[tokio::test]
async fn s56_a_handler_of_a_family_takes_each_of_its_events_on_every_way() {
    let (seen, fixture) = (std::sync::Arc::default(), Fixture::at("2026-11-21T09:30:05Z".parse().unwrap()));
    let engine = fixture.engine(Service::new("files").handler(Keep(std::sync::Arc::clone(&seen))));
    let function = Function::new(fixture.batches(engine, Policy::default()));
    let entries = json!({"Records": [
        entry("ObjectCreated:Put", "a", Some("01")),
        entry("ObjectCreated:Copy", "a", Some("01")),
        entry("ObjectRemoved:Delete", "a", Some("02")),
    ]});
    for payload in ways(&entries) {
        assert_eq!(invoke(&function, &payload).await.unwrap(), OK);
    }
    let seen = seen.lock().unwrap();
    let ids: std::collections::BTreeSet<_> = seen.iter().map(|(_, id)| id).collect();
    assert!(seen.len() == 2 && ids.len() == 2, "two ways to create an object are two events: {seen:?}");
    assert!(seen.iter().all(|(name, _)| name == "ObjectCreated"), "{seen:?}");
    let dead_letters = fixture.dead_letters.recorded();
    assert!(dead_letters.iter().all(|it| it.reason.contains("no handler for ObjectRemoved:Delete")));
    assert_eq!(dead_letters.len(), 4);
}

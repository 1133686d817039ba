//! EventBridge Pipes: bare arrays, read by the shape of their records.

use crate::{
    anything::{anything, envelope},
    common::{OK, failed, golden, invoke, orders},
    streams::shard_record,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

fn elements(payload: &[u8]) -> Vec<Value> {
    let payload: Value = serde_json::from_slice(payload).unwrap();
    payload["Records"].as_array().unwrap().clone()
}

/// As a pipe flattens a record of Kinesis. EventBridge user guide, "Amazon Kinesis stream as a source for EventBridge Pipes".
pub(crate) fn flat(record: &Value) -> Value {
    let mut flat = record.as_object().unwrap().clone();
    if let Some(Value::Object(data)) = flat.remove("kinesis") {
        flat.extend(data);
    }
    flat.into()
}

async fn run(array: &[Value], fails: &str) -> (Result<String, String>, Vec<String>) {
    let (function, seen) = anything();
    seen.fail(fails);
    let answer =
        invoke(&function, Value::from(array).to_string().as_bytes()).await.map_err(|error| error.to_string());
    (answer, seen.ids())
}

#[tokio::test]
async fn s59_a_pipe_from_a_queue_names_each_failed_message() {
    let array: Vec<Value> = elements(&orders(&[("m1", "x"), ("m2", "x"), ("m3", "x")]));
    let mut array = array;
    for (n, record) in array.iter_mut().enumerate() {
        record["body"] = envelope(&format!("e{n}"), &json!({"n": n})).into();
    }
    assert_eq!(run(&array, "\"n\":1").await.0.unwrap(), failed(&["m2"]));
    assert_eq!(run(&array, "none").await.0.unwrap(), OK);
}

#[tokio::test]
async fn s59_a_pipe_from_a_stream_names_each_failed_record_by_its_event_id() {
    let array: Vec<Value> = (1..=3)
        .map(|n| flat(&shard_record("a", n, envelope(&format!("e{n}"), &json!({"n": n})).as_bytes())))
        .collect();
    let (answer, ids) = run(&array, "\"n\":2").await;
    assert_eq!(answer.unwrap(), failed(&["shardId-000000000006:2", "shardId-000000000006:3"]));
    assert_eq!(ids, ["e1", "e2"]);
    let changes = elements(&golden("dynamodb-changes"));
    let (answer, ids) = run(&changes, "This item has changed").await;
    assert_eq!(answer.unwrap(), failed(&["2", "3"]));
    assert_eq!(ids, ["1", "2"]);
}

#[tokio::test]
async fn s59_a_failed_record_of_kafka_fails_the_invocation_of_a_pipe() {
    let record = |offset: i64| {
        json!({
            // EventBridge user guide, "Self managed Apache Kafka stream as a source for EventBridge Pipes".
            "eventSource": "SelfManagedKafka", "bootstrapServers": "b-2:9092", "eventSourceKey": "mytopic-0", "topic": "mytopic",
            "partition": "0", "offset": offset, "timestamp": 1_545_084_650_987_u64, "timestampType": "CREATE_TIME",
            "key": "a2V5", "value": STANDARD.encode(envelope(&format!("e{offset}"), &json!({"n": offset}))), "headers": [],
        })
    };
    let array = [record(15), record(16)];
    assert_eq!(run(&array, "none").await, (Ok(OK.to_owned()), vec!["e15".into(), "e16".into()]));
    let error = run(&array, "\"n\":16").await.0.unwrap_err();
    assert!(error.starts_with("1 of 2 records failed, the first one, mytopic-0:16"), "{error}");
}

#[tokio::test]
async fn s59_a_record_without_its_id_fails_the_invocation_and_so_does_an_unknown_array() {
    let mut unnamed = flat(&shard_record("a", 1, b"{}"));
    unnamed["eventID"] = Value::Null;
    for array in [vec![unnamed], vec![json!(7)], vec![json!({"eventSource": "aws:mq"})], Vec::new()] {
        let (answer, ids) = run(&array, "none").await;
        answer.unwrap_err();
        assert_eq!(ids, [""; 0]);
    }
}

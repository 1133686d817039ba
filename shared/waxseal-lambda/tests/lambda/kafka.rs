//! Kafka, from MSK and self-managed: identities, order, tombstones, and failures in both modes of its mapping.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    anything::{Seen, anything, anything_of, anything_with, envelope},
    common::{OK, case, golden, invoke},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use waxseal::{Adapted, Transport, batch::Policy};
use waxseal_lambda::Function;

fn provisioned() -> (Function, Arc<Seen>) {
    let mut policy = Policy::default();
    policy.kafka_offsets = true;
    anything_with(policy)
}

fn kafka_record(topic: &str, partition: u32, offset: i64, key: Option<&str>, value: Option<&str>) -> Value {
    json!({
        "topic": topic, "partition": partition, "offset": offset, "timestamp": 1_795_253_401_512_u64,
        "timestampType": "CREATE_TIME", "key": key.map(|key| STANDARD.encode(key)),
        "value": value.map(|value| STANDARD.encode(value)), "headers": [],
    })
}

fn msk(records: &Value) -> Vec<u8> {
    json!({
        "eventSource": "aws:kafka", "eventSourceArn": "arn:aws:kafka:eu-west-1:123456789012:cluster/c/1-2",
        "bootstrapServers": "b-1.example:9094", "records": records,
    })
    .to_string()
    .into_bytes()
}

/// Two partitions of three records, of which the second fails.
fn six() -> Value {
    let of = |partition: u32| -> Vec<Value> {
        (0..3)
            .map(|n| {
                let data = envelope(
                    &format!("p{partition}-{n}"),
                    &json!({"do": if n == 1 { "retry" } else { "ok" }}),
                );
                kafka_record("orders", partition, 10 + n, Some("k"), Some(&data))
            })
            .collect()
    };
    json!({"orders-0": of(0), "orders-1": of(1)})
}

#[tokio::test]
async fn s55_each_record_of_a_partition_takes_effect_once() {
    let (function, seen) = anything();
    for _ in 0..2 {
        assert_eq!(invoke(&function, &case("kafka-batch")).await.unwrap(), OK);
    }
    assert_eq!(seen.ids(), ["q0", "q1", "q2"]);
    // The header of the case is no trace context.
    assert_eq!(seen.runs()[0].traceparent, None);
}

#[tokio::test]
async fn s55_a_record_without_an_identity_has_that_of_topic_partition_and_offset() {
    // Lambda developer guide, "Using Lambda with Amazon MSK" and "… with self-managed Apache Kafka", example events.
    for (name, id) in [
        ("kafka-msk", "0@15@vpc-2priv-2pub/751d2973-a626-431c-9d4e-d7975eb44dd7-2"),
        ("kafka-self-managed", "0@15"),
    ] {
        let (function, seen) = anything();
        assert_eq!(invoke(&function, &golden(name)).await.unwrap(), OK, "{name}");
        let dead_letter = &seen.dead_letters()[0];
        assert_eq!(dead_letter.identity, Some(("kafka/mytopic".to_owned(), id.to_owned())));
        assert_eq!(
            (&*dead_letter.body, &*dead_letter.record),
            (&b"Hello, this is a test."[..], "mytopic-0:15")
        );
        assert_eq!(dead_letter.attributes[0].as_text(), Some("headerValue"));
    }
}

#[tokio::test]
async fn s55_without_partial_responses_a_failed_record_fails_the_invocation() {
    let (function, seen) = anything();
    seen.fail("retry");
    let error = invoke(&function, &msk(&six())).await.unwrap_err().to_string();
    assert!(error.starts_with("4 of 6 records failed, the first one, orders-0:11"), "{error}");
}

#[tokio::test]
async fn s55_in_provisioned_mode_the_answer_names_the_first_failed_offset_of_each_partition() {
    let (function, seen) = provisioned();
    seen.fail("retry");
    assert_eq!(
        invoke(&function, &msk(&six())).await.unwrap(),
        r#"{"batchItemFailures":[{"itemIdentifier":{"partition":"orders-0","offset":11}},{"itemIdentifier":{"partition":"orders-1","offset":11}}]}"#
    );
    seen.fail_no_more();
    assert_eq!(invoke(&function, &msk(&six())).await.unwrap(), OK);
}

/// What a mapping in provisioned mode takes as done, by an answer: all offsets before the named one of a partition, and every
/// record of a partition that is not named. Source: Lambda developer guide, "Configuring error handling controls for Kafka event
/// sources". An answer that it cannot read makes the whole batch come again.
fn acknowledged(records: &Value, answer: &str) -> Vec<String> {
    let answer: Value = serde_json::from_str(answer).unwrap();
    let mut from = BTreeMap::new();
    for failure in answer["batchItemFailures"].as_array().unwrap() {
        let id = &failure["itemIdentifier"];
        let (Some(partition), Some(offset)) = (id["partition"].as_str(), id["offset"].as_i64()) else {
            return Vec::new();
        };
        from.insert(partition.to_owned(), offset);
    }
    let partitions = records.as_object().unwrap();
    let done = |(partition, records): (&String, &Value)| {
        let (partition, from) = (partition.clone(), from.get(partition).copied());
        let offsets: Vec<i64> =
            records.as_array().unwrap().iter().map(|record| record["offset"].as_i64().unwrap()).collect();
        let done = offsets.into_iter().filter(move |offset| from.is_none_or(|from| *offset < from));
        done.map(move |offset| format!("{partition}:{offset}")).collect::<Vec<_>>()
    };
    partitions.iter().flat_map(done).collect()
}

#[tokio::test]
async fn s55_no_failed_record_is_acknowledged_and_the_wrong_answers_would() {
    let (function, seen) = provisioned();
    seen.fail("retry");
    let answer = invoke(&function, &msk(&six())).await.unwrap();
    let failed = ["orders-0:11", "orders-0:12", "orders-1:11", "orders-1:12"];
    let lost = |answer: &str| acknowledged(&six(), answer).iter().any(|id| failed.contains(&id.as_str()));
    assert!(!lost(&answer));
    assert_eq!(acknowledged(&six(), &answer), ["orders-0:10", "orders-1:10"]);
    // Wrong implementations: the last failed offset, one partition alone, and none, as outside provisioned mode.
    let item =
        |partition: &str, offset: i64| json!({"itemIdentifier": {"partition": partition, "offset": offset}});
    for wrong in [
        json!({"batchItemFailures": [item("orders-0", 12), item("orders-1", 12)]}),
        json!({"batchItemFailures": [item("orders-0", 11)]}),
        json!({"batchItemFailures": []}),
    ] {
        assert!(lost(&wrong.to_string()), "{wrong}");
    }
    // The form of Kinesis is not read: nothing is lost, and nothing is done.
    let kinesis = json!({"batchItemFailures": [{"itemIdentifier": "11"}]});
    assert_eq!(acknowledged(&six(), &kinesis.to_string()), [""; 0]);
}

#[tokio::test]
async fn s55_a_tombstone_is_an_event_of_its_own() {
    let (function, seen) = anything();
    let records = json!({"customers-7": [kafka_record("customers", 7, 3, Some("anna"), None)]});
    for _ in 0..2 {
        assert_eq!(invoke(&function, &msk(&records)).await.unwrap(), OK);
    }
    let runs = seen.runs();
    assert_eq!(runs.len(), 1);
    assert_eq!(
        (&*runs[0].name, &*runs[0].source, &*runs[0].id),
        ("tombstone", "kafka/customers", "7@3@c/1-2")
    );
    assert_eq!(runs[0].json(), json!({"topic": "customers", "offset": 3, "key": STANDARD.encode("anna")}));
}

#[tokio::test]
async fn s55_a_header_may_carry_the_trace_and_a_record_without_an_offset_fails_the_invocation() {
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let mut record = kafka_record("t", 0, 1, None, Some(&envelope("e1", &json!({}))));
    // A producer in Java writes signed bytes.
    record["headers"] =
        json!([{"traceparent": trace.as_bytes()}, {"odd": [-1, -2]}, {"no name!": [1]}, {"empty": []}, 7]);
    let (function, seen) = anything();
    assert_eq!(invoke(&function, &msk(&json!({"t-0": [record]}))).await.unwrap(), OK);
    assert_eq!(seen.runs()[0].traceparent, None, "headers that are no headers are left out");
    record_with(trace).await;

    let mut unnamed = kafka_record("t", 0, 1, None, Some("{}"));
    unnamed["offset"] = "x".into();
    let (function, _) = anything();
    invoke(&function, &msk(&json!({"t-0": [unnamed]}))).await.unwrap_err();
}

async fn record_with(trace: &str) {
    let mut record = kafka_record("t", 0, 1, None, Some(&envelope("e1", &json!({}))));
    record["headers"] = json!([{"traceparent": trace.as_bytes()}, {"odd": [-1, -2]}]);
    let (function, seen) = anything();
    assert_eq!(invoke(&function, &msk(&json!({"t-0": [record]}))).await.unwrap(), OK);
    assert_eq!(seen.runs()[0].traceparent.as_deref(), Some(trace));
}

#[tokio::test]
async fn s51_plain_json_of_a_topic_is_adapted_by_its_headers_to_the_identity_of_its_place() {
    let (function, seen) = anything_of(
        |service| {
            service.adapt(|record| {
                assert_eq!(record.transport, Transport::Kafka("kafka/orders"));
                Ok(Adapted::named(record.attribute("kind")?))
            })
        },
        Policy::default(),
    );
    let mut kind = kafka_record("orders", 0, 15, Some("k"), Some("[1]"));
    kind["headers"] = json!([{"kind": b"any.thing"}]);
    let unnamed = kafka_record("orders", 0, 16, Some("k"), Some("[2]"));
    let payload = msk(&json!({"orders-0": [kind, unnamed]}));
    for _ in 0..2 {
        assert_eq!(invoke(&function, &payload).await.unwrap(), OK);
    }
    let runs = seen.runs();
    assert_eq!(runs.len(), 1);
    assert_eq!(
        (&*runs[0].source, &*runs[0].id, &*runs[0].time, &*runs[0].data),
        ("kafka/orders", "0@15@c/1-2", "2026-11-21T09:30:01.512Z", "[1]")
    );
    assert!(seen.reasons().iter().all(|reason| reason.contains("the message attribute kind is missing")));
    assert_eq!(seen.reasons().len(), 2);
}

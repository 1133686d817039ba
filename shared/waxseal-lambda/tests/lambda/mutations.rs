//! Mutated inputs: whatever a source sends, no part panics, and every record has an outcome.
//!
//! `WAXSEAL_MUTATIONS` is the number of inputs for each source. `make soak` tries 100,000.

use std::collections::BTreeSet;

use crate::{
    anything::{Seen, anything},
    common::{case, golden, invoke},
    pipes::flat,
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use serde_json::Value;
use waxseal::observe::HandledAs;
use waxseal_lambda::{Function, InvokeError};

/// Documented examples of every source, and arrays of a pipe that are made of them.
fn inputs() -> Vec<(String, Value)> {
    let names = [
        "kinesis",
        "kafka-msk",
        "kafka-self-managed",
        "s3-put",
        "dynamodb-changes",
        "destination",
        "destination-kinesis-batch",
    ];
    let cases = ["kinesis-batch", "kafka-batch", "s3-notification-in-sqs", "lambda-destination"];
    let read =
        |name: &str, payload: Vec<u8>| (name.to_owned(), serde_json::from_slice::<Value>(&payload).unwrap());
    let examples = names.into_iter().map(|name| read(name, golden(name)));
    let mut inputs: Vec<_> = examples.chain(cases.into_iter().map(|name| read(name, case(name)))).collect();
    for (name, input) in inputs.clone() {
        if let Some(records) = input.get("Records") {
            inputs.push((format!("pipe of {name}"), records.clone()));
            // Of Kinesis a pipe flattens them.
            let flat: Vec<Value> = records.as_array().unwrap().iter().map(flat).collect();
            inputs.push((format!("flat pipe of {name}"), flat.into()));
        }
        if let Some(partitions) = input.get("records") {
            let records =
                partitions.as_object().unwrap().values().flat_map(|records| records.as_array().unwrap());
            let piped = records.map(|record| {
                let mut record = record.clone();
                record["eventSource"] = input["eventSource"].clone();
                record["eventSourceKey"] = "orders-0".into();
                record
            });
            inputs.push((format!("pipe of {name}"), piped.collect::<Vec<Value>>().into()));
        }
    }
    inputs
}

/// A change somewhere in a document.
#[derive(Debug, Clone)]
enum Mutation {
    Replace(Value),
    Remove,
    Repeat,
    /// In a string: a byte's worth of text somewhere.
    Text(String, proptest::sample::Index),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let values = prop::sample::select(vec![
        Value::Null,
        Value::from(true),
        Value::from(-1),
        Value::from(1e300),
        Value::from(""),
        Value::from("x"),
        Value::from("8w=="),
        Value::from("84mawg=="),
        Value::from("{\"Records\":[]}"),
        serde_json::json!([]),
        serde_json::json!({}),
        serde_json::json!([[]]),
        serde_json::json!({"S": {"S": 1}}),
    ]);
    prop_oneof![
        4 => values.prop_map(Mutation::Replace),
        2 => Just(Mutation::Remove),
        1 => Just(Mutation::Repeat),
        3 => (".{0,4}", any::<proptest::sample::Index>()).prop_map(|(text, at)| Mutation::Text(text, at)),
    ]
}

/// The number of values in a document.
fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(values) => values.iter().map(size).sum(),
        Value::Object(members) => members.values().map(size).sum(),
        _ => 0,
    }
}

/// Mutates the value at a place, counted in the order of the document.
fn mutate(value: &mut Value, place: &mut usize, mutation: &Mutation) {
    if *place == 0 {
        match mutation {
            Mutation::Replace(other) => *value = other.clone(),
            Mutation::Remove => *value = Value::Null,
            Mutation::Repeat => *value = Value::Array(vec![value.clone(), value.clone()]),
            Mutation::Text(text, at) => {
                if let Value::String(own) = value {
                    let at = own.floor_char_boundary(at.index(own.len() + 1));
                    own.insert_str(at, text);
                } else {
                    *value = text.clone().into();
                }
            }
        }
    }
    let values: Vec<&mut Value> = match value {
        Value::Array(values) => values.iter_mut().collect(),
        Value::Object(members) => members.values_mut().collect(),
        _ => Vec::new(),
    };
    for value in values {
        *place = place.wrapping_sub(1);
        mutate(value, place, mutation);
    }
}

/// The number of records that a payload holds, where it can be told from outside.
fn records(input: &Value) -> usize {
    let list = input.as_array().or_else(|| input.get("Records")?.as_array());
    list.map_or(0, Vec::len)
}

/// The records that failed by the answer, and the records that were ignored.
async fn outcomes(function: &Function, seen: &Seen, payload: &Value) -> Result<(), InvokeError> {
    let answer = invoke(function, payload.to_string().as_bytes()).await?;
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let named: Vec<&str> = answer["batchItemFailures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|failure| failure["itemIdentifier"].as_str().unwrap())
        .collect();
    let distinct: BTreeSet<&str> = named.iter().copied().collect();
    assert!(distinct.len() == named.len() && !distinct.contains(""), "{answer}");
    let ends = seen.ends.lock().unwrap();
    assert!(ends.len() >= records(payload), "{} ends: {payload}", ends.len());
    let count = |end| ends.iter().filter(|other| **other == end).count();
    assert_eq!(named.is_empty(), count(HandledAs::Failed) == 0, "{payload}");
    // A copy in one batch shares the dead letter of the first.
    assert_eq!(seen.dead_letters().is_empty(), count(HandledAs::DeadLettered) == 0, "{payload}");
    // Nothing else is silent: a test message of S3, and a stream record of which nothing says that it is foreign.
    let text = payload.to_string();
    assert!(
        count(HandledAs::Ignored) == 0 || text.contains("TestEvent") || text.contains("aws:dynamodb"),
        "{payload}"
    );
    Ok(())
}

#[test]
fn s61_no_mutated_input_panics_and_no_record_is_without_an_outcome() {
    let cases = std::env::var("WAXSEAL_MUTATIONS").ok().and_then(|cases| cases.parse().ok()).unwrap_or(400);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for (name, input) in inputs() {
        let config = Config { cases, failure_persistence: None, ..Config::default() };
        let changes = prop::collection::vec((any::<proptest::sample::Index>(), mutation()), 1..4);
        let tried = TestRunner::new(config).run(&changes, |changes| {
            let mut payload = input.clone();
            for (place, mutation) in changes {
                let mut place = place.index(size(&payload));
                mutate(&mut payload, &mut place, &mutation);
            }
            let (function, seen) = anything();
            // An error is an outcome: the source delivers again. A panic of the function is none.
            if let Err(InvokeError::Panic(caught)) = runtime.block_on(outcomes(&function, &seen, &payload)) {
                prop_assert!(false, "{caught}: {payload}");
            }
            Ok(())
        });
        assert!(tried.is_ok(), "{name}: {tried:?}");
    }
}

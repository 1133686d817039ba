//! Change data capture: records of the stream of a table that is not ours.

use crate::{
    anything::anything,
    common::{OK, batch, failed, golden, invoke, record},
};
use serde_json::{Value, json};

#[tokio::test]
async fn s57_a_change_of_a_foreign_table_is_an_event_in_plain_json() {
    let (function, seen) = anything();
    // Lambda developer guide, "Using AWS Lambda with Amazon DynamoDB", example event.
    for _ in 0..2 {
        assert_eq!(invoke(&function, &golden("dynamodb-changes")).await.unwrap(), OK);
    }
    let runs = seen.runs();
    let names: Vec<_> = runs.iter().map(|run| (&*run.name, &*run.source, &*run.id, &*run.time)).collect();
    assert_eq!(
        names,
        [
            ("INSERT", "aws:dynamodb/my-table", "1", "2018-12-17T22:10:50Z"),
            ("MODIFY", "aws:dynamodb/my-table", "2", "2018-12-17T22:10:51Z"),
            ("REMOVE", "aws:dynamodb/my-table", "3", "2018-12-17T22:10:52Z"),
        ]
    );
    assert_eq!(runs[0].data, r#"{"keys":{"Id":101},"new":{"Message":"New item!","Id":101},"old":null}"#);
    assert_eq!(
        runs[2].data,
        r#"{"keys":{"Id":101},"new":null,"old":{"Message":"This item has changed","Id":101}}"#
    );
}

#[tokio::test]
async fn s57_changes_of_one_item_keep_their_order_and_the_first_failed_is_named() {
    let (function, seen) = anything();
    seen.fail("\"old\":{\"Message\":\"New item!\"");
    assert_eq!(invoke(&function, &golden("dynamodb-changes")).await.unwrap(), failed(&["222"]));
    assert_eq!(seen.ids(), ["1", "2"]);
}

#[tokio::test]
async fn s57_numbers_keep_every_digit() {
    let mut payload: Value = serde_json::from_slice(&golden("dynamodb-changes")).unwrap();
    payload["Records"][0]["dynamodb"]["NewImage"]["Big"] =
        json!({"N": "12345678901234567890123456789012345678"});
    let (function, seen) = anything();
    assert_eq!(invoke(&function, payload.to_string().as_bytes()).await.unwrap(), OK);
    assert!(
        seen.runs()[0].data.contains(":12345678901234567890123456789012345678"),
        "{}",
        seen.runs()[0].data
    );
}

#[tokio::test]
async fn s57_a_change_in_a_queue_is_the_same_event() {
    // As a pipe puts it there, and a dead letter keeps it.
    let payload: Value = serde_json::from_slice(&golden("dynamodb-changes")).unwrap();
    let (function, seen) = anything();
    assert_eq!(invoke(&function, &golden("dynamodb-changes")).await.unwrap(), OK);
    let body = Value::from(payload["Records"][1].to_string());
    assert_eq!(invoke(&function, &batch(&[record("m1", &body)])).await.unwrap(), OK);
    assert_eq!((seen.ids().len(), seen.reasons()), (3, Vec::new()));
}

#[tokio::test]
async fn s57_an_item_that_has_expired_is_a_removal_where_a_handler_takes_removals() {
    let mut payload: Value = serde_json::from_slice(&golden("dynamodb-changes")).unwrap();
    payload["Records"][2]["userIdentity"] =
        json!({"type": "Service", "principalId": "dynamodb.amazonaws.com"});
    let (function, seen) = anything();
    assert_eq!(invoke(&function, payload.to_string().as_bytes()).await.unwrap(), OK);
    assert_eq!(seen.runs()[2].name, "REMOVE");
    let (function, seen) = crate::common::inventory_that_ignores("INSERT");
    assert_eq!(invoke(&function, payload.to_string().as_bytes()).await.unwrap(), OK);
    let reasons = seen.reasons();
    assert!(reasons.len() == 1 && reasons[0].contains("no handler for MODIFY"), "{reasons:?}");
}

#[tokio::test]
async fn s57_what_is_no_change_is_a_dead_letter() {
    for (path, value, says) in [
        ("eventSourceARN", json!("arn:aws:sqs:x"), "whose eventSourceARN names no table"),
        ("eventID", Value::Null, "without eventID"),
    ] {
        let mut payload: Value = serde_json::from_slice(&golden("dynamodb-changes")).unwrap();
        payload["Records"][0][path] = value;
        let (function, seen) = anything();
        assert_eq!(invoke(&function, payload.to_string().as_bytes()).await.unwrap(), OK);
        assert!(seen.reasons()[0].contains(says), "{:?}", seen.reasons());
    }
    let mut payload: Value = serde_json::from_slice(&golden("dynamodb-changes")).unwrap();
    payload["Records"][0]["dynamodb"]["NewImage"]["Odd"] = json!({"X": 1});
    let (function, seen) = anything();
    assert_eq!(invoke(&function, payload.to_string().as_bytes()).await.unwrap(), OK);
    assert!(
        seen.reasons()[0].contains("with an attribute that is no value of DynamoDB"),
        "{:?}",
        seen.reasons()
    );
}

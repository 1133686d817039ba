//! Other people's records: nothing is taken for ours by one member, nothing is acknowledged in silence.

use crate::common::{OK, batch, failed, golden, inventory, invoke, order, orders, record};
use serde_json::{Value, json};

/// The golden batch's records on another queue, each in this message group.
fn grouped(payload: &[u8], queue: &str) -> Vec<u8> {
    let mut payload: Value = serde_json::from_slice(payload).unwrap();
    for record in payload["Records"].as_array_mut().unwrap() {
        record["attributes"]["MessageGroupId"] = json!("tenant-a");
        record["eventSourceARN"] = json!(format!("arn:aws:sqs:eu-central-1:123456789012:{queue}"));
    }
    payload.to_string().into_bytes()
}

#[tokio::test]
async fn s29_s30_a_message_group_orders_on_a_fifo_queue_alone() {
    let batch = orders(&[("m1", "broken"), ("m2", "hat"), ("m3", "hat"), ("m4", "hat")]);
    // A usual batch, and one that is read member by member.
    let unusual = |batch: Vec<u8>| {
        let mut batch: Value = serde_json::from_slice(&batch).unwrap();
        batch["Records"][0]["attributes"]["SentTimestamp"] = json!(1);
        batch.to_string().into_bytes()
    };
    for (queue, expected, ran) in
        [("orders", failed(&["m1"]), 4), ("orders.fifo", failed(&["m1", "m2", "m3", "m4"]), 1)]
    {
        for payload in [grouped(&batch, queue), unusual(grouped(&batch, queue))] {
            let (function, seen) = inventory();
            assert_eq!(invoke(&function, &payload).await.unwrap(), expected, "{queue}");
            assert_eq!(seen.orders().len(), ran, "{queue}");
        }
    }
}

#[tokio::test]
async fn s41_the_test_event_of_s3_is_acknowledged_and_an_event_that_comes_twice_is_one_dead_letter() {
    let (function, seen) = inventory();
    assert_eq!(invoke(&function, &golden("sqs-s3")).await.unwrap(), OK);
    assert!(seen.orders().is_empty());
    let reasons = seen.reasons();
    assert_eq!(reasons.len(), 1, "{reasons:#?}");
    assert!(reasons[0].contains("has no handler for ObjectCreated:Put"), "{reasons:#?}");
}

#[tokio::test]
async fn s41_a_record_of_somebody_elses_table_is_a_dead_letter() {
    let stream = |name: &str, keys: Value, by: Value| {
        json!({ "Records": [{
            "eventID": "1", "eventName": name, "eventSource": "aws:dynamodb", "userIdentity": by,
            "dynamodb": { "Keys": keys, "NewImage": keys, "SequenceNumber": "111", "StreamViewType": "NEW_AND_OLD_IMAGES" },
        }] })
        .to_string()
    };
    let (theirs, ours) = (json!({"id": {"S": "1"}}), json!({"pk": {"S": "a"}, "sk": {"S": "state"}}));
    let ttl = json!({ "type": "Service", "principalId": "dynamodb.amazonaws.com" });
    for (name, keys, by, dead_letters) in [
        ("INSERT", &theirs, Value::Null, 1),
        ("MODIFY", &theirs, Value::Null, 1),
        ("REMOVE", &theirs, Value::Null, 1),
        ("REMOVE", &theirs, ttl.clone(), 0),
        ("REMOVE", &ours, ttl, 0),
        ("INSERT", &ours, Value::Null, 0),
        ("REMOVE", &ours, Value::Null, 0),
    ] {
        let (function, seen) = inventory();
        let payload = stream(name, keys.clone(), by);
        assert_eq!(invoke(&function, payload.as_bytes()).await.unwrap(), OK, "{payload}");
        assert_eq!(seen.reasons().len(), dead_letters, "{payload}: {:?}", seen.reasons());
    }
}

/// An EventBridge event with this payload, as SQS brings it.
fn event(name: &str, detail: &Value) -> Vec<u8> {
    let event = json!({
        "version": "0", "id": "9f1a7d3c", "detail-type": name, "source": "orders", "account": "123456789012",
        "time": "2026-11-21T09:30:01Z", "region": "eu-central-1", "resources": [], "detail": detail,
    });
    batch(&[record("m1", &Value::from(event.to_string()))])
}

#[tokio::test]
async fn s35_a_foreign_payload_keeps_its_members_whatever_their_names() {
    let whole = json!({"orderId": "o-1", "sku": "hat", "quantity": 3, "unitPrice": 1250, "currency": "EUR"});
    for (member, value) in [
        ("eventVersion", json!("1.08")),
        ("eventVersion", json!(2)),
        ("specversion", json!("1.0")),
        ("id", json!("c6af9ac6")),
        ("type", json!("order")),
        ("eventVersion", json!(null)),
        ("eventVersion", json!(70_000)),
        ("eventVersion", json!(-1)),
        ("eventId", json!("c6af9ac6")),
        ("eventType", json!("AwsApiCall")),
        ("source", json!("elsewhere")),
        ("timestamp", json!(1_795_253_401)),
        ("data", json!([])),
    ] {
        let mut detail = whole.clone();
        detail[member] = value.clone();
        let (function, seen) = inventory();
        assert_eq!(invoke(&function, &event("order.placed", &detail)).await.unwrap(), OK, "{member} {value}");
        assert_eq!(seen.reasons(), [""; 0], "{member} {value}");
        let handled = seen.handled.lock().unwrap();
        assert_eq!((&*handled[0].id, handled[0].version), ("9f1a7d3c", 1), "{member} {value}");
    }
}

#[tokio::test]
async fn s35_what_lacks_members_of_an_envelope_says_which_where_no_handler_takes_it() {
    let cloud_trail = json!({"eventVersion": "1.08", "eventType": "AwsApiCall", "eventName": "PutObject"});
    let (function, seen) = inventory();
    let payload = event("AWS API Call via CloudTrail", &cloud_trail);
    assert_eq!(invoke(&function, &payload).await.unwrap(), OK);
    let reason = seen.reasons().remove(0);
    for part in [
        "AWS API Call via CloudTrail",
        "it has eventType, eventVersion of an envelope and lacks eventId, timestamp, source, data",
    ] {
        assert!(reason.contains(part), "{reason}");
    }
}

#[tokio::test]
async fn s3_a_byte_order_mark_before_a_body_is_skipped() {
    let marked = |text: String| format!("\u{feff}{text}");
    let (function, seen) = inventory();
    let notification = json!({
        "Type": "Notification", "MessageId": "m", "TopicArn": "arn:aws:sns:eu-central-1:1:t",
        "Message": marked(order("o-2", "hat")),
    });
    let payload = batch(&[
        record("m1", &Value::from(marked(order("o-1", "hat")))),
        record("m2", &Value::from(marked(notification.to_string()))),
    ]);
    let payload = [b"\xef\xbb\xbf".to_vec(), payload].concat();
    assert_eq!(invoke(&function, &payload).await.unwrap(), OK);
    assert_eq!((seen.orders(), seen.reasons()), (vec!["o-1".to_owned(), "o-2".to_owned()], vec![]));
}

#[tokio::test]
async fn s4_the_record_of_a_lambda_destination_is_named_as_what_it_is() {
    let record = json!({
        "version": "1.0", "timestamp": "2026-11-21T09:30:00.000Z",
        "requestContext": { "requestId": "c6af9ac6", "condition": "RetriesExhausted", "approximateInvokeCount": 3 },
        "requestPayload": { "secret": 1 }, "responsePayload": { "errorMessage": "x" },
    });
    let (function, seen) = inventory();
    assert_eq!(invoke(&function, record.to_string().as_bytes()).await.unwrap(), OK);
    let reason = &seen.reasons()[0];
    assert!(
        reason.contains("Lambda Function Invocation Result - Failure") && !reason.contains("secret"),
        "{reason}"
    );
}

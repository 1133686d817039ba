//! Nothing is acknowledged in silence: a function and a relay are given what others send, on every way.

use std::sync::Arc;

use crate::common::{OK, Seen, batch, inventory, inventory_that_ignores, invoke, record};
use serde_json::{Value, json};
use waxseal::{
    Emission, Timestamp,
    relay::{Publish, PublishError},
};

fn notification() -> Value {
    json!({ "Records": [{
        "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "eu-west-1", "eventName": "ObjectCreated:Put",
        "eventTime": "2026-11-21T09:30:00.000Z", "userIdentity": {"principalId": "A"},
        "s3": {"s3SchemaVersion": "1.0", "bucket": {"name": "uploads"}, "object": {"key": "reports/2026+11/a%C3%BC.csv"}},
    }] })
}

fn test_event() -> Value {
    json!({
        "Service": "Amazon S3", "Event": "s3:TestEvent", "Time": "2026-11-21T09:00:00.000Z", "Bucket": "uploads",
        "RequestId": "5582815E1AEA5ADF", "HostId": "8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3e",
    })
}

fn sns(message: &Value) -> Value {
    json!({
        "Type": "Notification", "MessageId": "m", "TopicArn": "arn:aws:sns:eu-west-1:123456789012:uploads",
        "Timestamp": "2026-11-21T09:30:01.480Z", "Message": message.to_string(),
    })
}

fn sqs(body: &Value) -> Vec<u8> {
    batch(&[record("m1", &Value::from(body.to_string()))])
}

/// A payload on each way that S3 may send it: direct, SQS, SNS, SNS and SQS.
fn ways(payload: &Value) -> [Vec<u8>; 4] {
    let direct = json!({"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": sns(payload)}]});
    [payload.to_string().into_bytes(), sqs(payload), direct.to_string().into_bytes(), sqs(&sns(payload))]
}

#[tokio::test]
async fn s41_a_notification_of_s3_is_a_dead_letter_on_every_way_unless_it_is_ignored() {
    for payload in ways(&notification()) {
        let text = String::from_utf8_lossy(&payload).into_owned();
        let (function, seen) = inventory();
        assert_eq!(invoke(&function, &payload).await.unwrap(), OK, "{text}");
        let reasons = seen.reasons();
        assert_eq!(reasons.len(), 1, "{text}");
        assert!(reasons[0].contains("a notification of S3, which no handler takes"), "{reasons:?}");
        assert!(!seen.dead_letters()[0].body.is_empty());

        let (function, seen) = inventory_that_ignores("aws:s3");
        assert_eq!(invoke(&function, &payload).await.unwrap(), OK, "{text}");
        assert_eq!(seen.reasons(), [""; 0], "{text}");
    }
}

#[tokio::test]
async fn s41_where_the_dead_letter_of_a_notification_cannot_be_written_s3_is_told() {
    let (function, seen) = inventory();
    seen.fixture.dead_letters.set_missing(true);
    let payload = notification().to_string();
    invoke(&function, payload.as_bytes()).await.unwrap_err();
}

#[tokio::test]
async fn s41_the_test_event_of_s3_is_acknowledged_on_every_way() {
    for payload in ways(&test_event()) {
        let (function, seen) = inventory();
        assert_eq!(invoke(&function, &payload).await.unwrap(), OK, "{}", String::from_utf8_lossy(&payload));
        assert_eq!(seen.reasons(), [""; 0]);
    }
}

#[tokio::test]
async fn s41_what_no_handler_takes_is_a_dead_letter() {
    let confirmation = json!({
        "Type": "SubscriptionConfirmation", "MessageId": "m", "TopicArn": "arn:aws:sns:eu-west-1:123456789012:t",
        "Token": "secret", "SubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription", "Message": "You…",
    });
    let unsubscribed = json!({
        "Type": "UnsubscribeConfirmation", "MessageId": "m", "TopicArn": "arn:aws:sns:eu-west-1:123456789012:t", "Message": "You…",
    });
    let destination = json!({
        "version": "1.0", "timestamp": "2026-11-21T09:30:00.000Z",
        "requestContext": {"requestId": "c6af9ac6", "condition": "RetryAttemptsExhausted"},
        "responseContext": {"statusCode": 200}, "DDBStreamBatchInfo": {"shardId": "shardId-1"},
    });
    let ses = json!({"notificationType": "Bounce", "mail": {"messageId": "secret"}});
    let alarm = json!({"AlarmName": "dlq", "NewStateValue": "ALARM", "Trigger": {}});
    for (body, says) in [
        (confirmation, "SubscriptionConfirmation, which is no Notification: confirm the subscription"),
        (unsubscribed, "UnsubscribeConfirmation, which is no Notification"),
        (destination, "the record of a Lambda destination"),
        (ses, "no envelope: an object with "),
        (alarm, "no envelope: an object with "),
        (json!({}), "no envelope: an empty object"),
        (json!({"Records": []}), "no envelope: an object with Records"),
        (json!({"Event": "s3:ObjectRestore"}), "no envelope: an object with Event"),
        (json!({"requestContext": {}, "version": "2.0"}), "no envelope: an object with requestContext"),
    ] {
        let (function, seen) = inventory();
        assert_eq!(invoke(&function, &sqs(&body)).await.unwrap(), OK, "{body}");
        let reasons = seen.reasons();
        assert!(reasons.len() == 1 && reasons[0].contains(says), "{body}: {reasons:?}");
        assert!(!reasons[0].contains("secret"), "{reasons:?}");
    }
}

#[tokio::test]
async fn s41_other_services_events_are_dead_letters_or_errors_and_never_acknowledged() {
    let records =
        |source: &str| json!({"Records": [{"eventSource": source, "eventID": "1", "data": "secret"}]});
    for payload in [
        records("aws:kinesis"),
        records("aws:ses"),
        records("aws:codecommit"),
        json!({"eventSource": "aws:kafka", "records": {"t-0": []}}),
        json!({"eventSource": "aws:rmq", "rmqMessagesByQueue": {}}),
        json!({"awslogs": {"data": "secret"}}),
        json!({"Event": "s3:ObjectRestore"}),
        json!({"requestContext": {}, "responseContext": {}, "KinesisBatchInfo": {}}),
        json!({}),
        json!([]),
    ] {
        let (function, seen) = inventory();
        let error = invoke(&function, payload.to_string().as_bytes()).await.unwrap_err().to_string();
        assert!(
            error.contains("no known source sends such a payload") && !error.contains("secret"),
            "{error}"
        );
        assert_eq!(seen.reasons(), [""; 0]);
    }
    let event = json!({
        "version": "0", "id": "9f1a7d3c", "detail-type": "Object Created", "source": "aws.s3", "account": "1",
        "time": "2026-11-21T09:30:01Z", "region": "eu-west-1", "resources": [], "detail": {"bucket": {"name": "b"}},
    });
    for payload in [event.to_string().into_bytes(), sqs(&event)] {
        let (function, seen) = inventory();
        assert_eq!(invoke(&function, &payload).await.unwrap(), OK);
        let reasons = seen.reasons();
        assert!(reasons.len() == 1 && reasons[0].contains("no handler for Object Created"), "{reasons:?}");
    }
}

/// A stream record: its event, its keys, the attributes of its new image beside them, and who wrote it.
fn stream(name: &str, keys: &Value, image: &Value, by: &Value) -> Vec<u8> {
    let mut new = keys.as_object().unwrap().clone();
    new.extend(image.as_object().unwrap().clone());
    let mut data = json!({"Keys": keys, "SequenceNumber": "111", "StreamViewType": "NEW_AND_OLD_IMAGES"});
    data[if name == "REMOVE" { "OldImage" } else { "NewImage" }] = new.into();
    let record = json!({
        "eventID": "1", "eventName": name, "eventSource": "aws:dynamodb", "userIdentity": by, "dynamodb": data,
    });
    json!({"Records": [record]}).to_string().into_bytes()
}

struct Nowhere;
impl Publish for Nowhere {
    async fn publish(&self, _: &[&Emission], _: Timestamp) -> Vec<Result<(), PublishError>> {
        panic!("nothing of these records is published")
    }
}

#[tokio::test]
async fn s41_a_stream_record_of_somebody_elses_table_is_a_dead_letter_for_functions_and_relays() {
    let (ttl, person) = (
        json!({"type": "Service", "principalId": "dynamodb.amazonaws.com"}),
        json!({"type": "Service", "principalId": "backup.amazonaws.com"}),
    );
    let (theirs, single, ours) = (
        json!({"id": {"S": "1"}}),
        json!({"pk": {"S": "USER#1"}, "sk": {"S": "PROFILE"}}),
        json!({"pk": {"S": "stock#hat"}, "sk": {"S": "state"}}),
    );
    let number = json!({"pk": {"S": "USER#1"}, "sk": {"N": "7"}});
    let plain = json!({"name": {"S": "secret"}});
    for (keys, is_ours) in [(&theirs, false), (&single, false), (&number, false), (&ours, true)] {
        for (name, by, is_removal) in [
            ("INSERT", &Value::Null, false),
            ("MODIFY", &Value::Null, false),
            ("REMOVE", &Value::Null, false),
            ("REMOVE", &person, false),
            ("REMOVE", &ttl, true),
        ] {
            let payload = stream(name, keys, &plain, by);
            let relay_saw = Arc::new(Seen::default());
            let relay = relay_saw.relay(Nowhere, relay_saw.fixture.host.clone());
            let (function, seen) = inventory();
            let answers = [invoke(&function, &payload).await, invoke(&relay, &payload).await];
            for (answer, seen) in answers.into_iter().zip([seen, relay_saw]) {
                assert_eq!(answer.unwrap(), OK);
                let reasons = seen.reasons();
                assert_eq!(
                    reasons.len(),
                    usize::from(!is_ours && !is_removal),
                    "{name} {keys} {by}: {reasons:?}"
                );
                assert!(
                    reasons.iter().all(|reason| reason.contains("a record of a table that is not Waxseal's"))
                );
                assert!(reasons.iter().all(|reason| !reason.contains("secret")));
            }
            let (function, seen) = inventory_that_ignores("aws:dynamodb");
            assert_eq!(invoke(&function, &payload).await.unwrap(), OK);
            assert_eq!(seen.reasons(), [""; 0]);
        }
    }
}

#[tokio::test]
async fn s41_an_unknown_stream_event_is_a_dead_letter() {
    let ours = json!({"pk": {"S": "stock#hat"}, "sk": {"S": "state"}});
    for name in ["TRUNCATE", "", "remove"] {
        let (function, seen) = inventory();
        assert_eq!(invoke(&function, &stream(name, &ours, &json!({}), &Value::Null)).await.unwrap(), OK);
        let reasons = seen.reasons();
        assert!(
            reasons.len() == 1 && reasons[0].contains("none of INSERT, MODIFY and REMOVE"),
            "{reasons:?}"
        );
    }
}

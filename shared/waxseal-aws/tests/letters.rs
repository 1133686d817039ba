//! Dead letters on the wire (S-27).
// A panic is the verdict of a test and of its helpers.
#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};
use waxseal::batch::{DeadLetters, Letter};
use waxseal_aws::{
    SqsDeadLetters,
    testing::{Answer, Replay},
};

const URL: &str = "https://sqs.eu-west-1.amazonaws.com/123456789012/inventory-dlq";

fn queue(answers: impl IntoIterator<Item = Answer>) -> (Replay, SqsDeadLetters) {
    let replay = Replay::new("application/x-amz-json-1.0", answers);
    let letters = SqsDeadLetters::new(&replay.sdk(), URL);
    (replay, letters)
}

fn letter(body: &[u8]) -> Letter {
    Letter {
        body: body.to_vec(),
        reason: "unknown SKU HAT-ß-01".to_owned(),
        record: "059f36b4-87a3-44ab-83d2-661975830a7d".to_owned(),
        service: "inventory".to_owned(),
        identity: Some(("orders".to_owned(), "e-1".to_owned())),
        name: Some("order.placed".to_owned()),
    }
}

fn sent() -> Answer {
    Answer::http(200, r#"{"MessageId":"5fea7756-0ea4-451a-a703-a558b933e274","MD5OfMessageBody":"x"}"#)
}

#[tokio::test]
async fn s27_a_letter_is_the_body_verbatim_with_its_reason_in_attributes() {
    let body = "{\"eventId\": \"e-1\", \"data\": {\"price\": 1.50, \"note\": \"für 🎩\"}}\n";
    let (replay, letters) = queue([sent()]);
    letters.send(letter(body.as_bytes())).await.unwrap();
    let text = |value: &str| json!({"DataType": "String", "StringValue": value});
    let request: Value = serde_json::from_str(&replay.bodies()[0]).unwrap();
    assert_eq!(
        request,
        json!({
            "QueueUrl": URL,
            "MessageBody": body,
            "MessageAttributes": {
                "waxseal-service": text("inventory"),
                "waxseal-source": text("orders"),
                "waxseal-event-id": text("e-1"),
                "waxseal-event-type": text("order.placed"),
                "waxseal-record": text("059f36b4-87a3-44ab-83d2-661975830a7d"),
                "waxseal-reason": text("unknown SKU HAT-ß-01"),
            },
        })
    );
}

#[tokio::test]
async fn s27_a_body_that_is_not_utf8_is_sent_as_base64() {
    let (replay, letters) = queue([sent()]);
    letters.send(letter(b"\xff{}")).await.unwrap();
    let request: Value = serde_json::from_str(&replay.bodies()[0]).unwrap();
    assert_eq!(request["MessageBody"], "/3t9");
    assert_eq!(request["MessageAttributes"]["waxseal-encoding"]["StringValue"], "base64");
}

#[tokio::test]
async fn s27_a_queue_that_cannot_be_written_is_an_error_of_one_line() {
    let absent = json!({
        "__type": "com.amazonaws.sqs#QueueDoesNotExist",
        "message": "The specified queue does not exist.",
    });
    let (_, letters) = queue([Answer::http(400, absent.to_string())]);
    let error = letters.send(letter(b"{}")).await.unwrap_err();
    assert_eq!(
        waxseal::chain(&*error),
        format!(
            "QueueDoesNotExist: queue {URL} does not exist in eu-west-1: create it or correct WAXSEAL_DLQ_URL"
        )
    );
    let (replay, letters) = queue(vec![Answer::Unreachable; 4]);
    let error = letters.send(letter(b"{}")).await.unwrap_err().to_string();
    assert!(
        error.starts_with("no connection to eu-west-1: ") && error.contains("AWS_ENDPOINT_URL_SQS"),
        "{error}"
    );
    assert_eq!(replay.left(), 0);
}

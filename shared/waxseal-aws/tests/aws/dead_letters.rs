//! Dead letters on the wire (S-27).

use serde_json::{Value, json};
use waxseal::{
    Code, Malformed,
    batch::{Content, ReceiptHandle, Record},
    dead_letter::{Attribute, AttributeValue, DeadLetter, DeadLetters, Encoding, FailedHandler, Note},
};
use waxseal_aws::{
    SqsDeadLetters,
    testing::{Answer, Replay},
};

const URL: &str = "https://sqs.eu-west-1.amazonaws.com/123456789012/inventory-dlq";

fn queue(answers: impl IntoIterator<Item = Answer>) -> (Replay, SqsDeadLetters) {
    let replay = Replay::new("application/x-amz-json-1.0", answers);
    let dead_letters = SqsDeadLetters::new(&replay.sdk(), URL);
    (replay, dead_letters)
}

fn dead_letter(body: &[u8]) -> DeadLetter {
    let unreadable = Content::Malformed(Malformed::new("for a test"));
    let mut record = Record::new("059f36b4-87a3-44ab-83d2-661975830a7d", body.to_vec(), unreadable);
    record.attributes = vec![
        Attribute::text("tenant", "hüte"),
        Attribute {
            name: "signature".to_owned(),
            kind: "Binary.ed25519".to_owned(),
            value: AttributeValue::Binary(vec![0, 255]),
        },
    ];
    record.receipt_handle = Some(ReceiptHandle {
        queue: "arn:aws:sqs:eu-west-1:123456789012:inventory-events".to_owned(),
        handle: "AQEB".to_owned(),
    });
    let time = "2026-11-21T09:30:00.123Z".parse().unwrap();
    let reason = "unknown SKU HAT-ß-01".to_owned();
    let mut dead_letter = record.dead_letter("inventory", time, Code::HandlerFailed, reason);
    dead_letter.handler = Some("reserve".to_owned());
    dead_letter.handlers = vec![FailedHandler { name: "reserve".to_owned(), token: "018f".to_owned() }];
    dead_letter.identity = Some(("orders".to_owned(), "e-1".to_owned()));
    dead_letter.name = Some("order.placed".to_owned());
    dead_letter
}

fn sent() -> Answer {
    Answer::http(200, r#"{"MessageId":"5fea7756-0ea4-451a-a703-a558b933e274","MD5OfMessageBody":"x"}"#)
}

#[tokio::test]
async fn s27_a_dead_letter_is_the_body_verbatim_with_its_reason_in_attributes() {
    let body = "{\"eventId\": \"e-1\", \"data\": {\"price\": 1.50, \"note\": \"für 🎩\"}}\n";
    let (replay, dead_letters) = queue([sent()]);
    dead_letters.send(dead_letter(body.as_bytes())).await.unwrap();
    let mut request: Value = serde_json::from_str(&replay.bodies()[0]).unwrap();
    let note = request["MessageAttributes"]["waxseal"].take();
    assert_eq!(
        request,
        json!({
            "QueueUrl": URL,
            "MessageBody": body,
            "MessageAttributes": {
                "waxseal": null,
                "tenant": {"DataType": "String", "StringValue": "hüte"},
                "signature": {"DataType": "Binary.ed25519", "BinaryValue": "AP8="},
            },
        })
    );
    assert_eq!(note["DataType"], "String");
    let note = Note::read(note["StringValue"].as_str().unwrap()).unwrap();
    assert_eq!(
        (note.code.as_deref(), &*note.reason, note.queue.as_deref()),
        (Some("WX0006"), "unknown SKU HAT-ß-01", Some("arn:aws:sqs:eu-west-1:123456789012:inventory-events"))
    );
    assert_eq!(note.handlers, dead_letter(b"").handlers);
}

#[tokio::test]
async fn s27_a_body_that_is_not_utf8_is_sent_as_base64() {
    let (replay, dead_letters) = queue([sent()]);
    dead_letters.send(dead_letter(b"\xff{}")).await.unwrap();
    let request: Value = serde_json::from_str(&replay.bodies()[0]).unwrap();
    assert_eq!(request["MessageBody"], "/3t9");
    let note = request["MessageAttributes"]["waxseal"]["StringValue"].as_str().unwrap();
    assert_eq!(Note::read(note).unwrap().encoding, Some(Encoding::Base64));
}

#[tokio::test]
async fn s27_a_queue_that_cannot_be_written_is_an_error_of_one_line() {
    let absent = json!({
        "__type": "com.amazonaws.sqs#QueueDoesNotExist",
        "message": "The specified queue does not exist.",
    });
    let (_, dead_letters) = queue([Answer::http(400, absent.to_string())]);
    let error = dead_letters.send(dead_letter(b"{}")).await.unwrap_err();
    assert_eq!(
        waxseal::error_chain(&*error),
        format!(
            "QueueDoesNotExist: queue {URL} does not exist in eu-west-1: create it or correct WAXSEAL_DLQ_URL (WX0309)"
        )
    );
    let (replay, dead_letters) = queue(vec![Answer::Unreachable; 4]);
    let error = dead_letters.send(dead_letter(b"{}")).await.unwrap_err().to_string();
    assert!(
        error.starts_with("no connection to eu-west-1: ") && error.contains("AWS_ENDPOINT_URL_SQS"),
        "{error}"
    );
    assert_eq!(replay.left(), 0);
}

#[tokio::test]
async fn s68_a_dead_letter_of_a_fifo_queue_goes_to_the_queue_beside_it_in_its_group() {
    let of = |queue: &str| {
        let mut dead_letter = dead_letter(b"{}");
        dead_letter.queue = Some(format!("arn:aws:sqs:eu-west-1:123456789012:{queue}"));
        dead_letter.group = Some("customer-7".to_owned());
        dead_letter
    };
    let record = "059f36b4-87a3-44ab-83d2-661975830a7d";
    let beside = "https://sqs.eu-west-1.amazonaws.com/123456789012/shop-bookings-dlq.fifo";
    for (suffix, queue, place) in [
        (Some("-dlq"), "shop-bookings.fifo", (json!(beside), json!("customer-7"), json!(record))),
        (None, "shop-bookings.fifo", (json!(URL), Value::Null, Value::Null)),
        (Some("-dlq"), "shop-bookings", (json!(URL), Value::Null, Value::Null)),
    ] {
        let (replay, dead_letters) = queue_beside(suffix, [sent()]);
        dead_letters.send(of(queue)).await.unwrap();
        let request: Value = serde_json::from_str(&replay.bodies()[0]).unwrap();
        let given =
            ["QueueUrl", "MessageGroupId", "MessageDeduplicationId"].map(|name| request[name].clone());
        assert_eq!(given, [place.0, place.1, place.2], "{queue} {suffix:?}");
    }
}

fn queue_beside(suffix: Option<&str>, answers: impl IntoIterator<Item = Answer>) -> (Replay, SqsDeadLetters) {
    let (replay, dead_letters) = queue(answers);
    (replay, dead_letters.beside_fifo(suffix.map(str::to_owned)))
}

//! The publisher of a program that is no function, on the wire (S-63).

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use waxseal::PublishingProgram;
use waxseal_aws::{
    Environment, Messages, PublishErrorKind, Publisher,
    testing::{Answer, Replay},
};

#[derive(Serialize, Deserialize)]
struct InvoicePaid {
    invoice: String,
}
waxseal::event!(InvoicePaid { name: "invoice.paid", version: 1, owner: "billing-import" });

#[derive(Serialize, Deserialize)]
struct Remind {
    customer: String,
}
waxseal::command!(Remind {
    name: "remind",
    version: 1,
    recipient: "mail",
    tenant: |remind| &remind.customer,
});

struct BillingImport;
impl PublishingProgram for BillingImport {
    const NAME: &'static str = "billing-import";
    type Emits = (InvoicePaid, Remind);
}

const QUEUE: &str = "https://sqs.eu-west-1.amazonaws.com/123456789012/mail";

fn publisher(
    content_type: &'static str,
    answers: impl IntoIterator<Item = Answer>,
) -> (Replay, Publisher<BillingImport>) {
    let replay = Replay::new(content_type, answers);
    let variables = [("WAXSEAL_BUS", "shop"), ("WAXSEAL_QUEUE_MAIL", QUEUE)];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let publisher = Environment::new(replay.sdk(), variables).publisher_of::<BillingImport>().unwrap();
    (replay, publisher.within(Duration::from_secs(5)))
}

const JSON: &str = "application/x-amz-json-1.1";

/// The answer to `PutEvents`, with the code of each entry that failed.
fn put(codes: &[Option<&str>]) -> Answer {
    let entry = |code: &Option<&str>| match code {
        Some(code) => json!({ "ErrorCode": code, "ErrorMessage": "…" }),
        None => json!({ "EventId": "11710aed-b79e-4468-a20b-bb3c0c3b4860" }),
    };
    let failed = codes.iter().flatten().count();
    let entries: Vec<Value> = codes.iter().map(entry).collect();
    Answer::http(200, json!({ "FailedEntryCount": failed, "Entries": entries }).to_string())
}

/// The ids of each request's entries.
fn ids(replay: &Replay) -> Vec<Vec<String>> {
    let of = |body: String| -> Vec<String> {
        let body: Value = serde_json::from_str(&body).unwrap();
        let id = |entry: &Value| {
            let json = entry["Detail"].as_str().or(entry["MessageBody"].as_str()).unwrap();
            serde_json::from_str::<Value>(json).unwrap()["eventId"].as_str().unwrap().to_owned()
        };
        body["Entries"].as_array().unwrap().iter().map(id).collect()
    };
    replay.bodies().into_iter().map(of).collect()
}

fn paid(number: usize) -> InvoicePaid {
    InvoicePaid { invoice: format!("in-{number}") }
}

fn invoices(count: usize) -> Messages<BillingImport> {
    let mut messages = Messages::new();
    for number in 0..count {
        messages.emit(format!("in-{number}"), &paid(number));
    }
    messages
}

#[tokio::test]
async fn s63_an_event_of_a_program_is_an_envelope_on_the_bus_under_its_owners_name() {
    let (replay, publisher) = publisher(JSON, [put(&[None])]);
    publisher.emit("in-1/paid", &paid(1)).await.unwrap();
    let request: Value = serde_json::from_str(&replay.bodies()[0]).unwrap();
    let entry = &request["Entries"][0];
    assert_eq!(
        (&entry["EventBusName"], &entry["Source"], &entry["DetailType"]),
        (&json!("shop"), &json!("billing-import"), &json!("invoice.paid"))
    );
    let envelope = waxseal::Raw::parse(entry["Detail"].as_str().unwrap()).unwrap();
    assert_eq!((&*envelope.id, &*envelope.source), ("in-1/paid", "billing-import"));
    assert_eq!(envelope.data.get(), r#"{"invoice":"in-1"}"#);
}

#[tokio::test]
async fn s63_a_command_of_a_program_goes_to_its_recipient_with_its_tenant() {
    let sent =
        json!({ "Successful": [{ "Id": "0", "MessageId": "m", "MD5OfMessageBody": "x" }], "Failed": [] });
    let (replay, publisher) = publisher("application/x-amz-json-1.0", [Answer::http(200, sent.to_string())]);
    publisher.send("in-1/remind", &Remind { customer: "c-7".into() }).await.unwrap();
    let request: Value = serde_json::from_str(&replay.bodies()[0]).unwrap();
    assert_eq!(
        (&request["QueueUrl"], &request["Entries"][0]["MessageGroupId"]),
        (&json!(QUEUE), &json!("c-7"))
    );
}

#[tokio::test]
async fn s63_only_the_entries_that_failed_for_now_are_tried_again() {
    let answers = [
        put(&[None, Some("ThrottlingException"), Some("MalformedDetail"), None]),
        put(&[Some("InternalFailure")]),
        put(&[None]),
    ];
    let (replay, publisher) = publisher(JSON, answers);
    let error = publisher.publish(&invoices(4)).await.unwrap_err();
    assert_eq!(ids(&replay), [vec!["in-0", "in-1", "in-2", "in-3"], vec!["in-1"], vec!["in-1"]]);
    let failed: Vec<_> = error.messages.iter().map(|message| (message.index, message.error.kind)).collect();
    assert_eq!((error.of, failed), (4, vec![(2, PublishErrorKind::Refused)]));
}

#[tokio::test]
async fn s63_what_is_denied_or_missing_is_told_at_once() {
    let denied = json!({ "__type": "AccessDeniedException", "message": "not authorized" });
    let (replay, publisher) = publisher(JSON, [Answer::http(400, denied.to_string())]);
    let error = publisher.emit("in-1", &paid(1)).await.unwrap_err();
    assert_eq!((error.kind, replay.left()), (PublishErrorKind::NoChannel, 0));
    assert_eq!(replay.bodies().len(), 1, "it is not tried again");
}

#[tokio::test]
async fn s63_at_the_deadline_what_is_not_published_is_told_with_its_last_reason() {
    let throttled = || put(&[Some("ThrottlingException")]);
    let (_, publisher) = publisher(JSON, (0..1000).map(|_| throttled()));
    let publisher = publisher.within(Duration::from_millis(300));
    let began = Instant::now();
    let error = publisher.emit("in-1", &paid(1)).await.unwrap_err();
    assert_eq!(error.kind, PublishErrorKind::Transient);
    assert!(error.reason.contains("ThrottlingException"), "{error}");
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
}

#[tokio::test]
async fn s63_without_messages_there_is_no_request() {
    let (replay, publisher) = publisher(JSON, []);
    publisher.publish(&Messages::new()).await.unwrap();
    assert!(replay.bodies().is_empty());
}

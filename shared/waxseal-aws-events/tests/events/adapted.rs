//! Plain JSON, adapted: on every way, refused, and redriven.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use waxseal::{
    Adapted, Envelope, Fault, Foreign, Handler, Malformed, Service, Transport, Unit, dead_letter::DeadLetter,
};
use waxseal_testing::Fixture;

use crate::support::{Deployed, Keep, OK, Seen, fixture, notification, redriven, sqs};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct Paid(Value);
waxseal::foreign!(Paid { type: "paid" });

const PLAIN: &str = r#"{"kind":"paid","amount":1250}"#;

/// A service that names what it gets, and tells no identity.
fn naming(seen: &Seen<Paid>) -> Service {
    Service::new("ledger")
        .handler(Keep(seen.clone()))
        .adapt(|record| Ok(Adapted::named(record.text_at("/kind")?)))
}

#[test]
fn s51_plain_json_is_adapted_on_every_way_with_the_innermost_transports_identity() {
    let event = |source: &str| {
        json!({
            "version": "0", "id": "e-1", "detail-type": "Anything", "source": source, "time": "2026-11-21T09:30:01Z",
            "detail": {"kind": "paid", "amount": 1250},
        })
        .to_string()
    };
    let topic = notification(PLAIN);
    let direct =
        json!({"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": topic}]}).to_string();
    let (queue, topic_arn) = ("arn:aws:sqs:eu-west-1:123456789012:q", "arn:aws:sns:eu-west-1:123456789012:t");
    for (payload, source, id, time) in [
        (sqs("m1", PLAIN, &json!({})), queue, "m1", "2026-11-21T09:30:01.512Z"),
        (sqs("m1", &topic.to_string(), &json!({})), topic_arn, "n-1", "2026-11-21T09:29:59Z"),
        (direct, topic_arn, "n-1", "2026-11-21T09:29:59Z"),
        (event("till"), "till", "e-1", "2026-11-21T09:30:01Z"),
        (sqs("m1", &event("till"), &json!({})), "till", "e-1", "2026-11-21T09:30:01Z"),
    ] {
        let seen = Seen::default();
        Deployed::new(naming(&seen)).succeeds(&payload);
        seen.one(|event| {
            assert_eq!((&*event.source, &*event.id), (source, id), "{payload}");
            assert_eq!(event.timestamp.to_string(), time, "{payload}");
            assert_eq!(event.data, Paid(json!({"kind": "paid", "amount": 1250})));
        });
    }
}

#[test]
fn s51_an_adapter_sees_what_its_transport_says() {
    let seen = Seen::<Paid>::default();
    let service = Service::new("ledger").handler(Keep(seen.clone())).adapt(|record| {
        let Transport::Topic(topic) = record.transport else {
            return Err(Malformed::new("it is of no topic"));
        };
        let name = topic.rsplit(':').next().filter(|topic| *topic == "t").map(|_| "paid").unwrap_or("other");
        Ok(Adapted::named(name).id(record.attribute("eventId")?))
    });
    let deployed = Deployed::new(service);
    deployed.succeeds(sqs("m1", &notification(PLAIN).to_string(), &json!({})));
    seen.one(|event| assert_eq!(event.id, "e-1"));
}

#[test]
fn s51_other_json_than_objects_is_adapted_and_what_waxseal_knows_is_not() {
    let seen = Seen::<Paid>::default();
    let service = || {
        let service = Service::new("ledger").handler(Keep(seen.clone()));
        service.adapt(|record| Ok(Adapted::named("paid").id(record.json)))
    };
    for json in
        ["[1]", "7", r#""text""#, "null", r#"{"source":"x","timestamp":1,"data":{}}"#, r#"{"Records":[]}"#]
    {
        Deployed::new(service()).succeeds(sqs("m1", json, &json!({})));
    }
    assert_eq!(seen.count(), 6);
    let pointer =
        r#"["software.amazon.payloadoffloading.PayloadS3Pointer",{"s3BucketName":"b","s3Key":"k"}]"#;
    let confirmation = notification("You…").to_string().replace("Notification", "SubscriptionConfirmation");
    let s3 = r#"{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put"}]}"#;
    let destination = r#"{"requestContext":{"condition":"Success"},"requestPayload":{}}"#;
    for body in [pointer, &confirmation, s3, destination, "no JSON", r#"{"a":"#, ""] {
        let deployed = Deployed::new(service());
        assert_eq!(deployed.invoke(sqs("m1", body, &json!({}))).unwrap(), OK);
        assert_eq!(deployed.reasons().len(), 1, "{body}");
    }
    assert_eq!(seen.count(), 6);
}

#[test]
fn s51_a_handler_comes_before_the_adapter() {
    let seen = Seen::<Paid>::default();
    let service =
        Service::new("ledger").handler(Keep(seen.clone())).adapt(|_| Err(Malformed::new("not asked for")));
    let event = json!({
        "id": "e-1", "detail-type": "paid", "source": "till", "time": "2026-11-21T09:30:01Z", "detail": {"kind": "other"},
    });
    Deployed::new(service).succeeds(sqs("m1", &event.to_string(), &json!({})));
    assert_eq!(seen.count(), 1);
}

/// The one dead letter of an adapter.
fn dead_letter(
    adapter: impl Fn(&Foreign<'_>) -> Result<Adapted, Malformed> + Send + Sync + 'static,
) -> DeadLetter {
    let seen = Seen::<Paid>::default();
    let deployed = Deployed::new(Service::new("ledger").handler(Keep(seen.clone())).adapt(adapter));
    // Its neighbours are unaffected.
    let mut batch: Value = serde_json::from_str(&sqs("m1", PLAIN, &json!({}))).unwrap();
    let neighbour = r#"{"eventId":"e-9","eventType":"paid","eventVersion":1,"timestamp":"2026-11-21T09:30:00Z","source":"s","data":1}"#;
    let neighbour: Value = serde_json::from_str(&sqs("m2", neighbour, &json!({}))).unwrap();
    batch["Records"].as_array_mut().unwrap().push(neighbour["Records"][0].clone());
    assert_eq!(deployed.invoke(batch.to_string()).unwrap(), OK);
    seen.one(|event| assert_eq!(event.id, "e-9"));
    let dead_letters = deployed.dead_letters();
    assert_eq!(dead_letters.len(), 1);
    assert_eq!(dead_letters[0].body, PLAIN.as_bytes());
    dead_letters.into_iter().next().unwrap()
}

#[test]
fn s51_a_refusal_is_a_dead_letter_and_its_quoted_words_stand_there_alone() {
    let refused =
        dead_letter(|record| Err(Malformed::new("the till is unknown").quoting(record.text_at("/amount")?)));
    assert_eq!(refused.code.as_str(), "WX0001");
    assert!(
        refused.reason.starts_with("malformed: the till is unknown: [4 bytes withheld"),
        "{}",
        refused.reason
    );
    assert_eq!(refused.whole_reason(), "malformed: the till is unknown: 1250");
    let missing = dead_letter(|record| Ok(Adapted::named(record.text_at("/name")?)));
    assert_eq!(missing.reason, r#"malformed: the value at "/name" is missing"#);
}

#[test]
fn s51_an_adapter_that_panics_makes_one_record_malformed() {
    let panicked = dead_letter(|_| panic!("no such till"));
    assert_eq!(panicked.code.as_str(), "WX0001");
    assert!(
        panicked.reason.starts_with("malformed: the function of Service::adapt panicked"),
        "{}",
        panicked.reason
    );
}

/// Fails for good until the table says otherwise.
struct Book(Seen<Paid>, bool);
impl Handler for Book {
    const NAME: &str = "book";
    type Event = Paid;
    type Emits = ();
    async fn handle(&self, event: &Envelope<Paid>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
        if self.1 {
            return Err(Fault::permanent("the books are closed"));
        }
        Keep(self.0.clone()).handle(event, unit).await
    }
}

fn booking(fixture: &Fixture, seen: &Seen<Paid>, is_closed: bool) -> Deployed {
    let service = Service::new("ledger").handler(Book(seen.clone(), is_closed));
    Deployed::on(fixture, service.adapt(|record| Ok(Adapted::named(record.text_at("/kind")?))))
}

#[test]
fn s52_a_redriven_dead_letter_is_adapted_to_the_identity_that_it_had() {
    let (fixture, seen) = (fixture(), Seen::default());
    let closed = booking(&fixture, &seen, true);
    assert_eq!(closed.invoke(sqs("m1", PLAIN, &json!({}))).unwrap(), OK);
    let dead_letters = closed.dead_letters();
    assert_eq!(
        dead_letters[0].identity,
        Some(("arn:aws:sqs:eu-west-1:123456789012:q".to_owned(), "m1".to_owned()))
    );

    // It is redriven twice, each time under a new id of the queue.
    let open = booking(&fixture, &seen, false);
    for id in ["m7", "m8"] {
        open.succeeds(redriven(&dead_letters[0], id));
    }
    seen.one(|event| assert_eq!(event.id, "m1"));
    // The same words in a new message are a new event: nothing told an id.
    open.succeeds(sqs("m9", PLAIN, &json!({})));
    assert_eq!(seen.count(), 2);
}

#[test]
fn s52_a_dead_letter_of_a_dead_letter_keeps_the_first_identity() {
    let (fixture, seen) = (fixture(), Seen::default());
    let closed = booking(&fixture, &seen, true);
    closed.invoke(sqs("m1", PLAIN, &json!({}))).unwrap();
    closed.invoke(redriven(&closed.dead_letters()[0], "m2")).unwrap();
    let dead_letters = closed.dead_letters();
    assert_eq!(dead_letters[1].identity, dead_letters[0].identity);
}

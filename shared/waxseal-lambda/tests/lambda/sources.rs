//! Golden inputs: whatever way an event comes, the same envelope reaches the handler (SEMANTICS F).

use crate::common::{OK, OrderPlaced, golden, inventory, invoke};
use waxseal::Envelope;
use waxseal_lambda::{Function, Invocation, Invoke};

/// What the handler is given.
async fn envelope(name: &str) -> Envelope<OrderPlaced> {
    let (function, seen) = inventory();
    assert_eq!(invoke(&function, &golden(name)).await.unwrap(), OK, "{name}");
    assert_eq!(seen.reasons(), [""; 0], "{name}");
    let mut handled = seen.handled.lock().unwrap();
    assert_eq!(handled.len(), 1, "{name}");
    handled.remove(0)
}

#[tokio::test]
async fn s35_the_envelopes_own_id_type_and_time_win_over_eventbridges() {
    let (function, seen) = inventory();
    let payload = String::from_utf8(golden("eventbridge-envelope")).unwrap();
    // The detail says one thing, the event around it another.
    let payload = payload.replacen(r#""detail-type": "order.placed""#, r#""detail-type": "Order placed""#, 1);
    assert_eq!(invoke(&function, payload.as_bytes()).await.unwrap(), OK);
    let event = seen.handled.lock().unwrap().remove(0);
    assert_eq!(
        (&*event.id, &*event.source, &*event.name, &*event.correlation_id),
        ("6f0c0b0e-8f0a-8c9d-b1b4-2d6f7e1a9c55", "orders", "order.placed", "web-4711")
    );
    assert_eq!(event.timestamp.to_string(), "2026-11-21T09:30:00.123Z");
}

#[tokio::test]
async fn s35_an_envelope_of_another_source_than_eventbridges_is_malformed() {
    let (function, seen) = inventory();
    let payload = String::from_utf8(golden("eventbridge-envelope")).unwrap();
    let payload = payload.replacen(r#""source": "orders""#, r#""source": "marketing""#, 1);
    assert_eq!(invoke(&function, payload.as_bytes()).await.unwrap(), OK);
    assert!(seen.handled.lock().unwrap().is_empty());
    let dead_letters = seen.dead_letters();
    assert_eq!(
        dead_letters[0].reason,
        "malformed: an EventBridge event from source marketing whose detail says source orders: a publisher speaks for its own alone"
    );
}

#[tokio::test]
async fn s35_a_plain_payload_takes_everything_from_eventbridge() {
    let direct = envelope("eventbridge-plain").await;
    assert_eq!(direct.id, "9f1a7d3c-55f0-4c0b-a3a4-0b9c2a7f9c11");
    assert_eq!(direct.correlation_id, direct.id);
    assert_eq!((&*direct.source, &*direct.name, direct.version), ("orders", "order.placed", 1));
    assert_eq!(direct.timestamp.to_string(), "2026-11-21T09:30:01Z");
    assert_eq!((&*direct.data.sku, direct.causation_id.as_deref()), ("köln-mug-0,33l", None));
    assert_eq!(direct, envelope("sqs-eventbridge-plain").await);
}

#[tokio::test]
async fn s35_a_replay_of_a_plain_payload_is_visible() {
    let (function, seen) = inventory();
    let payload = String::from_utf8(golden("eventbridge-plain")).unwrap();
    let replay =
        payload.replacen(r#""version": "0","#, r#""version": "0", "replay-name": "after-the-outage","#, 1);
    assert_eq!(invoke(&function, replay.as_bytes()).await.unwrap(), OK);
    assert_eq!(seen.handled.lock().unwrap()[0].metadata["replayName"], "after-the-outage");
}

#[tokio::test]
async fn s36_every_form_of_a_rules_target_gives_the_envelope() {
    let whole = envelope("sqs-eventbridge").await;
    assert_eq!(whole, envelope("sqs-input-path-detail").await);
    let template = envelope("sqs-input-transformer").await;
    assert_eq!(template, envelope("eventbridge-plain").await);
}

#[tokio::test]
async fn s37_every_way_through_eventbridge_sns_and_sqs_gives_the_identical_envelope() {
    let expected = envelope("sqs-envelope").await;
    assert_eq!(expected.id, "6f0c0b0e-8f0a-8c9d-b1b4-2d6f7e1a9c55");
    assert_eq!(expected.metadata["tenant"], "zürich");
    // Raw delivery is the bare envelope, or the bare EventBridge event.
    for way in [
        "sqs-eventbridge",
        "sqs-sns",
        "sqs-sns-eventbridge",
        "sqs-input-path-detail",
        "sns-envelope",
        "sns-eventbridge",
        "eventbridge-envelope",
    ] {
        assert_eq!(expected, envelope(way).await, "{way}");
    }
}

#[tokio::test]
async fn s44_the_trace_header_is_continued_where_the_envelope_has_no_trace() {
    let traced = envelope("sqs-traced").await;
    assert_eq!(traced.traceparent(), Some("00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01"));

    let (function, seen) = inventory();
    let own = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let payload = String::from_utf8(golden("sqs-traced")).unwrap();
    let payload = payload.replace(r#"{\"tenant\":"#, &format!(r#"{{\"traceparent\":\"{own}\",\"tenant\":"#));
    assert_eq!(invoke(&function, payload.as_bytes()).await.unwrap(), OK);
    assert_eq!(seen.handled.lock().unwrap()[0].traceparent(), Some(own));
}

#[tokio::test]
async fn s44_a_direct_delivery_continues_the_invocations_trace_and_a_batch_does_not() {
    let invocation = Invocation::default()
        .traced("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0");
    let traced = async |function: &Function, name| function.invoke(&golden(name), &invocation).await.unwrap();
    for (name, expected) in [
        ("eventbridge-envelope", Some("00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-00")),
        ("sns-envelope", Some("00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-00")),
        ("sqs-envelope", None),
    ] {
        let (function, seen) = inventory();
        traced(&function, name).await;
        assert_eq!(seen.handled.lock().unwrap()[0].traceparent(), expected, "{name}");
    }
}

#[tokio::test]
async fn what_no_source_sends_is_refused_by_its_shape_and_never_quoted() {
    let (function, _) = inventory();
    for (payload, error) in [
        (&br#"{"password":"hunter2","Data":{"a":1}}"#[..], "an object with password, Data;"),
        (b"{}", "an empty object;"),
        (b"[1]", "an array of no known source;"),
        (br#""hunter2""#, "a string;"),
        (br#"{"Records":"hunter2"}"#, "an object whose Records are a string, not an array;"),
        (
            br#"{"Records":[{"eventSource":"aws:ses","ses":{"data":"hunter2"}}]}"#,
            "Records with eventSource aws:ses, the first an object with eventSource, ses;",
        ),
        (
            br#"{"Records":[{"messageId":"1","body":"hunter2"}]}"#,
            "Records with no eventSource, the first an object with messageId, body;",
        ),
        (
            br#"{"Records":[{"eventSource":"aws:sqs"},"hunter2"]}"#,
            "Records of which element 1 is a string, not an object;",
        ),
    ] {
        let text = invoke(&function, payload).await.unwrap_err().to_string();
        let shown =
            format!("no known source sends such a payload: {error} accepted are Records of SQS, SNS, S3,");
        assert!(text.starts_with(&shown), "{text}\n{shown}");
        assert!(!text.contains("hunter2"), "{text}");
    }
    let error = invoke(&function, b"{\"Records\":").await.unwrap_err();
    assert_eq!(
        waxseal::error_chain(&error),
        "the payload is not JSON: EOF while parsing a value at line 1 column 11"
    );
    let error = invoke(&function, &golden("http-function-url")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "this function takes no HTTP: it takes SQS, SNS, EventBridge, S3, Kinesis, Kafka and DynamoDB stream records, releases, and questions about processes; look at what invokes it"
    );
}

/// Wherever a time is read, RFC 3339 decides: more digits than nanoseconds are legal, other forms of ISO 8601 are not.
#[tokio::test]
async fn s35_a_time_is_rfc_3339_no_more_and_no_less() {
    for (way, time) in [
        ("sqs-envelope", "2026-11-21T09:30:00.123Z"),
        ("eventbridge-envelope", "2026-11-21T09:30:00.123Z"),
        ("eventbridge-plain", "2026-11-21T09:30:01Z"),
        ("sqs-eventbridge-plain", "2026-11-21T09:30:01Z"),
        ("sqs-cloudevent", "2026-11-21T10:30:00.123+01:00"),
        ("eventbridge-cloudevent", "2026-11-21T10:30:00.123+01:00"),
    ] {
        let payload = String::from_utf8(golden(way)).unwrap();
        assert!(payload.contains(time), "{way}");
        for legal in ["2026-11-21T09:30:00.1234567890Z", "2026-11-21t09:30:00.123456789012345z"] {
            let (function, seen) = inventory();
            let payload = payload.replace(time, legal);
            assert_eq!(invoke(&function, payload.as_bytes()).await.unwrap(), OK, "{way} {legal}");
            assert_eq!(seen.reasons(), [""; 0], "{way} {legal}");
            let event = seen.handled.lock().unwrap().remove(0);
            assert_eq!(event.timestamp.to_string(), "2026-11-21T09:30:00.123456789Z", "{way}");
        }
        for illegal in [
            "20261121T093000Z",
            "2026-11-21 09:30:00Z",
            "2026-11-21T09:30:00",
            "2026-11-21T09:30:00+0930",
            "2026-W47-6T09:30:00Z",
            "2026-11-21T24:00:00Z",
            "2026-11-21T10:30:00+01:00[Europe/Berlin]",
        ] {
            let (function, seen) = inventory();
            let payload = payload.replace(time, illegal);
            assert_eq!(invoke(&function, payload.as_bytes()).await.unwrap(), OK, "{way} {illegal}");
            assert!(seen.handled.lock().unwrap().is_empty(), "{way} {illegal}");
            assert!(seen.reasons()[0].contains("RFC 3339 time"), "{way} {illegal}: {:?}", seen.reasons());
        }
    }
}

//! What a body holds: an envelope, an EventBridge event or an SNS notification around one, or nothing for a handler.
//!
//! | way | body |
//! |---|---|
//! | command, SNS raw delivery, rule with `InputPath: $.detail` | the envelope |
//! | rule without input settings | the EventBridge event |
//! | SNS without raw delivery | the notification, with either of them in `Message` |
//! | input transformer | what its template makes: one of these, or malformed |
//!
//! Wherever an envelope may stand, a CloudEvents event in structured JSON may stand instead (S-46). One that says no time has
//! that of its delivery; the innermost delivery that knows it counts, since that one stays the same on every way: EventBridge's
//! `time`, SNS's `Timestamp`, SQS's `SentTimestamp`.

use waxseal::{Malformed, Raw, Timestamp, batch::Content, cloudevents, is_plain_name};

use super::eventbridge;
use crate::json::{self, Object, kind};

/// When a delivery says that it was sent; looked for only where somebody asks.
pub(crate) type Sent<'a> = &'a dyn Fn() -> Option<Timestamp>;

/// Reads a body.
pub(crate) fn read(text: &str, sent: Sent<'_>) -> Content {
    let text = json::unmarked(text);
    match eventbridge::usual(text) {
        Some(raw) => Content::Message(Box::new(raw)),
        None => unusual(text, sent),
    }
}

fn unusual(text: &str, sent: Sent<'_>) -> Content {
    match Object::parse(text) {
        Some(object) if is_notification(&object) => notification(&object, sent),
        Some(object) => event(text, &object, sent),
        None => Content::Malformed(no_object("the body", text)),
    }
}

/// Reads an SNS notification.
pub(crate) fn notification(sns: &Object<'_>, sent: Sent<'_>) -> Content {
    let malformed = |what: String| Content::Malformed(Malformed::new(what));
    if let Some(other) = sns.string("Type").filter(|kind| kind != "Notification") {
        let other = if is_plain_name(&other) { &*other } else { "that is not shown" };
        return malformed(format!(
            "an SNS message of Type {other}, which is no Notification: confirm the subscription"
        ));
    }
    let Some(raw) = sns.get("Message") else {
        return malformed("an SNS notification without Message".to_owned());
    };
    let Some(text) = json::string(raw) else {
        return malformed(match kind(raw.get()) {
            "a string" => "an SNS notification whose Message is not UTF-8 text".to_owned(),
            other => format!("an SNS notification whose Message is {other}, not a string"),
        });
    };
    let text = json::unmarked(&text);
    let content = match Object::parse(text) {
        Some(object) if is_notification(&object) => {
            return malformed("an SNS notification whose Message is another SNS notification".to_owned());
        }
        Some(object) => event(text, &object, &|| time(sns, "Timestamp").or_else(sent)),
        None => Content::Malformed(no_object("Message", text)),
    };
    match content {
        Content::Malformed(inner) => {
            // A service that ignores such a payload ignores it on every way.
            Content::Malformed(inner.within("an SNS notification whose Message is not readable: "))
        }
        Content::Message(_) | Content::Ignored(_) => content,
    }
}

fn is_notification(object: &Object<'_>) -> bool {
    // All three: an envelope's data never stands at this level, so nothing else has them.
    object.has("Type") && object.has("MessageId") && object.has("TopicArn")
}

/// A member that is an RFC 3339 time.
pub(crate) fn time(object: &Object<'_>, name: &str) -> Option<Timestamp> {
    object.string(name)?.parse().ok()
}

fn event(text: &str, object: &Object<'_>, sent: Sent<'_>) -> Content {
    let read = if is_envelope(object) {
        Raw::parse(text)
    } else if is_cloud_event(object) {
        cloudevents::read(text, sent())
    } else if object.has("detail-type") {
        eventbridge::read(object, sent)
    } else if is_test_of_s3(object) {
        return Content::Ignored("the test event of S3");
    } else if is_from_s3(object) {
        Err(notification_of_s3())
    } else {
        Err(no_envelope(text, object))
    };
    read.map_or_else(Content::Malformed, |raw| Content::Message(Box::new(raw)))
}

/// Whether an object is an envelope: it has all required members. Everything else is foreign, and keeps its members.
pub(crate) fn is_envelope(object: &Object<'_>) -> bool {
    // `null` is a payload, and no other member.
    let has_data = || object.members().any(|name| name == "data");
    waxseal::REQUIRED.iter().all(|name| object.has(name) || (*name == "data" && has_data()))
}

/// Whether an object is a CloudEvents event: it has all required members. An envelope with such members stays one.
pub(crate) fn is_cloud_event(object: &Object<'_>) -> bool {
    cloudevents::REQUIRED.iter().all(|name| object.has(name))
}

/// Whether S3 says that it may notify: AWS's own test message (S-41).
pub(crate) fn is_test_of_s3(object: &Object<'_>) -> bool {
    object.string("Event").as_deref() == Some("s3:TestEvent")
}

/// The reason of a notification of S3.
pub(crate) fn notification_of_s3() -> Malformed {
    Malformed::foreign(
        "aws:s3",
        "a notification of S3, which no handler takes: let S3 notify EventBridge and handle its event, or declare \
         `.ignore(\"aws:s3\")` on the service",
    )
}

/// Whether an object is the record of a Lambda destination: of an asynchronous invocation, or of a batch of a stream.
/// Source: Lambda developer guide, "Capturing records of Lambda asynchronous invocations" and "Retaining discarded batches".
fn is_destination(object: &Object<'_>) -> bool {
    object.has("requestContext") && DESTINATION.iter().any(|name| object.has(name))
}

/// The members that the record of a Lambda destination has beside `requestContext`, and that no HTTP request has.
pub(crate) const DESTINATION: [&str; 5] =
    ["requestPayload", "responseContext", "responsePayload", "DDBStreamBatchInfo", "KinesisBatchInfo"];

/// A notification of S3 (S-41).
fn is_from_s3(object: &Object<'_>) -> bool {
    let records: Option<json::Objects<'_>> =
        object.get("Records").and_then(|raw| serde_json::from_str(raw.get()).ok());
    records.is_some_and(|records| {
        !records.0.is_empty()
            && records.0.iter().all(|record| record.string("eventSource").as_deref() == Some("aws:s3"))
    })
}

/// The likely cause, by what is there (S-36).
fn no_envelope(text: &str, object: &Object<'_>) -> Malformed {
    if let Some(lacking) = waxseal::lacking(text) {
        return Malformed::new(format!("no envelope: {lacking}"));
    }
    let cause = if object.has("detail") {
        "looks like an EventBridge event without detail-type: the input transformer must keep it, or deliver $.detail alone"
    } else if object.has("Message") {
        "looks like an SNS notification that was cut: deliver it whole, or raw"
    } else if is_destination(object) {
        "looks like the record of a Lambda destination: read it where the invocation failed or succeeded, or let the destination be a \
         bus and handle its event"
    } else if object.has("Records") {
        "looks like a batch of another source: wire that source to the function itself"
    } else {
        "looks like a plain payload, such as a rule's InputPath $.detail gives where detail is no envelope: deliver the \
         whole event, so that its detail-type tells what it is"
    };
    let malformed = Malformed::new(format!("no envelope: {}; {cause}", object.names()));
    match object.withheld() {
        Some(names) => malformed.quoting(names),
        None => malformed,
    }
}

/// The pairs that Amazon's extended clients put in the place of a large payload.
fn is_extended_pointer(text: &str) -> bool {
    let pair: Result<(&str, serde::de::IgnoredAny), _> = serde_json::from_str(text);
    pair.is_ok_and(|(class, _)| {
        class == "software.amazon.payloadoffloading.PayloadS3Pointer"
            || class == "com.amazon.sqs.javamessaging.MessageS3Pointer"
    })
}

fn no_object(what: &str, text: &str) -> Malformed {
    let reason = match serde_json::from_str::<serde::de::IgnoredAny>(text) {
        Ok(_) if is_extended_pointer(text) => {
            "is a pointer of the SQS extended client: its payload lies in S3 and is not fetched: send the payload itself, or declare \
             a claim check for the message"
                .to_owned()
        }
        Ok(_) if kind(text) == "a string" => {
            "is a JSON string, not an object: an input transformer's template in quotes, or JSON encoded twice?".to_owned()
        }
        Ok(_) => format!("is {}, not an object", kind(text)),
        Err(_) if text.trim().is_empty() => "is empty".to_owned(),
        Err(error) if text.contains('<') => {
            format!("is not JSON: {error}: an input transformer's variable that was not filled in?")
        }
        Err(error) => format!("is not JSON: {error}"),
    };
    Malformed::new(format!("{what} {reason}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Of an EventBridge event: the usual ones, then what makes it something else.
    const MEMBERS: [&str; 14] = [
        r#""version":"0""#,
        r#""detail-type":"order.placed""#,
        r#""source":"orders""#,
        r#""detail":{"eventId":"e1","eventType":"order.placed","eventVersion":1,"source":"orders","timestamp":"2026-11-21T09:30:00Z","data":{"a":1}}"#,
        r#""replay-name":null"#,
        r#""replay-name":"again""#,
        r#""Type":"Notification""#,
        r#""MessageId":"m""#,
        r#""TopicArn":"t""#,
        r#""eventId":null"#,
        r#""eventType":"order.placed""#,
        r#""data":{}"#,
        r#""source":"stock""#,
        r#""detail":["e1","order.placed"]"#,
    ];

    const ENVELOPE: &str = r#"{"eventId":"e1","eventType":"order.placed","eventVersion":1,"source":"orders",
        "timestamp":"2026-11-21T09:30:00Z","data":{"eventId":"inner","sku":"hat"}}"#;

    fn reason(body: &str) -> String {
        match read(body, &|| None) {
            Content::Malformed(malformed) => malformed.to_string(),
            Content::Message(_) | Content::Ignored(_) => panic!("readable: {body}"),
        }
    }

    fn notification(message: &str) -> String {
        format!(
            r#"{{"Type":"Notification","MessageId":"m","TopicArn":"arn:aws:sns:eu-central-1:1:t","Message":{message}}}"#
        )
    }

    proptest! {
        #[test]
        fn a_usual_event_is_read_as_any_other_would_be(
            members in proptest::sample::subsequence(MEMBERS.to_vec(), 0..=MEMBERS.len()),
            spot in proptest::option::of((any::<proptest::sample::Index>(), "[\"\\\\{}a0]")),
        ) {
            let mut text = format!("{{{}}}", members.join(","));
            if let Some((at, byte)) = spot {
                let at = at.index(text.len());
                text.replace_range(at..=at, &byte);
            }
            if let Some(raw) = eventbridge::usual(&text) {
                prop_assert_eq!(format!("{:?}", unusual(&text, &|| None)), format!("{:?}", Content::Message(Box::new(raw))));
            }
        }
    }

    #[test]
    fn a_usual_event_is_read_at_once() {
        let usual =
            format!("{{{},{}}}", MEMBERS[..4].join(","), r#""id":"e","resources":[],"replay-name":"r""#);
        let raw = eventbridge::usual(&usual).unwrap();
        assert_eq!((&*raw.id, &raw.metadata["replayName"]), ("e1", &"r".into()));
        assert!(eventbridge::usual(ENVELOPE).is_none());
    }

    #[test]
    fn s36_a_malformed_body_names_the_likely_cause() {
        let event = |rest: &str| format!(r#"{{"version":"0","id":"e","detail-type":"order.placed"{rest}}}"#);
        let time = r#","source":"orders","time":"2026-11-21T09:30:00Z""#;
        for (body, cause) in [
            (
                event(time),
                "looks like an EventBridge event without detail: the rule's InputPath or input transformer must keep it",
            ),
            (event(r#","detail":"secret""#), "an EventBridge event whose detail is a string, not an object"),
            (event(r#","detail":{"sku":"secret"}"#), "an EventBridge event whose time is no RFC 3339 time"),
            (
                event(r#","time":"2026-11-21T09:30:00Z","detail":{}"#),
                "an EventBridge event whose source is missing: the rule must deliver the whole event",
            ),
            (
                r#"{"eventId":"secret","eventType":"order.placed","data":{}}"#.to_owned(),
                "no envelope: it has eventId, eventType, data of an envelope and lacks eventVersion, timestamp, source",
            ),
            (
                r#"["software.amazon.payloadoffloading.PayloadS3Pointer",{"s3BucketName":"secret","s3Key":"3f9c"}]"#.to_owned(),
                "the body is a pointer of the SQS extended client: ",
            ),
            (
                r#"{"Records":[{"eventSource":"aws:s3","s3":{"object":{"key":"secret"}}}]}"#.to_owned(),
                "a notification of S3, which no handler takes: ",
            ),
            (
                r#"{"source":"orders","detail":{}}"#.to_owned(),
                "no envelope: an object with source, detail; looks like an EventBridge event without detail-type: ",
            ),
            (
                r#"{"orderId":"secret","sku":"hat"}"#.to_owned(),
                "no envelope: an object with orderId, sku; looks like a plain payload, such as a rule's InputPath $.detail gives",
            ),
            (
                r#"{"specversion":"1.0","id":"1"}"#.to_owned(),
                "no envelope: it has specversion, id of a CloudEvents event and lacks source, type",
            ),
            (
                r#"{"specversion":"1.0","type":"t","eventId":"secret","timestamp":1}"#.to_owned(),
                "no envelope: it has eventId, timestamp of an envelope and lacks eventType, eventVersion, source, data; it has specversion, \
                 type of a CloudEvents event and lacks id, source",
            ),
            (
                r#"{"requestContext":{"condition":"RetriesExhausted"},"requestPayload":{"secret":1}}"#.to_owned(),
                "no envelope: an object with requestContext, requestPayload; looks like the record of a Lambda destination: ",
            ),
            (
                r#"{"Records":[{"eventSource":"aws:sqs"}]}"#.to_owned(),
                "no envelope: an object with Records; looks like a batch of another source: ",
            ),
            (
                r#"{"Message":"secret"}"#.to_owned(),
                "no envelope: an object with Message; looks like an SNS notification that was cut: ",
            ),
            (
                r#""{\"sku\":\"secret\"}""#.to_owned(),
                "the body is a JSON string, not an object: an input transformer's template in quotes, or JSON encoded twice?",
            ),
            (
                r#"{"sku": <sku>}"#.to_owned(),
                "the body is not JSON: expected value at line 1 column 9: an input transformer's variable that was not filled in?",
            ),
            (" ".to_owned(), "the body is empty"),
            ("[]".to_owned(), "the body is an array, not an object"),
            (notification("null"), "an SNS notification without Message"),
            (notification(r#"{"secret":1}"#), "an SNS notification whose Message is an object, not a string"),
            (notification(r#""\ud800""#), "an SNS notification whose Message is not UTF-8 text"),
            (
                notification(r#""secret""#),
                "an SNS notification whose Message is not readable: Message is not JSON: expected value at line 1 column 1",
            ),
            (
                notification(r#""{\"sku\":\"secret\"}""#),
                "an SNS notification whose Message is not readable: no envelope: an object with sku; looks like a plain payload",
            ),
            (
                notification(&serde_json::Value::from(notification(r#""{}""#)).to_string()),
                "an SNS notification whose Message is another SNS notification",
            ),
            (
                notification(r#""x""#).replace("Notification", "SubscriptionConfirmation"),
                "an SNS message of Type SubscriptionConfirmation, which is no Notification: confirm the subscription",
            ),
        ] {
            let reason = reason(&body);
            assert!(reason.starts_with(cause), "{body}\n{reason}\n{cause}");
            assert!(!reason.contains("secret"), "{reason}");
        }
    }

    #[test]
    fn an_envelope_may_hold_members_that_look_like_something_else() {
        let both = ENVELOPE.replacen(
            '{',
            r#"{"detail-type":"x","Message":"y","Records":[],"specversion":"1.0","#,
            1,
        );
        assert!(matches!(read(&both, &|| None), Content::Message(raw) if raw.id == "e1"));
    }
}

//! The content of a body: an envelope, an EventBridge event or an SNS notification around one, or nothing for a handler.
//!
//! | way | body |
//! |---|---|
//! | command, SNS raw delivery, rule with `InputPath: $.detail` | the envelope |
//! | rule without input settings | the EventBridge event |
//! | SNS without raw delivery | the notification, with either of them in `Message` |
//! | input transformer | what its template makes: one of these, or malformed |
//! | S3, a Lambda destination, a pipe from a table | a notification, a record, a change: a [foreign event](waxseal::foreign!) that its source names |
//! | anything else | somebody else's JSON, which the service's [adapter](waxseal::Service::adapt) names, or malformed |
//!
//! A CloudEvents event in structured JSON may stand in the place of an envelope (S-46). An event without a time has that of its
//! delivery. The innermost delivery with a time counts, since it stays the same on every way: EventBridge's `time`, SNS's
//! `Timestamp`, SQS's `SentTimestamp`.

use waxseal::{Malformed, Raw, Transport, batch::Content, cloudevents, is_plain_name};

use super::{attributes, changes, delivery::Delivery, destination, eventbridge, s3, shape};
use crate::json::{self, Object, kind};

/// Reads a body.
pub(crate) fn read(text: &str, delivery: &Delivery<'_>) -> Content {
    let text = json::unmarked(text);
    match eventbridge::fast_path(text) {
        Some(raw) => Content::Message(Box::new(raw)),
        None => member_by_member(text, delivery),
    }
}

fn member_by_member(text: &str, delivery: &Delivery<'_>) -> Content {
    match Object::parse(text) {
        Some(object) if shape::is_notification(&object) => notification(&object, delivery),
        Some(object) => event(text, &object, delivery),
        None => content(no_object("the body", text, delivery)),
    }
}

/// Reads an SNS notification, which is the delivery of its `Message`.
pub(crate) fn notification(sns: &Object<'_>, outer: &Delivery<'_>) -> Content {
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
    let (topic, id) =
        (sns.string("TopicArn").unwrap_or_default(), sns.string("MessageId").unwrap_or_default());
    let attributes = sns.object("MessageAttributes").map(|own| attributes::read(&own, attributes::SNS));
    let delivery = Delivery {
        transport: Transport::Topic(&topic),
        id: &id,
        sent: &|| shape::time(sns, "Timestamp").or_else(outer.sent),
        attributes: attributes.as_deref().unwrap_or_default(),
        ..*outer
    };
    let content = match Object::parse(text) {
        Some(object) if shape::is_notification(&object) => {
            return malformed("an SNS notification whose Message is another SNS notification".to_owned());
        }
        Some(object) => event(text, &object, &delivery),
        None => content(no_object("Message", text, &delivery)),
    };
    match content {
        Content::Malformed(inner) => {
            // A service that ignores such a payload ignores it on every way.
            Content::Malformed(inner.within("an SNS notification whose Message is not readable: "))
        }
        content => content,
    }
}

fn event(text: &str, object: &Object<'_>, delivery: &Delivery<'_>) -> Content {
    content(if shape::is_envelope(object) {
        Raw::parse(text)
    } else if shape::is_cloud_event(object) {
        cloudevents::read(text, (delivery.sent)())
    } else if object.has("detail-type") {
        eventbridge::read(object, delivery)
    } else if s3::is_test(object) {
        return Content::Ignored(s3::TEST);
    } else if s3::is_notification(object) {
        return s3::notification(object, delivery);
    } else if shape::is_destination(object) {
        return destination::content(text, object, delivery.sent);
    } else if changes::is_change(object) {
        return changes::content(object);
    } else {
        delivery.adapted(text).unwrap_or_else(|| Err(no_envelope(text, object)))
    })
}

fn content(read: Result<Raw, Malformed>) -> Content {
    read.map_or_else(Content::Malformed, |raw| Content::Message(Box::new(raw)))
}

/// The likely cause, by what is there (S-36).
fn no_envelope(text: &str, object: &Object<'_>) -> Malformed {
    if let Some(lacking) = waxseal::lacking(text) {
        return Malformed::new(format!(
            "no envelope: {lacking}; where it is JSON of another form, give its id and name by `Service::adapt`"
        ));
    }
    let cause = if object.has("detail") {
        "looks like an EventBridge event without detail-type: the input transformer must keep it, or deliver $.detail alone"
    } else if object.has("Message") {
        "looks like an SNS notification that was cut: deliver it whole, or raw"
    } else if object.has("Records") {
        "looks like a batch of another source: wire that source to the function itself"
    } else {
        "looks like a plain payload, such as a rule's InputPath $.detail gives where detail is no envelope: give its id and name by \
         `Service::adapt`, or deliver the whole event, so that its detail-type tells what it is"
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

/// JSON that is no object, and a text that is no JSON.
fn no_object(what: &str, text: &str, delivery: &Delivery<'_>) -> Result<Raw, Malformed> {
    let json = serde_json::from_str::<serde::de::IgnoredAny>(text);
    let is_adaptable = json.is_ok() && !is_extended_pointer(text);
    if let Some(adapted) = is_adaptable.then(|| delivery.adapted(text)).flatten() {
        return adapted;
    }
    let reason = match json {
        Ok(_) if is_extended_pointer(text) => {
            "is a pointer of the SQS extended client: its payload lies in S3 and is not fetched: send the payload itself, or declare \
             a claim check for the message"
                .to_owned()
        }
        Ok(_) if kind(text) == "a string" => {
            "is a JSON string, not an object: an input transformer's template in quotes, or JSON encoded twice?".to_owned()
        }
        Ok(_) => format!("is {}, not an object: `Service::adapt` may name it", kind(text)),
        Err(_) if text.trim().is_empty() => "is empty".to_owned(),
        Err(error) if text.contains('<') => {
            format!("is not JSON: {error}: an input transformer's variable that was not filled in?")
        }
        Err(error) => format!("is not JSON: {error}"),
    };
    Err(Malformed::new(format!("{what} {reason}")))
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

    /// A delivery to a service without an adapter.
    const DELIVERY: Delivery<'static> = Delivery {
        service: None,
        transport: Transport::Queue("q"),
        id: "m1",
        sent: &|| None,
        attributes: &[],
        returned: None,
    };

    fn reason(body: &str) -> String {
        match read(body, &DELIVERY) {
            Content::Malformed(malformed) => malformed.to_string(),
            _ => panic!("readable: {body}"),
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
            if let Some(raw) = eventbridge::fast_path(&text) {
                prop_assert_eq!(format!("{:?}", member_by_member(&text, &DELIVERY)), format!("{:?}", Content::Message(Box::new(raw))));
            }
        }
    }

    #[test]
    fn a_usual_event_is_read_at_once() {
        let usual =
            format!("{{{},{}}}", MEMBERS[..4].join(","), r#""id":"e","resources":[],"replay-name":"r""#);
        let raw = eventbridge::fast_path(&usual).unwrap();
        assert_eq!((&*raw.id, &raw.metadata["replayName"]), ("e1", &"r".into()));
        assert!(eventbridge::fast_path(ENVELOPE).is_none());
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
                "an entry of S3 without eventName",
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
                "the record of a Lambda destination without requestContext.requestId",
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
        assert!(matches!(read(&both, &DELIVERY), Content::Message(raw) if raw.id == "e1"));
    }
}

//! CloudEvents in every wrapping that an envelope may come in (S-46).

use crate::common::{OK, OrderPlaced, golden, inventory, invoke};
use waxseal::Envelope;

const WAYS: [&str; 7] = [
    "sqs-cloudevent",
    "sqs-eventbridge-cloudevent",
    "sqs-sns-cloudevent",
    "sqs-sns-eventbridge-cloudevent",
    "sns-cloudevent",
    "sns-eventbridge-cloudevent",
    "eventbridge-cloudevent",
];

/// What the handler is given, or the reason of the one dead letter.
async fn handled(payload: &[u8]) -> Result<Envelope<OrderPlaced>, String> {
    let (function, seen) = inventory();
    assert_eq!(invoke(&function, payload).await.unwrap(), OK);
    let mut handled = seen.handled.lock().unwrap();
    match handled.len() {
        0 => Err(seen.reasons().remove(0)),
        1 => Ok(handled.remove(0)),
        more => panic!("{more} events of one"),
    }
}

#[tokio::test]
async fn s46_a_cloud_event_in_every_wrapping_is_the_identical_envelope() {
    let expected = handled(&golden("sqs-envelope")).await.unwrap();
    for way in WAYS {
        assert_eq!(handled(&golden(way)).await.as_ref(), Ok(&expected), "{way}");
    }
}

#[tokio::test]
async fn s46_one_that_says_no_time_has_that_of_its_delivery() {
    for (way, time) in [
        ("eventbridge-cloudevent", "2026-11-21T09:30:01Z"),
        ("sqs-eventbridge-cloudevent", "2026-11-21T09:30:01Z"),
        ("sqs-sns-eventbridge-cloudevent", "2026-11-21T09:30:01Z"),
        ("sns-eventbridge-cloudevent", "2026-11-21T09:30:01Z"),
        ("sns-cloudevent", "2026-11-21T09:30:01.48Z"),
        ("sqs-sns-cloudevent", "2026-11-21T09:30:01.48Z"),
        ("sqs-cloudevent", "2026-11-21T09:30:01.512Z"),
    ] {
        // The attribute goes; EventBridge's own `time` is in UTC and stays.
        let payload = String::from_utf8(golden(way)).unwrap();
        let at = payload.find("2026-11-21T10:30:00.123+01:00").unwrap();
        let start = payload[..at].rfind("time").unwrap();
        let payload = format!("{}unset{}", &payload[..start], &payload[start + 4..]);
        let event = handled(payload.as_bytes()).await.unwrap();
        assert_eq!(event.timestamp.to_string(), time, "{way}");
    }
}

#[tokio::test]
async fn s46_a_cloud_event_from_another_source_than_eventbridges_is_malformed() {
    let payload = String::from_utf8(golden("eventbridge-cloudevent")).unwrap();
    let at = payload.find("specversion").unwrap();
    let payload = format!(
        "{}{}",
        &payload[..at],
        payload[at..].replacen(r#""orders""#, r#""https://shop.example""#, 1)
    );
    assert_eq!(
        handled(payload.as_bytes()).await.unwrap_err(),
        "malformed: an EventBridge event from source orders whose detail says source https://shop.example: a publisher speaks for \
         its own alone"
    );
}

#[tokio::test]
async fn s46_one_that_cannot_be_read_is_dead_lettered_with_attribute_and_cause() {
    let cause = "a CloudEvents event whose datacontenttype is text/xml: handlers read JSON, so let the producer send \
                 application/json, or convert it on the way";
    for (way, before) in [
        ("sqs-cloudevent", ""),
        ("sqs-eventbridge-cloudevent", "an EventBridge event whose detail is not readable: "),
        ("sqs-sns-cloudevent", "an SNS notification whose Message is not readable: "),
        ("eventbridge-cloudevent", "an EventBridge event whose detail is not readable: "),
    ] {
        let payload = String::from_utf8(golden(way)).unwrap().replace("application/json", "text/xml");
        assert_eq!(
            handled(payload.as_bytes()).await.unwrap_err(),
            format!("malformed: {before}{cause}"),
            "{way}"
        );
    }
    let payload = String::from_utf8(golden("sqs-cloudevent")).unwrap().replace("1.0", "0.3");
    assert_eq!(
        handled(payload.as_bytes()).await.unwrap_err(),
        "malformed: a CloudEvents event whose specversion is 0.3: 1.0 is the one that is read"
    );
}

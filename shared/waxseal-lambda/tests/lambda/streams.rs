//! Kinesis: each record of a shard, in order for each partition key, and the first failed one in the answer.

use crate::{
    anything::{anything, anything_of, envelope},
    common::{OK, batch, case, failed, golden, invoke},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use waxseal::{Adapted, Transport, batch::Policy, dead_letter::AttributeValue};

/// A record of a shard.
pub(crate) fn shard_record(key: &str, number: u32, data: &[u8]) -> Value {
    json!({
        "kinesis": {
            "kinesisSchemaVersion": "1.0", "partitionKey": key, "sequenceNumber": number.to_string(),
            "data": STANDARD.encode(data), "approximateArrivalTimestamp": 1_795_253_400.987,
        },
        "eventSource": "aws:kinesis", "eventVersion": "1.0", "eventName": "aws:kinesis:record",
        "eventID": format!("shardId-000000000006:{number}"), "awsRegion": "eu-west-1",
        "eventSourceARN": "arn:aws:kinesis:eu-west-1:123456789012:stream/clicks",
    })
}

fn shard(records: &[Value]) -> Vec<u8> {
    json!({ "Records": records }).to_string().into_bytes()
}

#[tokio::test]
async fn s53_each_record_of_a_shard_takes_effect_once_in_order_for_each_key() {
    let (function, seen) = anything();
    let payload = case("kinesis-batch");
    for _ in 0..2 {
        assert_eq!(invoke(&function, &payload).await.unwrap(), OK);
    }
    let runs = seen.ids();
    assert_eq!(runs.len(), 5, "{runs:?}");
    let of = |ids: &[&str]| runs.iter().filter(|id| ids.contains(&id.as_str())).cloned().collect::<Vec<_>>();
    assert_eq!(
        (of(&["k0", "k2", "k4"]), of(&["k1", "k3"])),
        (vec!["k0".into(), "k2".into(), "k4".into()], vec!["k1".into(), "k3".into()])
    );
}

#[tokio::test]
async fn s53_the_answer_names_the_first_failed_record_and_what_follows_it_under_its_key_does_not_run() {
    let (function, seen) = anything();
    seen.fail("\"n\": 2");
    let answer = invoke(&function, &case("kinesis-batch")).await.unwrap();
    assert_eq!(answer, failed(&["49590338271490256608559692538361571095921575989136580002"]));
    let mut runs = seen.ids();
    runs.sort();
    assert_eq!(runs, ["k0", "k1", "k2", "k3"]);
}

#[tokio::test]
async fn s53_data_that_no_event_holds_is_a_dead_letter_with_the_identity_of_its_place() {
    let (function, seen) = anything();
    // Lambda developer guide, "Using Lambda to process records from Amazon Kinesis Data Streams", example event.
    assert_eq!(invoke(&function, &golden("kinesis")).await.unwrap(), OK);
    let dead_letters = seen.dead_letters();
    let bodies: Vec<&[u8]> = dead_letters.iter().map(|dead_letter| &*dead_letter.body).collect();
    assert_eq!(bodies, [&b"Hello, this is a test."[..], b"This is only a test."]);
    let place = "shardId-000000000006:49590338271490256608559692538361571095921575989136588898";
    let stream = "arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream";
    assert_eq!(dead_letters[0].identity, Some((stream.to_owned(), place.to_owned())));
    assert!(dead_letters[0].reason.contains("is not JSON"), "{}", dead_letters[0].reason);
}

#[tokio::test]
async fn s53_a_record_that_cannot_be_read_fails_alone_and_one_without_a_number_fails_the_invocation() {
    let good = |number| shard_record("a", number, envelope(&format!("e{number}"), &json!({})).as_bytes());
    let mut bad = shard_record("b", 2, b"");
    bad["kinesis"]["data"] = "not base64!".into();
    let mut none = shard_record("b", 3, b"");
    none["kinesis"]["data"] = Value::Null;
    let not_text = shard_record("b", 4, b"\xff\xfe");
    let (function, seen) = anything();
    let payload = shard(&[good(1), bad, none, not_text, good(5)]);
    assert_eq!(invoke(&function, &payload).await.unwrap(), OK);
    assert_eq!(seen.ids(), ["e1", "e5"]);
    let reasons = seen.reasons();
    for says in ["is not base64", "has no data", "is not UTF-8 text"] {
        assert!(reasons.iter().any(|reason| reason.contains(says)), "{reasons:?}");
    }
    assert_eq!(reasons.len(), 3);

    let mut unnamed = good(1);
    unnamed["kinesis"]["sequenceNumber"] = "".into();
    let (function, seen) = anything();
    invoke(&function, &shard(&[good(2), unnamed])).await.unwrap_err();
    assert_eq!(seen.ids(), [""; 0]);
}

/// As the Kinesis Producer Library aggregates: keys, and records as (key, data).
fn aggregated(keys: &[&str], records: &[(u8, &str)]) -> Vec<u8> {
    let field = |number: u8, bytes: &[u8]| {
        let length = u16::try_from(bytes.len()).unwrap();
        [&[number << 3 | 2, (length & 0x7f) as u8 | 0x80, (length >> 7) as u8][..], bytes].concat()
    };
    let mut message = vec![0xf3, 0x89, 0x9a, 0xc2];
    keys.iter().for_each(|key| message.extend(field(1, key.as_bytes())));
    for (key, data) in records {
        message.extend(field(3, &[&[1 << 3, *key][..], &field(3, data.as_bytes())].concat()));
    }
    message.extend([0; 16]);
    message
}

#[tokio::test]
async fn s54_the_records_of_the_producer_library_are_taken_apart() {
    let (one, two, three) = (
        envelope("e1", &json!({"n": 1})),
        envelope("e2", &json!({"n": 2})),
        envelope("e3", &json!({"n": 3})),
    );
    let whole = aggregated(&["a", "b"], &[(0, &one), (1, &two), (0, "plain"), (0, &three)]);
    let payload = shard(&[shard_record("a", 7, &whole)]);
    let (function, seen) = anything();
    assert_eq!(invoke(&function, &payload).await.unwrap(), OK);
    let mut ids = seen.ids();
    ids.sort();
    assert_eq!(ids, ["e1", "e2", "e3"]);
    let dead_letter = &seen.dead_letters()[0];
    assert_eq!(
        (&*dead_letter.body, &*dead_letter.identity.as_ref().unwrap().1),
        (&b"plain"[..], "shardId-000000000006:7:2")
    );

    // One of them fails: the answer names the record that holds it.
    let (function, seen) = anything();
    seen.fail("\"n\":2");
    assert_eq!(invoke(&function, &payload).await.unwrap(), failed(&["7"]));
}

#[tokio::test]
async fn s54_an_aggregated_record_that_cannot_be_read_is_a_dead_letter_that_says_so() {
    let whole = aggregated(&["a"], &[(5, "{}")]);
    for (data, says) in [(&whole[..], "cannot be read"), (&whole[..9], "is cut off")] {
        let (function, seen) = anything();
        assert_eq!(invoke(&function, &shard(&[shard_record("a", 7, data)])).await.unwrap(), OK);
        let dead_letter = &seen.dead_letters()[0];
        assert!(
            dead_letter.reason.contains("an aggregated record of the Kinesis Producer Library"),
            "{}",
            dead_letter.reason
        );
        assert!(dead_letter.reason.contains(says) && dead_letter.body == data, "{}", dead_letter.reason);
    }
}

#[tokio::test]
async fn s51_plain_json_of_a_shard_is_adapted_to_an_event_with_the_identity_of_its_place() {
    const STREAM: &str = "arn:aws:kinesis:eu-west-1:123456789012:stream/clicks";
    let plain = r#"{"kind":"any.thing","n":1}"#;
    let whole = aggregated(&["a"], &[(0, plain), (0, plain)]);
    let (function, seen) = anything_of(
        |service| {
            service.adapt(|record| {
                assert_eq!(record.transport, Transport::Stream(STREAM));
                Ok(Adapted::named(record.text_at("/kind")?))
            })
        },
        Policy::default(),
    );
    let payload = shard(&[shard_record("a", 7, plain.as_bytes()), shard_record("a", 8, &whole)]);
    for _ in 0..2 {
        assert_eq!(invoke(&function, &payload).await.unwrap(), OK, "{:?}", seen.reasons());
    }
    let shard = "shardId-000000000006";
    assert_eq!(seen.ids(), [format!("{shard}:7"), format!("{shard}:8:0"), format!("{shard}:8:1")]);
    let first = &seen.runs()[0];
    assert_eq!((&*first.source, &*first.time, &*first.data), (STREAM, "2026-11-21T09:30:00.987Z", plain));
}

#[tokio::test]
async fn s52_a_redriven_dead_letter_of_a_shard_has_the_identity_of_its_place() {
    let plain = r#"{"kind":"any.thing","n":1}"#;
    let mut policy = Policy::default();
    policy.max_age = Some(std::time::Duration::from_secs(60));
    let adapting = || {
        let adapt =
            |service: waxseal::Service| service.adapt(|record| Ok(Adapted::named(record.text_at("/kind")?)));
        anything_of(adapt, policy.clone())
    };
    let (function, seen) = adapting();
    seen.fail("\"n\":1");
    seen.set_now("2026-11-21T10:30:00Z");
    assert_eq!(invoke(&function, &shard(&[shard_record("a", 7, plain.as_bytes())])).await.unwrap(), OK);
    let dead_letter = &seen.dead_letters()[0];
    let message = dead_letter.message(1 << 20, |_| true).unwrap();
    let attributes: serde_json::Map<String, Value> = message
        .attributes
        .iter()
        .filter_map(|attribute| match &attribute.value {
            AttributeValue::Text(text) => {
                Some((attribute.name.clone(), json!({"dataType": attribute.kind, "stringValue": text})))
            }
            AttributeValue::Binary(_) => None,
        })
        .collect();
    let redriven = json!({
        "messageId": "m1", "receiptHandle": "r", "body": message.body, "messageAttributes": attributes,
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1795253401512"},
        "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:q",
    });
    let (function, seen) = adapting();
    assert_eq!(invoke(&function, &batch(&[redriven.to_string()])).await.unwrap(), OK);
    assert_eq!(seen.ids(), ["shardId-000000000006:7"], "{:?}", seen.reasons());
}

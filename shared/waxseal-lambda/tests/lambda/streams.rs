//! Kinesis: each record of a shard, in order for each partition key, and the first failed one in the answer.

use crate::{
    anything::{anything, envelope},
    common::{OK, case, failed, golden, invoke},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

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
async fn s60_each_record_of_a_shard_takes_effect_once_in_order_for_each_key() {
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
async fn s60_the_answer_names_the_first_failed_record_and_what_follows_it_under_its_key_does_not_run() {
    let (function, seen) = anything();
    seen.fail("\"n\": 2");
    let answer = invoke(&function, &case("kinesis-batch")).await.unwrap();
    assert_eq!(answer, failed(&["49590338271490256608559692538361571095921575989136580002"]));
    let mut runs = seen.ids();
    runs.sort();
    assert_eq!(runs, ["k0", "k1", "k2", "k3"]);
}

#[tokio::test]
async fn s60_data_that_no_event_holds_is_a_dead_letter_with_the_identity_of_its_place() {
    let (function, seen) = anything();
    // Lambda developer guide, "Using Lambda to process records from Amazon Kinesis Data Streams", example event.
    assert_eq!(invoke(&function, &golden("kinesis")).await.unwrap(), OK);
    let letters = seen.letters();
    let bodies: Vec<&[u8]> = letters.iter().map(|letter| &*letter.body).collect();
    assert_eq!(bodies, [&b"Hello, this is a test."[..], b"This is only a test."]);
    let place = "shardId-000000000006:49590338271490256608559692538361571095921575989136588898";
    let stream = "arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream";
    assert_eq!(letters[0].identity, Some((stream.to_owned(), place.to_owned())));
    assert!(letters[0].reason.contains("is not JSON"), "{}", letters[0].reason);
}

#[tokio::test]
async fn s60_a_record_that_cannot_be_read_fails_alone_and_one_without_a_number_fails_the_invocation() {
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
async fn s61_the_records_of_the_producer_library_are_taken_apart() {
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
    let letter = &seen.letters()[0];
    assert_eq!(
        (&*letter.body, &*letter.identity.as_ref().unwrap().1),
        (&b"plain"[..], "shardId-000000000006:7:2")
    );

    // One of them fails: the answer names the record that holds it.
    let (function, seen) = anything();
    seen.fail("\"n\":2");
    assert_eq!(invoke(&function, &payload).await.unwrap(), failed(&["7"]));
}

#[tokio::test]
async fn s61_an_aggregated_record_that_cannot_be_read_is_a_dead_letter_that_says_so() {
    let whole = aggregated(&["a"], &[(5, "{}")]);
    for (data, says) in [(&whole[..], "cannot be read"), (&whole[..9], "is cut off")] {
        let (function, seen) = anything();
        assert_eq!(invoke(&function, &shard(&[shard_record("a", 7, data)])).await.unwrap(), OK);
        let letter = &seen.letters()[0];
        assert!(
            letter.reason.contains("an aggregated record of the Kinesis Producer Library"),
            "{}",
            letter.reason
        );
        assert!(letter.reason.contains(says) && letter.body == data, "{}", letter.reason);
    }
}

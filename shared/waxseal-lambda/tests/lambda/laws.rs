//! Laws of the response, for any batch and any payload.

use crate::common::{OK, batch, inventory, invoke, order, orders, record};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Response {
    batch_item_failures: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Item {
    item_identifier: String,
}

/// Kinds of records; the number tells copies of one event from different events.
#[derive(Debug, Clone)]
enum Kind {
    Good(u8),
    Failing(u8),
    Panicking(u8),
    Permanent(u8),
    Malformed,
    NotText,
}

fn kinds() -> impl Strategy<Value = Vec<(Kind, Option<u8>)>> {
    let kind = prop_oneof![
        4 => (0u8..4).prop_map(Kind::Good),
        3 => (0u8..4).prop_map(Kind::Failing),
        1 => (0u8..4).prop_map(Kind::Panicking),
        1 => (0u8..4).prop_map(Kind::Permanent),
        1 => Just(Kind::Malformed),
        1 => Just(Kind::NotText),
    ];
    proptest::collection::vec((kind, proptest::option::of(0u8..2)), 0..16)
}

fn body(kind: &Kind) -> Value {
    match kind {
        Kind::Good(n) => order(&format!("good-{n}"), "hat").into(),
        Kind::Failing(n) => order(&format!("failing-{n}"), "broken").into(),
        Kind::Panicking(n) => order(&format!("panicking-{n}"), "panics").into(),
        Kind::Permanent(n) => order(&format!("permanent-{n}"), "never").into(),
        Kind::Malformed => "{\"eventId\":".into(),
        Kind::NotText => Value::Null,
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

proptest! {
    #[test]
    fn s4_s5_the_response_names_failed_records_of_the_batch_once_in_input_order(
        kinds in kinds(),
        queue_is_missing in any::<bool>(),
    ) {
        let (function, seen) = inventory();
        seen.fixture.dead_letters.set_missing(queue_is_missing);
        let records: Vec<String> = kinds
            .iter()
            .enumerate()
            .map(|(index, (kind, group))| {
                let record = record(&format!("m{index}"), &body(kind));
                match group {
                    Some(group) => record.replace(r#""SentTimestamp""#, &format!(r#""MessageGroupId":"g{group}","SentTimestamp""#)).replace(":inventory\"", ":inventory.fifo\""),
                    None => record,
                }
            })
            .collect();
        let text = run(invoke(&function, &batch(&records))).unwrap();
        let response: Response = serde_json::from_str(&text).unwrap();
        let named: Vec<usize> = response
            .batch_item_failures
            .iter()
            .map(|item| item.item_identifier.strip_prefix('m').unwrap().parse().unwrap())
            .collect();
        prop_assert!(named.windows(2).all(|pair| pair[0] < pair[1]), "{text}");
        for (index, (kind, group)) in kinds.iter().enumerate() {
            let must = match kind {
                Kind::Failing(_) | Kind::Panicking(_) => Some(true),
                // Dead-lettered, unless that fails; behind a failure of its group it may not have run at all.
                Kind::Permanent(_) | Kind::Malformed | Kind::NotText if queue_is_missing => Some(true),
                Kind::Good(_) | Kind::Permanent(_) | Kind::Malformed | Kind::NotText if group.is_some() => None,
                Kind::Good(_) | Kind::Permanent(_) | Kind::Malformed | Kind::NotText => Some(false),
            };
            if let Some(must) = must {
                prop_assert_eq!(named.contains(&index), must, "record {} {:?}: {}", index, kind, text);
            }
        }
    }

    #[test]
    fn any_bytes_are_answered_or_refused(payload in proptest::collection::vec(any::<u8>(), 0..256)) {
        let (function, _) = inventory();
        let _answer = run(invoke(&function, &payload));
    }

    /// Real payloads with some bytes replaced come closer to the parser than noise does.
    #[test]
    fn a_spoilt_payload_is_answered_or_refused_and_its_siblings_survive(
        golden in proptest::sample::select(vec![
            "sqs-envelope", "sqs-sns-eventbridge", "sqs-fifo", "sns-eventbridge", "eventbridge-plain", "stream-one-item",
            "http-function-url",
        ]),
        spots in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut payload = crate::common::golden(golden);
        for (at, byte) in spots {
            let at = at.index(payload.len());
            payload[at] = byte;
        }
        let (function, _) = inventory();
        if let Ok(text) = run(invoke(&function, &payload)) {
            let response: Response = serde_json::from_str(&text).unwrap();
            prop_assert!(response.batch_item_failures.iter().all(|item| !item.item_identifier.is_empty()));
        }
    }

    #[test]
    fn s3_whatever_a_body_holds_its_siblings_run(body in ".{0,64}") {
        let (function, seen) = inventory();
        let mut records = String::from_utf8(orders(&[("m1", "hat"), ("m2", "SPOT"), ("m3", "hat")])).unwrap();
        let spot = Value::from(order("o-m2", "SPOT")).to_string();
        records = records.replace(&spot, &Value::from(body).to_string());
        prop_assert_eq!(run(invoke(&function, records.as_bytes())).unwrap(), OK);
        prop_assert_eq!(seen.orders(), ["o-m1", "o-m3"]);
    }
}

//! The response to Lambda: SEMANTICS A, and what stream and asynchronous sources expect.

use crate::common::{OK, batch, failed, golden, inventory, inventory_with, invoke, order, orders, record};
use serde_json::{Value, json};
use waxseal::batch::{Policy, TotalFailure};
use waxseal_lambda::{Invoke, InvokeError};

#[tokio::test]
async fn s1_all_succeed_and_no_records_are_exactly_ok() {
    let (function, seen) = inventory();
    assert_eq!(invoke(&function, &orders(&[("m1", "hat"), ("m2", "scarf")])).await.unwrap(), OK);
    assert_eq!(seen.orders(), ["o-m1", "o-m2"]);

    let (function, seen) = inventory();
    assert_eq!(invoke(&function, br#"{"Records":[]}"#).await.unwrap(), OK);
    assert!(seen.orders().is_empty());
}

#[tokio::test]
async fn s2_one_failure_is_named_and_the_siblings_take_effect_once() {
    let (function, seen) = inventory();
    let payload = orders(&[("m1", "hat"), ("m2", "broken"), ("m3", "hat")]);
    assert_eq!(invoke(&function, &payload).await.unwrap(), failed(&["m2"]));
    assert_eq!(seen.fixture.table.items().iter().count(), 2);
    // Delivered again, whole: the siblings are duplicates.
    assert_eq!(invoke(&function, &payload).await.unwrap(), failed(&["m2"]));
    assert_eq!(seen.fixture.table.items().iter().count(), 2);
    assert!(seen.dead_letters().is_empty());
}

/// Everything that can be wrong with one record, as its JSON.
fn malformed() -> Vec<(&'static str, String, &'static str)> {
    let with = |body: Value| record("m2", &body);
    let good = with(order("x", "hat").into());
    let body = Value::from(order("x", "hat")).to_string();
    vec![
        (
            "not JSON",
            with("hello".into()),
            "malformed: the body is not JSON: expected value at line 1 column 1",
        ),
        ("an empty body", with("".into()), "malformed: the body is empty"),
        ("a number", with(json!(7)), "malformed: the body is a number, not a string"),
        ("an object", with(json!({"eventId": "x"})), "malformed: the body is an object, not a string"),
        ("null", with(Value::Null), "malformed: the record has no body"),
        ("missing", good.replace(&format!(r#""body":{body},"#), ""), "malformed: the record has no body"),
        (
            "no envelope",
            with(r#"{"eventId":"x","eventType":"order.placed"}"#.into()),
            "malformed: no envelope: it has eventId, eventType of an envelope and lacks eventVersion, timestamp, source, data",
        ),
        ("a lone surrogate", good.replace(&body, r#""\ud800""#), "malformed: the body is not UTF-8 text"),
        (
            "an unknown type",
            with(order("x", "hat").replace("order.placed", "order.lost").into()),
            "service inventory has no handler for order.lost: it handles order.placed",
        ),
        (
            "attributes of another kind",
            good.replace(r#""attributes":{"#, r#""attributes":[],"x":{"#),
            "malformed: attributes must be an object",
        ),
        (
            "no source",
            good.replace(r#""eventSource":"aws:sqs","#, ""),
            "malformed: the record's eventSource does not say SQS, as its batch does",
        ),
        (
            "another source",
            good.replace(r#""aws:sqs""#, r#""aws:sns""#),
            "malformed: the record's eventSource does not say SQS, as its batch does",
        ),
        (
            "a count that is none",
            good.replace(r#"Count":"1""#, r#"Count":"many""#),
            "malformed: ApproximateReceiveCount must be a whole number in a string",
        ),
        (
            "a count of another kind",
            good.replace(r#"Count":"1""#, r#"Count":{}"#),
            "malformed: ApproximateReceiveCount must be a string",
        ),
    ]
}

#[tokio::test]
async fn s3_a_malformed_record_is_dead_lettered_alone() {
    for (what, bad, reason) in malformed() {
        let (function, seen) = inventory();
        let payload = batch(&[
            record("m1", &order("o-m1", "hat").into()),
            bad,
            record("m3", &order("o-m3", "hat").into()),
        ]);
        assert_eq!(invoke(&function, &payload).await.unwrap(), OK, "{what}");
        assert_eq!(seen.orders(), ["o-m1", "o-m3"], "{what}");
        let reasons = seen.reasons();
        assert!(matches!(&*reasons, [one] if one.starts_with(reason)), "{what}: {reasons:?}");
    }
}

#[tokio::test]
async fn s3_a_body_that_is_not_utf8_is_dead_lettered_alone_and_verbatim() {
    let (function, seen) = inventory();
    let payload = batch(&[
        record("m1", &order("o-m1", "hat").into()),
        record("m2", &"K#ln".into()),
        record("m3", &order("o-m3", "köln-mug").into()),
    ]);
    let latin1: Vec<u8> = payload.iter().map(|byte| if *byte == b'#' { 0xf6 } else { *byte }).collect();
    assert_eq!(invoke(&function, &latin1).await.unwrap(), OK);
    assert_eq!(seen.orders(), ["o-m1", "o-m3"]);
    assert_eq!(seen.reasons(), ["malformed: the body is not UTF-8 text"]);
    let dead_letter = seen.dead_letters()[0].clone();
    assert_eq!((dead_letter.body, dead_letter.record), (b"K\xf6ln".to_vec(), "m2".to_owned()));
}

#[tokio::test]
async fn s3_a_malformed_record_fails_when_the_dead_letter_queue_cannot_be_written() {
    let (function, seen) = inventory();
    seen.fixture.dead_letters.set_missing(true);
    let payload = batch(&[record("m1", &"hello".into()), record("m2", &order("o-m2", "hat").into())]);
    assert_eq!(invoke(&function, &payload).await.unwrap(), failed(&["m1"]));
}

#[tokio::test]
async fn s4_a_record_without_an_id_fails_the_invocation_before_anything_runs() {
    let nameless = [
        ("missing", r#""messageId":"m2","#, ""),
        ("null", r#""messageId":"m2""#, r#""messageId":null"#),
        ("empty", r#""messageId":"m2""#, r#""messageId":"""#),
        ("a number", r#""messageId":"m2""#, r#""messageId":2"#),
        ("not UTF-8", r#""messageId":"m2""#, r#""messageId":"\udfff""#),
    ];
    for (what, from, to) in nameless {
        let (function, seen) = inventory();
        let payload = String::from_utf8(orders(&[("m1", "hat"), ("m2", "hat")])).unwrap().replace(from, to);
        let error = invoke(&function, payload.as_bytes()).await.unwrap_err();
        assert!(matches!(error, InvokeError::MissingId(_)), "{what}: {error}");
        assert_eq!(
            error.to_string(),
            "record 1 has no id, so it cannot be reported as failed: the whole invocation fails instead"
        );
        assert!(seen.orders().is_empty(), "{what}");
    }
}

#[tokio::test]
async fn s5_failures_are_named_once_in_input_order() {
    let (function, _) = inventory();
    let mut records: Vec<String> = ["m4", "m1", "m3", "m2"]
        .iter()
        .map(|id| record(id, &order(&format!("o-{id}"), "broken").into()))
        .collect();
    records.push(records[1].clone());
    records.insert(2, record("fine", &order("o-fine", "hat").into()));
    assert_eq!(invoke(&function, &batch(&records)).await.unwrap(), failed(&["m4", "m1", "m3", "m2"]));
}

#[tokio::test]
async fn a_panic_and_a_fifo_group_are_reported_as_the_batch_says() {
    let (function, _) = inventory();
    let payload = orders(&[("m1", "hat"), ("m2", "panics"), ("m3", "hat")]);
    assert_eq!(invoke(&function, &payload).await.unwrap(), failed(&["m2"]));

    // a1 b1 a2 b2 a3, a1 fails: the rest of its group comes again without having run.
    let (function, seen) = inventory();
    assert_eq!(invoke(&function, &golden("sqs-fifo")).await.unwrap(), failed(&["m1", "m3", "m5"]));
    assert_eq!(seen.orders(), ["o-1", "o-2", "o-4"]);
}

/// Standard, FIFO and a stream, with nothing in them that could take effect, and the response that names what failed.
fn hopeless() -> [(&'static str, Vec<u8>, String); 3] {
    let broken = |name: &str| {
        let golden = String::from_utf8(golden(name)).unwrap();
        ["hat", "köln-mug-0,33l"]
            .iter()
            .fold(golden, |golden, sku| golden.replace(sku, "broken"))
            .into_bytes()
    };
    [
        (
            "standard",
            orders(&[("m1", "broken"), ("m2", "panics"), ("m3", "broken")]),
            failed(&["m1", "m2", "m3"]),
        ),
        ("fifo", broken("sqs-fifo"), failed(&["m1", "m2", "m3", "m4", "m5"])),
        ("stream", broken("stream-one-item"), failed(&["222000000000000000000001"])),
    ]
}

#[tokio::test]
async fn s7_where_all_fail_all_are_named_or_the_invocation_fails_as_the_policy_says() {
    for (source, payload, named) in hopeless() {
        let (function, seen) = inventory();
        assert_eq!(invoke(&function, &payload).await.unwrap(), named, "{source}");
        assert_eq!(seen.fixture.table.items().iter().count(), 0, "{source}");

        let mut policy = Policy::default();
        policy.total_failure = TotalFailure::Raise;
        let (function, seen) = inventory_with(policy);
        let error = invoke(&function, &payload).await.unwrap_err();
        let InvokeError::Failed { failed, records, reason, .. } = &error else { panic!("{source}: {error}") };
        assert_eq!(failed, records, "{source}");
        assert_eq!(reason, "the shelf is stuck", "{source}");
        assert_eq!(seen.dead_letters().len(), 0, "{source}: it comes again");
    }
}

#[tokio::test]
async fn s7_one_that_did_not_fail_is_enough_for_a_response() {
    let mut policy = Policy::default();
    policy.total_failure = TotalFailure::Raise;
    for (payload, response) in [
        (orders(&[("m1", "broken"), ("m2", "hat")]), failed(&["m1"])),
        // Dead-lettered is dealt with.
        (orders(&[("m1", "broken"), ("m2", "never")]), failed(&["m1"])),
        (orders(&[("m1", "hat")]), OK.to_owned()),
        (batch(&[]), OK.to_owned()),
        (golden("sqs-fifo"), failed(&["m1", "m3", "m5"])),
    ] {
        let (function, _) = inventory_with(policy.clone());
        assert_eq!(invoke(&function, &payload).await.unwrap(), response);
    }
}

#[tokio::test]
async fn s23_two_invocations_at_once_share_no_batch_state() {
    let (function, seen) = inventory();
    let (one, other) =
        (orders(&[("m1", "broken"), ("m2", "hat")]), orders(&[("m3", "hat"), ("m4", "broken")]));
    let clone = function.clone();
    let (one, other) = tokio::join!(invoke(&function, &one), invoke(&clone, &other));
    assert_eq!((one.unwrap(), other.unwrap()), (failed(&["m1"]), failed(&["m4"])));
    assert_eq!(seen.orders(), ["o-m1", "o-m2", "o-m3", "o-m4"]);
}

#[tokio::test]
async fn s33_a_stream_names_exactly_the_first_failure_and_later_changes_of_its_item_do_not_run() {
    let (function, seen) = inventory();
    let response = invoke(&function, &golden("stream-one-item")).await.unwrap();
    assert_eq!(response, failed(&["222000000000000000000003"]));
    // 14 and 15 are the later changes of the same item, 18 is another item's.
    assert_eq!(seen.orders(), ["o-11", "o-12", "o-13", "o-18"]);
}

#[tokio::test]
async fn s33_a_stream_record_with_several_envelopes_is_named_once_and_silent_ones_never() {
    let (function, seen) = inventory();
    assert_eq!(invoke(&function, &golden("stream-receipts")).await.unwrap(), OK);
    assert_eq!(seen.orders(), ["o-1", "o-2", "o-4"]);
}

#[tokio::test]
async fn s38_a_failure_under_sns_and_eventbridge_fails_the_invocation() {
    for name in ["sns-envelope", "eventbridge-envelope"] {
        let payload = String::from_utf8(golden(name)).unwrap();
        let (function, seen) = inventory();
        let broken = payload.replace("köln-mug-0,33l", "broken");
        let error = invoke(&function, broken.as_bytes()).await.unwrap_err();
        assert!(matches!(&error, InvokeError::Failed { failed: 1, records: 1, .. }), "{name}: {error}");
        assert!(error.to_string().ends_with("with: the shelf is stuck"), "{name}: {error}");
        // What is dead-lettered is dealt with.
        let never = payload.replace("köln-mug-0,33l", "never");
        assert_eq!(invoke(&function, never.as_bytes()).await.unwrap(), OK, "{name}");
        assert_eq!(seen.reasons(), ["no such shelf"], "{name}");
    }
}

#[tokio::test]
async fn s43_a_newer_version_is_reported_as_failed() {
    let (function, seen) = inventory();
    let newer = order("o-m1", "hat").replace(r#""eventVersion":1"#, r#""eventVersion":2"#);
    let payload = batch(&[record("m1", &newer.into()), record("m2", &order("o-m2", "hat").into())]);
    assert_eq!(invoke(&function, &payload).await.unwrap(), failed(&["m1"]));
    assert_eq!(seen.orders(), ["o-m2"]);
    assert!(seen.dead_letters().is_empty());
}

#[tokio::test]
async fn an_unreachable_table_fails_every_record_and_the_warm_up() {
    let (function, seen) = inventory();
    seen.fixture.table.set_unavailable(true);
    assert_eq!(
        invoke(&function, &orders(&[("m1", "hat"), ("m2", "hat")])).await.unwrap(),
        failed(&["m1", "m2"])
    );
    let error = function.warm_up().await.unwrap_err();
    assert_eq!(waxseal::error_chain(&error), "table memory: BatchGetItem failed: turned off by the test");
}

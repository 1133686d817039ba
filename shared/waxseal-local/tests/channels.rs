//! What bus, topics and queues take and refuse, as on AWS.

// A panic of a test's helper is its verdict.
#![allow(clippy::unwrap_used)]

use serde_json::{json, value::RawValue};
use waxseal_local::{Entry, Input, Local, Pattern, Queue, QueueSettings, Subscription};

fn queue(local: &Local) -> Queue {
    local.create_queue("watcher", QueueSettings::default())
}

fn entry(source: &str, detail_type: &str, detail: &str) -> Entry {
    let detail = RawValue::from_string(detail.to_owned()).unwrap();
    Entry { source: source.to_owned(), detail_type: detail_type.to_owned(), detail }
}

#[test]
fn l2_an_event_that_serde_cannot_hold_reaches_its_rule() {
    let local = Local::builder().build();
    let queue = queue(&local);
    let pattern =
        Pattern::new(&json!({"source": ["lab"], "detail": {"samples": {"id": ["s2"], "kept": [true]}}}))
            .unwrap();
    local.bus().rule("kept", pattern, &queue, Input::Detail);
    let samples = r#""samples":[{"id":"s1","kept":true},{"id":"s2","kept":true}]"#;
    let nested = format!("{}{}", "[".repeat(500), "]".repeat(500));
    let odd = [
        format!(r#"{{"mass":1e400,{samples}}}"#),
        format!(r#"{{"mass":123456789012345678901234567890.12345678901234567890,{samples}}}"#),
        format!(r#"{{"note":"half \ud800 of a pair",{samples}}}"#),
        format!(r#"{{"nested":{nested},{samples}}}"#),
    ];
    for detail in &odd {
        local.bus().put(&entry("lab", "sample.weighed", detail));
    }
    // Only together: the second sample is not kept.
    local.bus().put(&entry(
        "lab",
        "sample.weighed",
        r#"{"samples":[{"id":"s1","kept":true},{"id":"s2","kept":false}]}"#,
    ));
    let bodies: Vec<String> = queue.peek().into_iter().map(|message| message.content.body).collect();
    assert_eq!(bodies, odd, "verbatim");
}

#[test]
fn l3_a_filter_policy_that_sns_refuses_is_refused() {
    let local = Local::builder().build();
    let queue = queue(&local);
    let subscribe = |pattern| {
        let filter = Some(Pattern::new(&pattern).unwrap());
        local.topic("parcels").subscribe("mine", Subscription { queue: queue.clone(), filter, raw: true })
    };
    let error = subscribe(json!({"parcel": {"id": [{"wildcard": "p*"}]}})).unwrap_err().to_string();
    assert_eq!(error, "event pattern, at parcel.id: a filter policy knows no wildcard");
    assert!(local.topic("parcels").subscriptions().is_empty());
    subscribe(json!({"parcel": {"id": [{"prefix": "p"}]}})).unwrap();
    for message in [r#"{"parcel":[{"id":"q1"},{"id":"p1"}]}"#, r#"{"parcel":{"id":"q1"}}"#, "no JSON"] {
        local.topic("parcels").publish(message);
    }
    assert_eq!(queue.len(), 1);
}

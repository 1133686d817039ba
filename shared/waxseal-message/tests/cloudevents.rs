//! CloudEvents in and out (S-46): events of other producers, and the law that an envelope loses
//! nothing.
#![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json, value::RawValue};
use waxseal_message::{Envelope, Raw, Timestamp, cloudevents};

fn golden(name: &str) -> Raw {
    let path = format!("{}/tests/cloudevents/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let raw = cloudevents::read(&std::fs::read_to_string(path).unwrap(), None).unwrap();
    assert_is_kept(&raw);
    raw
}

#[track_caller]
fn assert_same(left: &Raw, right: &Raw) {
    assert_eq!(serde_json::to_string(left).unwrap(), serde_json::to_string(right).unwrap());
    assert_eq!(left.data.get(), right.data.get());
    assert_eq!(left.metadata, right.metadata);
}

#[track_caller]
fn assert_is_kept(raw: &Raw) {
    let json = cloudevents::write(raw).unwrap();
    assert_same(&cloudevents::read(&json, None).unwrap(), raw);
}

#[test]
fn s46_an_event_of_azures_event_grid_becomes_an_envelope() {
    let blob = golden("azure-blob-created");
    assert_eq!((&*blob.name, blob.version), ("Microsoft.Storage.BlobCreated", 1));
    assert_eq!(blob.id, "9aeb0fdf-c01e-0131-0922-9eb54906e209");
    assert_eq!(blob.timestamp.to_string(), "2026-11-21T09:30:00.1234567Z");
    assert_eq!((&*blob.correlation_id, blob.causation_id.as_deref()), (&*blob.id, None));
    assert!(blob.source.ends_with("/storageAccounts/myaccount"));
    assert_eq!(
        blob.metadata["subject"],
        "/blobServices/default/containers/testcontainer/blobs/rechnung-zürich.pdf"
    );
    assert!(blob.data.get().contains("\"contentLength\": 30699"));
}

#[test]
fn s46_extensions_become_metadata_and_the_trace_is_continued() {
    let push = golden("knative-github-push");
    assert_eq!(push.traceparent(), Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
    assert_eq!(push.metadata["tracestate"], "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE");
    assert_eq!(push.metadata["githubevent"], "push");
    assert_eq!(push.metadata["knativeerrorcode"], 503);
    assert_eq!(push.metadata["datacontenttype"], "application/json; charset=utf-8");
    assert_eq!(push.data.get(), r#"{ "ref": "refs/heads/main", "forced": false, "size": 1.50 }"#);
}

#[test]
fn s46_json_in_base64_is_read_byte_for_byte() {
    let order = golden("base64-json");
    assert_eq!(order.data.get(), r#"{"sku": "köln-mug", "price": 12.50}"#);
    assert!(!order.metadata.contains_key("subject"));
}

#[test]
fn s46_flow_cause_version_and_schema_have_attributes() {
    let paid = golden("correlated");
    assert_eq!((&*paid.correlation_id, paid.causation_id.as_deref()), ("txn-abc-123", Some("order-123")));
    assert_eq!((paid.version, paid.timestamp.to_string().as_str()), (3, "2026-11-21T13:00:00.000001Z"));
    assert_eq!(paid.metadata["dataschema"], "https://example.com/schemas/payment-processed-3.json");
    // A string is a payload like any other, and is not parsed again.
    assert_eq!(paid.data.get(), r#""I'm just a string""#);
}

fn event(rest: &str) -> String {
    format!(r#"{{"specversion":"1.0","id":"1","source":"/orders","type":"order.placed"{rest}}}"#)
}

#[test]
fn s46_an_event_without_a_time_has_the_one_of_its_delivery() {
    let sent: Timestamp = "2026-11-21T09:30:00Z".parse().unwrap();
    assert_eq!(cloudevents::read(&event(""), Some(sent)).unwrap().timestamp, sent);
    let own = cloudevents::read(&event(r#","time":"2026-11-20T00:00:00Z""#), Some(sent)).unwrap();
    assert_eq!(own.timestamp.to_string(), "2026-11-20T00:00:00Z");
    assert_eq!(own.data.get(), "null");
}

#[test]
fn s46_what_cannot_be_read_names_the_attribute_and_the_cause() {
    let time = r#","time":"2026-11-21T09:30:00Z""#;
    let timed = |rest: &str| event(&format!("{time}{rest}"));
    let long = "ß".repeat(129);
    for (json, error) in [
        (event(""), "time is missing, and its delivery says none either: let the producer set it".to_owned()),
        (
            event(r#","time":"2026-11-21T09:30:00""#),
            "time is no RFC 3339 time with an offset, such as 2026-11-21T09:30:00.123Z".to_owned(),
        ),
        (timed("").replace("1.0", "0.3"), "specversion is 0.3: 1.0 is the one that is read".to_owned()),
        (
            timed("").replace(r#""id":"1","#, ""),
            "id is missing: an event has specversion, id, source and type".to_owned(),
        ),
        (timed("").replace(r#""1","#, r#"null,"#), "id is missing: an event has specversion, id, source and type".to_owned()),
        (timed("").replace(r#""/orders""#, "7"), "source is not a string".to_owned()),
        (timed("").replace("order.placed", ""), "type is empty".to_owned()),
        (timed("").replace("order.placed", &long), "type has 258 bytes: 256 at most".to_owned()),
        (
            timed(r#","eventversion":"1.2.0""#),
            "eventversion is no whole number from 1 to 65535: it is the schema version of data".to_owned(),
        ),
        (
            timed(r#","datacontenttype":"application/xml","data":"<secret/>""#),
            "datacontenttype is application/xml: handlers read JSON, so let the producer send application/json, or convert it \
             on the way"
                .to_owned(),
        ),
        (
            timed(r#","datacontenttype":"application/vnd.apache.thrift.binary","data_base64":"c2VjcmV0""#),
            "datacontenttype is application/vnd.apache.thrift.binary: handlers read JSON, so let the producer send \
             application/json, or convert it on the way"
                .to_owned(),
        ),
        (
            timed(r#","data_base64":"c2VjcmV0""#),
            "data_base64 holds no JSON, though its datacontenttype is or means application/json: let the producer name the \
             type, and send JSON"
                .to_owned(),
        ),
        (
            timed(r#","data_base64":"secret!""#),
            "data_base64 is no base64 of RFC 4648: padded, or not, and without line breaks".to_owned(),
        ),
        (
            timed(r#","data":1,"data_base64":"MQ==""#),
            "data stands beside data_base64: an event has one of them, so which one counts?".to_owned(),
        ),
        (
            timed(r#","dataref":"https://example.com/secret""#),
            "data is missing and elsewhere, as dataref says: nothing tells whether what lies there is what was meant, so let \
             the producer send data"
                .to_owned(),
        ),
        (
            timed(r#","waxsealmetadata":"[\"secret\"]""#),
            "waxsealmetadata is not the JSON of an object: it holds the envelope's metadata".to_owned(),
        ),
    ] {
        let shown = cloudevents::read(&json, None).unwrap_err().to_string();
        assert_eq!(shown, format!("a CloudEvents event whose {error}"), "{json}");
        assert!(!shown.contains("secret"), "{shown}");
    }
    for (json, error) in [
        ("[{}]", "not a CloudEvents event: it is JSON, but not an object"),
        (r#""secret""#, "not a CloudEvents event: it is JSON, but not an object"),
        ("{", "not JSON: EOF while parsing an object at line 1 column 1"),
    ] {
        assert_eq!(cloudevents::read(json, None).unwrap_err().to_string(), error);
    }
}

#[test]
fn s46_what_no_attribute_can_hold_travels_apart() {
    let mut raw = golden("correlated");
    raw.metadata = serde_json::from_value(json!({
        "tenant": "zürich",
        "tenantId": "t-1",
        "replayName": "after-the-outage",
        "id": "mine",
        "data_base64": "bXk=",
        "attempt": 3,
        "many": 3_000_000_000_u32,
        "share": 0.25,
        "empty": "",
        "unset": null,
        "lines": "a\nb\u{7f}\u{fffe}\u{10ffff}",
        "nested": {"ünï": [1.5]},
        "subject": true,
        "dataschema": "not a uri",
        "datacontenttype": "application/json",
        "twentyonecharacters21": 1,
    }))
    .unwrap();
    let json: BTreeMap<String, Value> = serde_json::from_str(&cloudevents::write(&raw).unwrap()).unwrap();
    let names: Vec<&str> = json.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "attempt",
            "causationid",
            "correlationid",
            "data",
            "datacontenttype",
            "eventversion",
            "id",
            "source",
            "specversion",
            "tenant",
            "time",
            "type",
            "waxsealmetadata"
        ]
    );
    assert!(json["waxsealmetadata"].as_str().unwrap().contains(r"a\nb\u007f\ufffe\udbff\udfff"));
    assert_is_kept(&raw);
}

#[test]
fn s46_an_envelope_that_no_event_can_be_is_refused_and_not_bent() {
    let refused = |change: fn(&mut Raw)| {
        let mut raw = golden("correlated");
        change(&mut raw);
        cloudevents::write(&raw).unwrap_err().to_string()
    };
    assert_eq!(
        refused(|raw| raw.source = "Bestellungen Köln".to_owned()),
        "event payment-789 has no CloudEvents form: its source is no URI reference: letters, digits and -._~:/?#[]@!$&'()*+,;=%"
    );
    assert_eq!(
        refused(|raw| raw.id = "a\nb".to_owned()),
        "event ab has no CloudEvents form: its eventId holds a control character or another that no attribute may hold"
    );
}

fn name() -> impl Strategy<Value = String> {
    "[ -~¡-ӿ]{1,40}"
}

/// JSON in producers' spellings: white space, escapes and numbers that a parser would write in
/// another way.
fn payload() -> impl Strategy<Value = Box<RawValue>> {
    let odd = prop::sample::select(vec![
        "null",
        "1.50",
        "-0",
        "1e2",
        "\"\\u00e9\\/\"",
        "[ ]",
        "{\"a\": 1, \"a\": 2}",
        "12345678901234567890123",
        "{}",
    ]);
    let any = value().prop_map(|value| value.to_string());
    prop_oneof![odd.prop_map(str::to_owned), any].prop_map(|json| RawValue::from_string(json).unwrap())
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::num::f64::NORMAL.prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[a-z ]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..4).prop_map(Value::from_iter),
        ]
    })
}

fn metadata() -> impl Strategy<Value = BTreeMap<String, Value>> {
    let name = prop_oneof![
        "[a-z0-9]{1,24}",
        any::<String>(),
        prop::sample::select(vec![
            "specversion",
            "id",
            "source",
            "type",
            "time",
            "subject",
            "dataschema",
            "datacontenttype",
            "data",
            "data_base64",
            "dataref",
            "eventversion",
            "correlationid",
            "causationid",
            "waxsealmetadata",
            "traceparent",
            "replayName",
            "eventId",
        ])
        .prop_map(str::to_owned),
    ];
    let value = prop_oneof![
        4 => value(),
        1 => prop::sample::select(vec!["application/json", "text/json", "a/b+json", "urn:x:1", "text/xml"]).prop_map(Value::from),
    ];
    prop::collection::btree_map(name, value, 0..6)
}

prop_compose! {
    fn envelope()(
        id in name(), name in name(), version in 1..=u16::MAX,
        // The years 0 to 9999, to the nanosecond.
        seconds in -62_167_219_200_i64..253_402_207_200, nanos in 0..1_000_000_000,
        source in "[A-Za-z0-9._~:/?#@!$&'()*+,;=-]{1,60}",
        correlation_id in name(), causation_id in prop::option::of(name()),
        data in payload(), metadata in metadata(),
    ) -> Raw {
        let timestamp = Timestamp::new(seconds, nanos).unwrap();
        Envelope { id, name, version, timestamp, source, correlation_id, causation_id, data, metadata }
    }
}

proptest! {
    #[test]
    fn s46_nothing_of_an_envelope_is_lost_out_and_in(raw in envelope()) {
        let json = cloudevents::write(&raw).unwrap();
        let again = cloudevents::read(&json, None).unwrap();
        prop_assert_eq!(again.data.get(), raw.data.get());
        prop_assert_eq!(&again.metadata, &raw.metadata);
        prop_assert_eq!(
            (&again.id, &again.name, again.version, again.timestamp, &again.source, &again.correlation_id, &again.causation_id),
            (&raw.id, &raw.name, raw.version, raw.timestamp, &raw.source, &raw.correlation_id, &raw.causation_id)
        );
    }

    #[test]
    fn s46_what_is_written_obeys_the_specification(raw in envelope()) {
        let event: BTreeMap<String, Value> = serde_json::from_str(&cloudevents::write(&raw).unwrap()).unwrap();
        for (name, value) in event.iter().filter(|(name, _)| *name != "data") {
            prop_assert!(name.len() <= 20 && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()), "{}", name);
            match value {
                Value::Bool(_) => {}
                Value::Number(number) => prop_assert!(i32::try_from(number.as_i64().unwrap()).is_ok()),
                Value::String(text) => {
                    prop_assert!(!text.is_empty());
                    let forbidden = |c: char| c.is_control() || matches!(u32::from(c), 0xfdd0..=0xfdef) || u32::from(c) % 0x1_0000 >= 0xfffe;
                    prop_assert!(!text.chars().any(forbidden), "{}: {:?}", name, text);
                }
                other => prop_assert!(false, "{}: {}", name, other),
            }
        }
        for name in ["specversion", "id", "source", "type", "time", "datacontenttype", "data"] {
            prop_assert!(event.contains_key(name), "{}", name);
        }
    }

    #[test]
    fn s46_any_text_is_read_or_malformed(text in any::<String>(), members in metadata()) {
        let _text = cloudevents::read(&text, None);
        let mut members = members;
        members.insert("specversion".to_owned(), "1.0".into());
        if let Ok(raw) = cloudevents::read(&Value::from_iter(members).to_string(), None)
            && let Ok(json) = cloudevents::write(&raw)
        {
            prop_assert_eq!(cloudevents::read(&json, None).unwrap().metadata, raw.metadata);
        }
    }
}

//! An envelope is recognised by all of its required members; everything else is foreign, and told what it lacks.

use crate::common::{OK, batch, inventory, invoke, record};
use serde_json::{Map, Value, json};

/// The required members of both forms, each with a value, and the rest of an order.
fn forms() -> [(&'static str, Map<String, Value>); 2] {
    let order = json!({"orderId": "o-1", "sku": "hat", "quantity": 3, "unitPrice": 1250, "currency": "EUR"});
    let ours = json!({
        "eventId": "e1", "eventType": "order.placed", "eventVersion": 1, "timestamp": "2026-11-21T09:30:00Z",
        "source": "orders", "data": order,
    });
    let cloud = json!({"specversion": "1.0", "id": "e1", "source": "orders", "type": "order.placed"});
    [
        ("an envelope", ours.as_object().unwrap().clone()),
        ("a CloudEvents event", cloud.as_object().unwrap().clone()),
    ]
}

/// Every choice of these members that is not all of them.
fn partial(members: &Map<String, Value>) -> impl Iterator<Item = Map<String, Value>> + '_ {
    (0..(1_u32 << members.len()) - 1).map(|choice| {
        let chosen = members.iter().enumerate().filter(|(index, _)| choice >> index & 1 == 1);
        chosen.map(|(_, (name, value))| (name.clone(), value.clone())).collect()
    })
}

/// The words that a reason must have for a payload with these of a form's members.
fn assert_told(reason: &str, form: &str, all: &Map<String, Value>, there: &Map<String, Value>) {
    let told = reason.contains(&format!(" of {form} and lacks "));
    assert_eq!(told, there.len() >= 2, "{there:?}: {reason}");
    let lacks = reason.split(&format!(" of {form} and lacks ")).nth(1).unwrap_or_default();
    let lacks: Vec<&str> = lacks.split(';').next().unwrap_or_default().split(", ").map(str::trim).collect();
    for name in all.keys().filter(|_| told) {
        assert_eq!(lacks.contains(&&**name), !there.contains_key(name), "{name} of {there:?}: {reason}");
    }
}

#[tokio::test]
async fn s36_a_body_with_a_part_of_an_envelope_is_foreign_and_told_what_it_lacks() {
    for (form, all) in forms() {
        for there in partial(&all) {
            let (function, seen) = inventory();
            let mut body = there.clone();
            body.insert("foo".to_owned(), json!("secret"));
            let payload = batch(&[record("m1", &Value::from(Value::Object(body).to_string()))]);
            assert_eq!(invoke(&function, &payload).await.unwrap(), OK);
            let reason = seen.reasons().remove(0);
            assert!(reason.contains("no envelope: ") && !reason.contains("secret"), "{reason}");
            assert_told(&reason, form, &all, &there);
        }
    }
}

/// An EventBridge event with this detail, as SQS brings it.
fn event(name: &str, detail: &Map<String, Value>) -> Vec<u8> {
    let event = json!({
        "version": "0", "id": "9f1a7d3c", "detail-type": name, "source": "elsewhere", "account": "123456789012",
        "time": "2026-11-21T09:30:01Z", "region": "eu-central-1", "resources": [], "detail": detail,
    });
    batch(&[record("m1", &Value::from(event.to_string()))])
}

#[tokio::test]
async fn s35_a_detail_with_a_part_of_an_envelope_is_foreign_and_keeps_its_members() {
    for (form, all) in forms() {
        for mut there in partial(&all) {
            // A handler takes it by its detail-type, as version 1 and under EventBridge's own id and source.
            let order =
                json!({"orderId": "o-1", "sku": "hat", "quantity": 3, "unitPrice": 1250, "currency": "EUR"});
            let mut whole = there.clone();
            whole.extend(order.as_object().unwrap().clone());
            whole.entry("eventVersion").and_modify(|version| *version = json!(2));
            let (function, seen) = inventory();
            assert_eq!(invoke(&function, &event("order.placed", &whole)).await.unwrap(), OK);
            assert_eq!(seen.reasons(), [""; 0], "{there:?}");
            let handled = seen.handled.lock().unwrap().remove(0);
            assert_eq!(
                (&*handled.id, &*handled.source, handled.version),
                ("9f1a7d3c", "elsewhere", 1),
                "{there:?}"
            );

            // No handler takes it, or its type does not fit: the dead letter lists what it lacks.
            there.insert("eventName".to_owned(), json!("secret"));
            for name in ["PutObject", "order.placed"] {
                let (function, seen) = inventory();
                assert_eq!(invoke(&function, &event(name, &there)).await.unwrap(), OK);
                let reason = seen.reasons().remove(0);
                there.remove("eventName");
                assert_told(&reason, form, &all, &there);
                assert!(!reason.contains("secret"), "{reason}");
            }
        }
    }
}

#[tokio::test]
async fn s36_the_payload_of_an_envelope_is_not_judged_as_one() {
    let data = json!({"id": "1", "type": "hat", "source": "shelf", "timestamp": 1, "eventId": "x", "eventType": "y"});
    let [(_, mut ours), (_, mut cloud)] = forms();
    for (form, name) in [(&mut ours, "eventType"), (&mut cloud, "type")] {
        form.insert("data".to_owned(), data.clone());
        form.insert("time".to_owned(), json!("2026-11-21T09:30:00Z"));
        for kind in ["order.teleported", "order.placed"] {
            form.insert(name.to_owned(), json!(kind));
            let (function, seen) = inventory();
            let payload = batch(&[record("m1", &Value::from(Value::Object(form.clone()).to_string()))]);
            assert_eq!(invoke(&function, &payload).await.unwrap(), OK);
            let reason = seen.reasons().remove(0);
            assert!(!reason.contains("lacks") && reason.contains(kind), "{reason}");
        }
    }
}

#[tokio::test]
async fn s36_null_is_a_payload_and_no_other_member() {
    let [(_, mut ours), _] = forms();
    ours.insert("data".to_owned(), Value::Null);
    let body = |form: &Map<String, Value>| {
        batch(&[record("m1", &Value::from(Value::Object(form.clone()).to_string()))])
    };
    let (function, seen) = inventory();
    assert_eq!(invoke(&function, &body(&ours)).await.unwrap(), OK);
    let reason = seen.reasons().remove(0);
    assert!(reason.contains("order.placed") && !reason.contains("no envelope"), "{reason}");
    ours.insert("eventId".to_owned(), Value::Null);
    let (function, seen) = inventory();
    assert_eq!(invoke(&function, &body(&ours)).await.unwrap(), OK);
    let reason = seen.reasons().remove(0);
    assert!(reason.contains("and lacks eventId"), "{reason}");
}

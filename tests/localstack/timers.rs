//! A process on real queues, a real index and a real rule: a service of its own, which the written
//! templates deploy beside the platform.

use std::sync::OnceLock;

use serde_json::{Value, json};
use waxseal_tests::{
    localstack::{becomes, depot::Depot, eventually, progress},
    parcels::{AskLater, SendParcel, TakeParcel},
};

use crate::world::{localstack, peace};

fn depot() -> &'static Depot {
    static DEPOT: OnceLock<Result<Depot, String>> = OnceLock::new();
    let deployed = DEPOT.get_or_init(|| {
        let (client, _) = localstack()?;
        progress("deploying the depot");
        Depot::deploy(&client)
    });
    deployed.as_ref().unwrap_or_else(|error| panic!("there is no depot on LocalStack: {error}"))
}

/// A parcel that this run alone has.
fn parcel(name: &str) -> String {
    format!("{name}-{}", std::process::id())
}

fn send(parcel: &str, seconds: u64, van_after: u64) {
    let command = SendParcel { parcel: parcel.to_owned(), seconds, van_after };
    depot().send(parcel, command).unwrap();
    becomes("the instance runs", &json!("running"), || phase(parcel)["is"].clone());
}

fn phase(parcel: &str) -> Value {
    depot().instance(parcel).unwrap()["phase"].clone()
}

fn ends(parcel: &str, outcome: &str) {
    becomes(&format!("{parcel} ends"), &json!(outcome), || phase(parcel)["outcome"].clone());
}

/// The names of an instance's inputs, in order.
fn inputs(parcel: &str) -> Vec<Value> {
    let instance = depot().instance(parcel).unwrap();
    instance["log"].as_array().into_iter().flatten().map(|entry| entry["input"].clone()).collect()
}

/// How often the van of a parcel was booked and cancelled, and its customer asked.
fn van(parcel: &str) -> (u64, u64, u64) {
    let item = depot().item(&format!("van#{parcel}"), "state").unwrap();
    let data: Value = serde_json::from_str(item["data"]["S"].as_str().unwrap_or("null")).unwrap();
    let number = |name: &str| data[name].as_u64().unwrap_or_default();
    (number("booked"), number("cancelled"), number("asked"))
}

fn tick() -> Value {
    depot().invoke("-relay", &json!({ "tick": {} })).unwrap()
}

#[test]
fn s69_a_timer_of_seconds_fires_once_by_a_delayed_message_however_many_ticks_there_are() {
    let _peace = peace();
    let parcel = parcel("tea");
    send(&parcel, 8, 0);
    for _ in 0..2 {
        let ticked = tick();
        assert!(ticked["due"].as_u64() >= Some(1) && ticked["due"] == ticked["hinted"], "{ticked}");
    }
    ends(&parcel, "compensated");
    assert_eq!(van(&parcel), (1, 1, 0));
    let inputs = inputs(&parcel);
    assert_eq!(inputs.len(), 3, "begun, one timeout, the van's answer: {inputs:?}");
    assert_eq!(depot().depth("dlq").unwrap(), 0, "hints are no dead letters");
}

#[test]
fn s69_the_rule_brings_a_hint_that_was_lost() {
    let parcel = parcel("salt");
    let _alone = crate::world::disturb_all();
    send(&parcel, 25, 0);
    becomes("the van is booked", &(1, 0, 0), || van(&parcel));
    depot().switch(false).unwrap();
    eventually("the hint waits", || (depot().depth("commands").ok()? > 0).then_some(()));
    depot().purge().unwrap();
    depot().switch(true).unwrap();
    // The rule asks for a tick within a minute.
    ends(&parcel, "compensated");
    assert_eq!(van(&parcel), (1, 1, 0));
}

#[test]
fn s70_a_reply_before_its_timeout_wins() {
    let _peace = peace();
    let parcel = parcel("rice");
    send(&parcel, 6, 0);
    depot().send(&format!("{parcel} taken"), TakeParcel { parcel: parcel.clone() }).unwrap();
    ends(&parcel, "arrived");
    // The hint of the timer comes all the same.
    becomes("the queue is empty", &0, || depot().depth("commands").unwrap());
    tick();
    becomes("the queue is empty", &0, || depot().depth("commands").unwrap());
    assert_eq!(phase(&parcel)["outcome"], "arrived");
    assert_eq!(van(&parcel), (1, 0, 0), "nothing was cancelled");
    assert_eq!(inputs(&parcel).len(), 2);
}

#[test]
fn s71_a_message_for_in_30_days_waits_in_the_table_and_is_sent_once() {
    let _peace = peace();
    let parcel = parcel("wine");
    depot().send(&format!("{parcel} later"), AskLater { parcel: parcel.clone() }).unwrap();
    let is_ours = |key: &Value| {
        let item = depot().item(key["pk"]["S"].as_str()?, key["sk"]["S"].as_str()?).ok()?;
        let message = item["message"]["S"].as_str()?;
        message.contains(&parcel).then_some(item)
    };
    let mut item = eventually("the message waits", || depot().waiting().ok()?.iter().find_map(is_ours));
    tick();
    assert_eq!(van(&parcel), (0, 0, 0), "not before its time");
    // 30 days pass for it.
    let mut message: Value = serde_json::from_str(item["message"]["S"].as_str().unwrap()).unwrap();
    message["not_before"] = json!("2026-01-01T00:00:00Z");
    item["message"]["S"] = json!(message.to_string());
    item["wake_at"]["N"] = json!("1767225600000");
    depot().write(&item).unwrap();
    for _ in 0..2 {
        tick();
    }
    becomes("the customer is asked", &(0, 0, 1), || van(&parcel));
    becomes("the queue is empty", &0, || depot().depth("commands").unwrap());
    assert_eq!(van(&parcel), (0, 0, 1), "once");
    let (partition, sort) = (item["pk"]["S"].as_str().unwrap(), item["sk"]["S"].as_str().unwrap());
    assert_eq!(depot().item(partition, sort).unwrap(), Value::Null, "it has been sent");
}

#[test]
fn s72_an_undo_that_overtakes_its_command_leaves_it_without_effect() {
    let _peace = peace();
    let parcel = parcel("corn");
    // The van would get to know of it long after the timeout.
    send(&parcel, 5, 20);
    ends(&parcel, "compensated");
    assert_eq!(van(&parcel), (0, 1, 0), "the undo came first");
    becomes("the command has come", &0, || depot().depth("commands").unwrap());
    assert_eq!(van(&parcel), (0, 1, 0), "and was without effect");
    assert_eq!(depot().depth("dlq").unwrap(), 0);
}

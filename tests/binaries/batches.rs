//! SQS batches and the correct `batchItemFailures`, for every binary.

use serde_json::{Value, json};
use waxseal::dead_letter::Encoding;
use waxseal_tests::{
    aws::DeadLetter,
    deliveries::{changed, failures, fair, fifo, sqs, with_id},
    runtime_api::{Failed, Lambda},
};

use crate::service::{SERVICES, Service, World, assert_no_payload, lines_about, text};

const NOT_UTF8: &[u8] = b"\xff\xfe{";
const NOT_UTF8_BASE64: &str = "//57";
const NOT_JSON: &str = "{\"eventId\":";

/// One record of every kind: n* is newer than the function, g is good, and three can never be read.
fn mixed(service: &Service) -> Vec<u8> {
    let good = service.body();
    let newer = |id: &str| changed(&with_id(&good, id), |envelope| envelope["eventVersion"] = json!(99));
    let unknown =
        changed(&with_id(&good, "flood"), |envelope| envelope["eventType"] = json!("cellar.flooded"));
    sqs(&[
        ("n1", newer("newer-1").into_bytes()),
        ("g", good.clone().into_bytes()),
        ("json", NOT_JSON.into()),
        ("unknown", unknown.into_bytes()),
        ("utf8", NOT_UTF8.into()),
        ("n2", newer("newer-2").into_bytes()),
    ])
}

fn reason(dead_letter: &DeadLetter) -> String {
    dead_letter.note().reason.into_owned()
}

#[test]
fn s1_s2_s3_s5_a_mixed_batch_gives_exactly_the_right_failures_in_every_binary() {
    for service in &SERVICES {
        let (world, mut lambda) = World::with(service);
        assert_eq!(text(lambda.invoke(mixed(service)).unwrap()), failures(&["n1", "n2"]), "{}", service.name);
        world.assert_effect(service);
        let receipts = world.aws.receipts();
        let of_event = |id: &str| receipts.iter().filter(|item| item.key.partition.ends_with(id)).count();
        let good: Value = serde_json::from_str(&service.body()).unwrap();
        // A handler that had another name keeps a receipt under each.
        let names = if service.name == "orders" { 2 } else { 1 };
        assert_eq!(of_event(good["detail"]["eventId"].as_str().unwrap()), names, "{receipts:#?}");
        assert_eq!(of_event("newer-1") + of_event("newer-2") + of_event("flood"), 0, "{receipts:#?}");

        let dead_letters = world.aws.dead_letters();
        assert_eq!(dead_letters.keys().collect::<Vec<_>>(), ["json", "unknown", "utf8"], "{}", service.name);
        assert_eq!(world.aws.dead_letter_count(), 3, "{}", service.name);
        assert_eq!(dead_letters["json"].body, NOT_JSON);
        assert!(
            reason(&dead_letters["json"]).starts_with("malformed: the body is not JSON: "),
            "{dead_letters:#?}"
        );
        assert_eq!(dead_letters["utf8"].body, NOT_UTF8_BASE64);
        assert_eq!(dead_letters["utf8"].note().encoding, Some(Encoding::Base64));
        assert_eq!(reason(&dead_letters["utf8"]), "malformed: the body is not UTF-8 text");
        let no_handler = format!("service {} has no handler for cellar.flooded: it handles ", service.name);
        assert!(reason(&dead_letters["unknown"]).starts_with(&no_handler), "{dead_letters:#?}");
        assert_eq!(dead_letters["unknown"].note().id.as_deref(), Some("flood"));
        assert_eq!(dead_letters["unknown"].note().service, service.name);

        // Each failure logs one clear line, and a success logs none.
        let ended = lambda.stop();
        for (record, level) in
            [("n1", "WARN"), ("n2", "WARN"), ("json", "ERROR"), ("unknown", "ERROR"), ("utf8", "ERROR")]
        {
            let lines = lines_about(&ended.stdout, record);
            assert_eq!(lines.len(), 1, "{}: {record}: {lines:#?}", service.name);
            assert_eq!(lines[0]["level"], level, "{lines:#?}");
            assert!(lines[0]["reason"].as_str().is_some_and(|reason| reason.len() > 20), "{lines:#?}");
        }
        assert_eq!(lines_about(&ended.stdout, "g"), Vec::<Value>::new());
        assert_eq!(ended.stderr, Vec::<String>::new(), "{}", service.name);
        assert_no_payload(&ended.stdout);
    }
}

#[test]
fn s15_the_same_batch_again_has_no_further_effect_also_in_a_new_process() {
    for service in &SERVICES {
        let (world, mut lambda) = World::with(service);
        let batch = mixed(service);
        lambda.invoke(batch.clone()).unwrap();
        let before = world.aws.items();
        assert_eq!(text(lambda.invoke(batch.clone()).unwrap()), failures(&["n1", "n2"]), "{}", service.name);
        lambda.stop();
        let mut cold = world.start(service.name);
        assert_eq!(text(cold.invoke(batch).unwrap()), failures(&["n1", "n2"]), "{}", service.name);
        assert_eq!(world.aws.items(), before, "{}", service.name);
        world.assert_effect(service);
    }
}

#[test]
fn s17_the_same_event_twice_in_one_batch_takes_effect_once() {
    for service in &SERVICES {
        let (world, mut lambda) = World::with(service);
        let batch = sqs(&[("a", service.body()), ("b", service.body())]);
        assert_eq!(text(lambda.invoke(batch).unwrap()), failures(&[]), "{}", service.name);
        world.assert_effect(service);
    }
}

/// A tenant's commands stand behind one that fails with a retry. On a standard queue they run, and
/// on a FIFO queue the group waits.
#[test]
fn s48_a_failing_record_of_a_tenant_fails_alone_in_every_binary() {
    for service in &SERVICES {
        let good = service.body();
        let newer = |id: &str| changed(&with_id(&good, id), |envelope| envelope["eventVersion"] = json!(99));
        let records = [
            ("n1", "customer/a", newer("newer-1")),
            ("g", "customer/a", good.clone()),
            ("d", "customer/a", good.clone()),
            ("n2", "customer/b", newer("newer-2")),
        ];
        let (world, mut lambda) = World::with(service);
        let before = world.aws.items();
        let ordered = text(lambda.invoke(fifo(&records)).unwrap());
        assert_eq!(ordered, failures(&["n1", "g", "d", "n2"]), "{}", service.name);
        assert_eq!(world.aws.items(), before, "{}", service.name);
        let answer = text(lambda.invoke(fair(&records)).unwrap());
        assert_eq!(answer, failures(&["n1", "n2"]), "{}", service.name);
        world.assert_effect(service);
        assert_eq!(world.aws.dead_letter_count(), 0, "{}", service.name);
    }
}

#[test]
fn s3_what_the_dead_letter_queue_does_not_take_is_reported_as_failed_and_not_lost() {
    for service in &SERVICES {
        let (world, mut lambda) = World::with(service);
        world.aws.refuse_dead_letters(true);
        let all_but_good = failures(&["n1", "json", "unknown", "utf8", "n2"]);
        assert_eq!(text(lambda.invoke(mixed(service)).unwrap()), all_but_good, "{}", service.name);
        world.assert_effect(service);
        assert!(world.aws.dead_letters().is_empty());

        // The queue is back, and so are the records.
        world.aws.refuse_dead_letters(false);
        assert_eq!(text(lambda.invoke(mixed(service)).unwrap()), failures(&["n1", "n2"]), "{}", service.name);
        assert_eq!(world.aws.dead_letters().keys().collect::<Vec<_>>(), ["json", "unknown", "utf8"]);
        world.assert_effect(service);

        let lines = lines_about(&lambda.stop().stdout, "json");
        let error = lines[0]["error"].as_str().unwrap();
        assert!(
            error.contains("dead-letters does not exist") && error.contains("WAXSEAL_DLQ_URL"),
            "{error}"
        );
    }
}

#[test]
fn s3_the_policy_is_a_variable() {
    for service in &SERVICES {
        let world = World::new();
        let mut variables = world.variables(service.name);
        variables.insert("WAXSEAL_MALFORMED".to_owned(), "retry".to_owned());
        let mut lambda = Lambda::start(service.name, &variables);
        (service.prepare)(&mut lambda);
        let all_but_good = failures(&["n1", "json", "unknown", "utf8", "n2"]);
        assert_eq!(text(lambda.invoke(mixed(service)).unwrap()), all_but_good, "{}", service.name);
        assert_eq!(world.aws.dead_letter_count(), 0, "{}", service.name);
        world.assert_effect(service);
    }
}

#[test]
fn s27_on_the_last_receive_a_record_is_dead_lettered_with_its_reason() {
    for service in &SERVICES {
        let world = World::new();
        let mut variables = world.variables(service.name);
        variables.insert("WAXSEAL_MAX_RECEIVES".to_owned(), "1".to_owned());
        let mut lambda = Lambda::start(service.name, &variables);
        (service.prepare)(&mut lambda);
        assert_eq!(text(lambda.invoke(mixed(service)).unwrap()), failures(&[]), "{}", service.name);
        world.assert_effect(service);
        let dead_letters = world.aws.dead_letters();
        assert_eq!(dead_letters.keys().collect::<Vec<_>>(), ["json", "n1", "n2", "unknown", "utf8"]);
        assert!(reason(&dead_letters["n1"]).starts_with("gave up after 1 receives: "), "{dead_letters:#?}");
    }
}

#[test]
fn s1_no_records_is_no_failure() {
    for name in SERVICES.iter().map(|service| service.name).chain(["relay"]) {
        let world = World::new();
        let mut lambda = world.start(name);
        assert_eq!(
            text(lambda.invoke(r#"{"Records":[]}"#).unwrap()),
            r#"{"batchItemFailures":[]}"#,
            "{name}"
        );
        assert!(world.aws.items().is_empty() && world.aws.dead_letters().is_empty(), "{name}");
    }
}

#[test]
fn s4_a_record_without_an_id_fails_the_invocation_and_says_why() {
    for service in &SERVICES {
        let (world, mut lambda) = World::with(service);
        let before = world.aws.items();
        let batch = sqs(&[("a", service.body()), ("", service.body())]);
        let Failed { kind, message } = lambda.invoke(batch).unwrap_err();
        assert_eq!(kind, "MissingId", "{message}");
        assert_eq!(world.aws.items(), before, "{}", service.name);
        let log = lambda.stop().stdout;
        assert!(log.iter().any(|line| line.contains(&message)), "{log:#?}");
    }
}

#[test]
fn a_payload_of_no_known_source_fails_the_invocation_and_names_what_is_accepted() {
    for name in SERVICES.iter().map(|service| service.name).chain(["relay"]) {
        let world = World::new();
        let mut lambda = world.start(name);
        for (event, expected, says) in [
            (r#"{"customer":"Zoë Núñez"}"#, "Unrecognised", "an object with customer"),
            (r#"[1]"#, "Unrecognised", "an array"),
            (r#"{"Records":7}"#, "Unrecognised", "Records"),
        ] {
            let Failed { kind, message } = lambda.invoke(event).unwrap_err();
            assert_eq!(kind, expected, "{name}: {message}");
            assert!(message.contains(says) && message.contains("accepted are"), "{name}: {message}");
        }
        // The function goes on.
        assert_eq!(text(lambda.invoke(r#"{"Records":[]}"#).unwrap()), failures(&[]), "{name}");
        assert_no_payload(&lambda.stop().stdout);
    }
}

//! Texts from outside: no log line, receipt or answer shows them, and none is longer than its
//! bound.

use serde_json::{Value, json};
use waxseal_tests::{
    deliveries::{failures, sqs, with_id},
    runtime_api::{Ended, Lambda},
};

use crate::service::{SERVICES, World, lines_about, service, text};

/// An address that no log line may hold.
const CANARY: &str = "anna@canary.example";

/// The longest log line in bytes.
const LONGEST: usize = 16 * 1024;

/// Asserts that each line is one JSON object of bounded length, with the members that log filters
/// need.
pub(crate) fn assert_is_bounded(lines: &[String]) {
    for line in lines {
        let start = &line[..line.floor_char_boundary(300)];
        assert!(line.len() <= LONGEST, "{} bytes: {start}", line.len());
        let object: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {start}"));
        for member in ["timestamp", "level", "message"] {
            assert!(object[member].is_string(), "no {member}: {start}");
        }
    }
}

fn asked(how: &str) -> String {
    asking(how, json!({"how": how, "text": CANARY}))
}

fn asking(id: &str, data: Value) -> String {
    json!({
        "eventId": format!("e-{id}"), "eventType": "misbehaviour.asked", "eventVersion": 1, "source": "test",
        "timestamp": "2026-11-21T09:30:00Z", "data": data,
    })
    .to_string()
}

/// Its whole output.
fn output(ended: &Ended) -> Vec<String> {
    ended.stdout.iter().chain(&ended.stderr).cloned().collect()
}

#[test]
fn s6_s27_each_line_is_one_object_of_bounded_length_and_a_panic_is_one_line() {
    let world = World::new();
    let mut lambda = world.start("unruly");
    let hows = ["panic", "panic-of-ours", "panic-elsewhere", "fail-at-length"];
    for how in hows {
        let answer = lambda.invoke(sqs(&[(how, asked(how))])).unwrap();
        assert_eq!(text(answer), failures(&[how]), "{how}");
    }
    let answer = lambda.invoke(sqs(&[("log", asked("log-at-length"))])).unwrap();
    assert_eq!(text(answer), failures(&[]));

    let ended = lambda.stop();
    let lines = output(&ended);
    assert_is_bounded(&lines);
    for how in hows {
        assert_eq!(lines_about(&ended.stdout, how).len(), 1, "{how}: {lines:#?}");
    }
    let reason = |how| lines_about(&ended.stdout, how)[0]["reason"].as_str().unwrap().to_owned();
    let place = "the handler panicked at tests/src/bin/unruly.rs:";
    assert!(reason("panic").starts_with(place) && reason("panic").contains("withheld"), "{lines:#?}");
    assert!(reason("panic-of-ours").starts_with(place), "{lines:#?}");
    assert!(reason("panic-of-ours").ends_with(": the till is locked"), "{lines:#?}");
    assert!(reason("fail-at-length").ends_with(" bytes more]"), "{lines:#?}");
    // One panic has no record with which it could be reported.
    assert_eq!(ended.stderr.len(), 1, "{lines:#?}");
    let line: Value = serde_json::from_str(&ended.stderr[0]).unwrap();
    assert_eq!((&line["level"], &line["message"]), (&json!("ERROR"), &json!("the process panicked")));
    assert!(line["location"].as_str().unwrap().starts_with("tests/src/bin/unruly.rs:"), "{line}");
    let long: Vec<_> = ended.stdout.iter().filter(|line| line.contains("\"also\"")).collect();
    assert!(long.len() == 1 && long[0].contains(" bytes more]"), "{lines:#?}");
    assert!(lines.iter().all(|line| !line.contains(CANARY)), "{lines:#?}");
}

#[test]
fn s27_a_panic_at_start_is_one_line_and_says_its_message() {
    let world = World::new();
    let mut variables = world.variables("unruly");
    variables.insert("UNRULY_AT_START".to_owned(), "1".to_owned());
    // A backtrace would be plain text in the log, so the variable has no effect.
    variables.insert("RUST_BACKTRACE".to_owned(), "1".to_owned());
    let ended = Lambda::start("unruly", &variables).exited();
    assert_eq!(
        (ended.status.code(), ended.stdout.len(), ended.stderr.len()),
        (Some(101), 0, 1),
        "{ended:#?}"
    );
    assert_is_bounded(&ended.stderr);
    let line: Value = serde_json::from_str(&ended.stderr[0]).unwrap();
    assert_eq!(line["panic"], "UNRULY_AT_START is set:\nit must not be");
}

#[test]
fn s27_what_is_quoted_is_in_the_dead_letter_and_in_no_log_line_and_no_receipt() {
    let world = World::new();
    let mut variables = world.variables("unruly");
    variables.insert("WAXSEAL_MAX_RECEIVES".to_owned(), "1".to_owned());
    let mut lambda = Lambda::start("unruly", &variables);
    let mut bodies = vec![
        ("panic", asked("panic")),
        ("quote", asked("quote")),
        ("parse", asked("parse")),
        ("age", asking("age", json!({"how": "quote", "text": "", "ages": { CANARY: CANARY }}))),
        ("variant", asking("variant", json!({"how": CANARY, "text": ""}))),
        ("how", asking("how", json!({"how": { CANARY: 1 }, "text": ""}))),
        ("map", json!({ CANARY: 1, "sku": 2 }).to_string()),
    ];
    bodies.push((
        "sns",
        json!({"Type": "Notification", "MessageId": "m", "TopicArn": "t", "Message": bodies[6].1})
            .to_string(),
    ));
    let batch: Vec<_> = bodies.iter().map(|(id, body)| (*id, body.clone())).collect();
    assert_eq!(text(lambda.invoke(sqs(&batch)).unwrap()), failures(&[]));
    let dead_letters = world.aws.dead_letters();
    for (record, body) in &bodies {
        let attributes = format!("{:?}", dead_letters[*record].attributes);
        assert!(attributes.contains(CANARY), "{record}: {attributes} of {body}");
    }
    // No source sends these payloads: the invocation fails, and its error is an answer.
    for payload in [json!({ CANARY: 1 }), json!({"Records": [{"eventSource": CANARY, CANARY: 1}]})] {
        let failed = lambda.invoke(payload.to_string()).unwrap_err();
        assert!(!failed.message.contains(CANARY), "{failed:?}");
    }
    let lines = output(&lambda.stop());
    assert_is_bounded(&lines);
    assert!(lines.iter().all(|line| !line.contains(CANARY)), "{lines:#?}");
    let items = format!("{:?}", world.aws.items());
    assert!(items.contains("withheld") && !items.contains(CANARY), "{items}");
}

#[test]
fn s27_a_mail_servers_reply_is_in_the_dead_letter_alone() {
    let notification = service("notification");
    let (world, mut lambda) = World::with(notification);
    world.mail.refuse("451 4.2.1 <anna@canary.example>: mailbox busy");
    assert_eq!(text(lambda.invoke(sqs(&[("m", notification.body())])).unwrap()), failures(&["m"]));
    world.mail.refuse("550 5.1.1 <anna@canary.example>: no such user");
    let other = with_id(&notification.body(), "another");
    assert_eq!(text(lambda.invoke(sqs(&[("n", other)])).unwrap()), failures(&[]));
    let dead_letters = world.aws.dead_letters();
    assert!(format!("{:?}", dead_letters["n"].attributes).contains(CANARY), "{dead_letters:#?}");
    let ended = lambda.stop();
    let lines = output(&ended);
    assert_is_bounded(&lines);
    assert!(lines.iter().all(|line| !line.contains(CANARY)), "{lines:#?}");
    for (record, code) in [("m", "451"), ("n", "550")] {
        let reason = lines_about(&ended.stdout, record)[0]["reason"].to_string();
        assert!(reason.contains(code), "{reason}");
    }
    let items = format!("{:?}", world.aws.items());
    assert!(items.contains("550") && !items.contains(CANARY), "{items}");
}

#[test]
fn s27_bytes_that_are_no_events_leave_bounded_lines_in_every_binary() {
    let long = "ü\u{1}\"".repeat(100_000);
    for name in SERVICES.iter().map(|service| service.name).chain(["relay"]) {
        let world = World::new();
        let mut lambda = world.start(name);
        for payload in [
            json!({ long.clone(): 1 }),
            json!({"Records": [{"eventSource": long}]}),
            json!({"sweep": {"from": long}}),
            json!({"version": "2.0", "requestContext": {"http": {"method": long}}, "rawPath": long, "headers": {}}),
            json!({"detail-type": long, "source": long, "id": long, "time": long, "detail": {}}),
        ] {
            // An error and a refusal are both correct here.
            if let Err(failed) = lambda.invoke(payload.to_string()) {
                assert!(failed.message.len() <= LONGEST, "{name}: {} bytes", failed.message.len());
            }
        }
        assert_is_bounded(&output(&lambda.stop()));
    }
}

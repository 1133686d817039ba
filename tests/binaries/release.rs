//! Effects that failed for good: their dead letters are redriven, and a person releases unknown
//! outcomes (S-19).

use std::collections::BTreeMap;

use serde_json::{Value, json};
use waxseal_tests::{
    aws::DeadLetter,
    deliveries::{failures, sqs, with_attributes, with_id},
    runtime_api::{Failed, Lambda},
};

use crate::service::{World, assert_no_payload, service, text};

/// The delivery that a redrive of this dead letter causes.
fn redriven(dead_letter: &DeadLetter) -> Vec<u8> {
    with_attributes(&sqs(&[("redriven", dead_letter.body.as_bytes())]), &dead_letter.attributes)
}

fn the_dead_letter(world: &World) -> DeadLetter {
    let mut dead_letters: Vec<_> = world.aws.dead_letters().into_values().collect();
    assert_eq!(dead_letters.len(), 1, "{dead_letters:#?}");
    dead_letters.swap_remove(0)
}

#[test]
fn s19_s27_a_refused_charge_is_mended_redriven_and_made_once() {
    let world = World::new();
    let mut lambda = world.start("payment");
    let tenant = BTreeMap::from([("tenant".to_owned(), "hüte & söhne".to_owned())]);
    let batch = with_attributes(&sqs(&[("m", service("payment").body())]), &tenant);
    world.gateway.refuse(Some(422));
    assert_eq!(text(lambda.invoke(batch.clone()).unwrap()), failures(&[]));
    let dead_letter = the_dead_letter(&world);
    let note = dead_letter.note();
    assert_eq!(dead_letter.attributes["tenant"], tenant["tenant"]);
    assert_eq!(dead_letter.body, service("payment").body());
    assert_eq!(note.queue.as_deref(), Some("arn:aws:sqs:eu-central-1:123456789012:source"));
    assert_eq!((note.code.as_deref(), &*note.handlers[0].name), (Some("WX0006"), "charge-card"));
    assert!(note.time.is_some_and(|time| time.parse::<waxseal::Timestamp>().is_ok()));

    world.gateway.refuse(None);
    // A plain duplicate releases nothing, even after the cause is removed.
    assert_eq!(text(lambda.invoke(batch).unwrap()), failures(&[]));
    assert_eq!((world.gateway.charges().len(), world.aws.dead_letter_count()), (0, 2));
    // Two dead letters of one failure are redriven, one of them in another process.
    assert_eq!(text(lambda.invoke(redriven(&dead_letter)).unwrap()), failures(&[]));
    assert_eq!(text(world.start("payment").invoke(redriven(&dead_letter)).unwrap()), failures(&[]));
    assert_eq!((world.gateway.charges().len(), world.aws.dead_letter_count()), (1, 2));
    assert_eq!(world.aws.receipts()[0].get_text("status"), Some("completed"));
    let log = lambda.stop().stdout;
    assert_no_payload(&log);
}

#[test]
fn s27_a_dead_letter_whose_body_was_encoded_comes_back_as_it_was() {
    let world = World::new();
    let mut lambda = world.start("payment");
    let odd = b"\xff\xfe{".to_vec();
    assert_eq!(text(lambda.invoke(sqs(&[("m", odd)])).unwrap()), failures(&[]));
    let first = the_dead_letter(&world);
    assert_eq!(text(lambda.invoke(redriven(&first)).unwrap()), failures(&[]));
    let second = world.aws.dead_letters().remove("redriven").unwrap();
    assert_eq!((&second.body, second.note().reason), (&first.body, first.note().reason));
}

fn release(
    lambda: &mut Lambda,
    (source, id): (&str, &str),
    handler: &str,
    outcome: &str,
) -> Result<Value, Failed> {
    let release = json!({"release": {"source": source, "id": id, "handler": handler, "outcome": outcome}});
    let answer = lambda.invoke(release.to_string().into_bytes())?;
    Ok(serde_json::from_slice(&answer).unwrap())
}

#[test]
fn s19_a_person_releases_an_effect_as_done_or_as_not_done() {
    let world = World::new();
    let mut lambda = world.start("notification");
    let body = service("notification").body();
    let envelope: Value = serde_json::from_str(&body).unwrap();
    let source = envelope["detail"]["source"].as_str().unwrap().to_owned();
    let of = |id: &str| sqs(&[("m", with_id(&body, id))]);
    for id in ["done-by-hand", "not-done"] {
        world.mail.refuse("550 5.1.1 no such user");
        assert_eq!(text(lambda.invoke(of(id)).unwrap()), failures(&[]));
    }
    assert_eq!((world.mail.mails().len(), world.aws.dead_letter_count()), (0, 2));
    let handler = &*the_last_handler(&world);

    let done = release(&mut lambda, (&source, "done-by-hand"), handler, "done").unwrap();
    assert_eq!((&done["outcome"], &done["handler"]), (&json!("done"), &json!(handler)));
    release(&mut lambda, (&source, "not-done"), handler, "not-done").unwrap();
    for id in ["done-by-hand", "not-done"] {
        assert_eq!(text(lambda.invoke(of(id)).unwrap()), failures(&[]));
    }
    assert_eq!(
        (world.mail.mails().len(), world.aws.dead_letter_count()),
        (1, 2),
        "one acts, none is dead-lettered"
    );

    for (id, handler, outcome, expected) in [
        ("done-by-hand", handler, "done", "NotReleased"),
        ("never-seen", handler, "done", "NotReleased"),
        ("not-done", "no-such-handler", "done", "NotReleased"),
        ("not-done", handler, "perhaps", "BadRelease"),
        ("", handler, "done", "BadRelease"),
    ] {
        let failed = release(&mut lambda, (&source, id), handler, outcome).unwrap_err();
        assert_eq!(failed.kind, expected, "{failed:?}");
    }
    for payload in [r#"{"release":null}"#, r#"{"release":{"id":"a","why":"so"}}"#, r#"{"release":[]}"#] {
        let failed = lambda.invoke(payload.as_bytes().to_vec()).unwrap_err();
        assert_eq!(failed.kind, "BadRelease", "{failed:?}");
    }
    let failed = world.start("relay").invoke(br#"{"release":{}}"#.to_vec()).unwrap_err();
    assert_eq!(failed.kind, "NotTaken", "{failed:?}");
}

fn the_last_handler(world: &World) -> String {
    world.aws.dead_letters()["m"].note().handlers[0].name.clone()
}

#[test]
fn s19_done_is_refused_where_nothing_tells_what_a_success_emits() {
    let world = World::new();
    let mut lambda = world.start("payment");
    world.gateway.refuse(Some(422));
    assert_eq!(text(lambda.invoke(sqs(&[("m", service("payment").body())])).unwrap()), failures(&[]));
    let note = the_dead_letter(&world).note();
    let (source, id) = (note.source.unwrap(), note.id.unwrap());
    let failed = release(&mut lambda, (&source, &id), "charge-card", "done").unwrap_err();
    assert!(failed.message.contains("implement `Done`"), "{failed:?}");
}

//! S-68 in the templates: a FIFO queue that others fill, with a FIFO dead-letter queue, and the checks
//! that notice a missing part.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use waxseal::{Channel, Declared};
use waxseal_catalog::{App, FifoQueue};
use waxseal_infra::{AppError, Finding, Stack, check, templates};

use crate::support::service;

const BOOKED: Declared = Declared::new("room.booked", "hotels", Channel::Bus);

fn shop() -> App {
    let desk = service("desk", &[(BOOKED, &[])]).fifo(FifoQueue::new("bookings").batch(4)).window(20);
    App::new("shop").service(desk).emitted_elsewhere("room.booked")
}

fn desk(stacks: &mut [Stack]) -> &mut Value {
    &mut stacks.iter_mut().find(|stack| stack.name == "desk").expect("a stack").template["Resources"]
}

#[test]
fn s68_a_fifo_queue_has_a_mapping_and_a_fifo_dead_letter_queue() {
    let app = shop();
    let mut stacks = templates(&app).expect("templates");
    assert_eq!(check(&app, &stacks), []);
    let desk = desk(&mut stacks);
    let queue = &desk["FifoBookings"]["Properties"];
    assert_eq!(
        (&queue["QueueName"], &queue["FifoQueue"], &queue["VisibilityTimeout"]),
        (&json!({ "Fn::Sub": "shop-${Stage}-desk-bookings.fifo" }), &json!(true), &json!(180))
    );
    let dead = json!({ "Fn::GetAtt": ["FifoBookingsDeadLetters", "Arn"] });
    assert_eq!(queue["RedrivePolicy"]["deadLetterTargetArn"], dead);
    let letters = &desk["FifoBookingsDeadLetters"];
    assert_eq!(letters["DeletionPolicy"], "Retain");
    assert_eq!(
        (&letters["Properties"]["QueueName"], &letters["Properties"]["FifoQueue"]),
        (&json!({ "Fn::Sub": "shop-${Stage}-desk-bookings-dlq.fifo" }), &json!(true))
    );
    let mapping = &desk["FifoBookingsMapping"]["Properties"];
    assert_eq!(
        (&mapping["BatchSize"], &mapping["MaximumBatchingWindowInSeconds"]),
        (&json!(4), &Value::Null)
    );
    let variables = &desk["Function"]["Properties"]["Environment"]["Variables"];
    assert_eq!(variables["WAXSEAL_FIFO_DLQ_SUFFIX"], "-dlq");
    let statements = desk["FunctionRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
        .as_array()
        .expect("statements");
    let sends = statements.iter().find(|one| one["Sid"] == "OwnFifoDeadLetters").expect("a statement");
    assert_eq!(sends["Resource"], json!([dead]));
    assert_eq!(desk["EventsMapping"]["Properties"]["MaximumBatchingWindowInSeconds"], 20);
}

fn trusting() -> App {
    let bookings = FifoQueue::new("bookings")
        .content_based_deduplication()
        .sender("210987654321")
        .sender("123456789012");
    let desk = service("desk", &[(BOOKED, &[])]).fifo(bookings).fifo(FifoQueue::new("returns"));
    App::new("shop").service(desk).emitted_elsewhere("room.booked")
}

#[test]
fn s68_other_accounts_send_and_equal_contents_are_one_message_where_it_says_so() {
    let app = trusting();
    let mut stacks = templates(&app).expect("templates");
    assert_eq!(check(&app, &stacks), []);
    let parameters =
        &stacks.iter().find(|stack| stack.name == "desk").expect("a stack").template["Parameters"];
    assert_eq!(
        (&parameters["FifoBookingsSenders"]["Type"], &parameters["FifoBookingsSenders"]["Default"]),
        (&json!("CommaDelimitedList"), &json!("210987654321,123456789012"))
    );
    assert!(parameters["FifoReturnsSenders"].is_null(), "nobody but the own account sends there");
    let desk = desk(&mut stacks);
    let statements = |id: &str| desk[id]["Properties"]["PolicyDocument"]["Statement"].clone();
    assert_eq!(
        statements("FifoBookingsPolicy")[0],
        json!({
            "Sid": "Senders",
            "Effect": "Allow",
            "Principal": { "AWS": { "Ref": "FifoBookingsSenders" } },
            "Action": ["sqs:GetQueueUrl", "sqs:SendMessage"],
            "Resource": { "Fn::GetAtt": ["FifoBookings", "Arn"] },
        })
    );
    for id in ["FifoReturnsPolicy", "FifoBookingsDeadLettersPolicy"] {
        assert_eq!(statements(id).as_array().map(Vec::len), Some(1), "{id}: TLS alone");
    }
    assert_eq!(desk["FifoBookings"]["Properties"]["ContentBasedDeduplication"], true);
    for id in ["FifoReturns", "FifoBookingsDeadLetters"] {
        assert!(desk[id]["Properties"]["ContentBasedDeduplication"].is_null(), "{id}");
    }
}

#[test]
fn s68_other_senders_and_another_deduplication_than_declared_are_found() {
    let everybody = json!({ "AWS": "*" });
    for (pointer, value) in [
        ("/FifoBookings/Properties/ContentBasedDeduplication", json!(false)),
        ("/FifoReturns/Properties/ContentBasedDeduplication", json!(true)),
        ("/FifoBookingsPolicy/Properties/PolicyDocument/Statement/0/Principal", everybody.clone()),
        ("/FifoBookingsPolicy/Properties/PolicyDocument/Statement/0/Action", json!("sqs:ReceiveMessage")),
        ("/FifoBookingsPolicy/Properties/PolicyDocument/Statement/0/Effect", json!("Deny")),
    ] {
        let app = trusting();
        let mut stacks = templates(&app).expect("templates");
        let (parent, last) = pointer.rsplit_once('/').expect("a pointer");
        desk(&mut stacks).pointer_mut(parent).expect(parent)[last] = value;
        let found: Vec<&str> = check(&app, &stacks).iter().map(|one| one.check).collect();
        assert_eq!(found, ["queue-fifo"], "{pointer}");
    }
    // No other queue has senders of other accounts.
    for (policy, id) in [("FifoBookingsDeadLettersPolicy", "queue-fifo"), ("EventsPolicy", "queue-senders")] {
        let app = trusting();
        let mut stacks = templates(&app).expect("templates");
        let sends = json!({ "Effect": "Allow", "Principal": everybody, "Action": "sqs:SendMessage", "Resource": "*" });
        let statements = desk(&mut stacks)[policy].pointer_mut("/Properties/PolicyDocument/Statement");
        statements.and_then(Value::as_array_mut).expect("statements").push(sends);
        let found: Vec<&str> = check(&app, &stacks).iter().map(|one| one.check).collect();
        assert_eq!(found, [id], "{policy}");
    }
}

#[test]
fn s68_every_wrong_fifo_queue_is_found() {
    let gone = Value::Null;
    let standard = json!({ "Fn::GetAtt": ["DeadLetters", "Arn"] });
    for (pointer, value, id) in [
        ("/FifoBookings/Properties/FifoQueue", gone.clone(), "queue-fifo"),
        ("/FifoBookingsDeadLetters/Properties/FifoQueue", gone.clone(), "queue-fifo"),
        ("/FifoBookingsDeadLetters/Properties/RedriveAllowPolicy", gone.clone(), "queue-fifo"),
        (
            "/FifoBookingsDeadLetters/Properties/QueueName",
            json!({ "Fn::Sub": "shop-${Stage}-x.fifo" }),
            "queue-fifo",
        ),
        ("/FifoBookings/Properties/RedrivePolicy/deadLetterTargetArn", standard, "queue-fifo"),
        ("/FifoBookings/Properties/RedrivePolicy", gone.clone(), "queue-redrive"),
        ("/FifoBookings/Properties/VisibilityTimeout", json!(30), "queue-visibility"),
        ("/FifoBookingsMapping/Properties/BatchSize", json!(10), "queue-fifo"),
        ("/FifoBookingsMapping/Properties/MaximumBatchingWindowInSeconds", json!(20), "queue-fifo"),
        ("/FifoBookingsMapping/Properties/FunctionResponseTypes", gone.clone(), "mapping-partial-responses"),
        ("/FifoBookingsMapping", gone.clone(), "queue-mapping"),
        ("/FifoBookingsDeadLetters", gone.clone(), "queue-fifo"),
        ("/FifoBookingsPolicy", gone.clone(), "queue-tls"),
        ("/FifoBookingsDeadLettersAlarm", gone.clone(), "alarm-dead-letters"),
        ("/FifoBookingsAgeAlarm", gone.clone(), "alarm-age"),
        ("/Function/Properties/Environment/Variables/WAXSEAL_FIFO_DLQ_SUFFIX", gone, "settings"),
    ] {
        let app = shop();
        let mut stacks = templates(&app).expect("templates");
        let (parent, last) = pointer.rsplit_once('/').expect("a pointer");
        let resources = desk(&mut stacks);
        let parent = if parent.is_empty() { resources } else { resources.pointer_mut(parent).expect(parent) };
        let members = parent.as_object_mut().expect("an object");
        match value {
            Value::Null => drop(members.remove(last).expect(last)),
            value => drop(members.insert(last.to_owned(), value)),
        }
        let found: BTreeSet<&str> = check(&app, &stacks).iter().map(|one: &Finding| one.check).collect();
        assert!(found.contains(id), "{pointer}: {found:?}");
    }
}

#[test]
fn s68_a_function_that_may_not_send_to_its_fifo_dead_letters_is_found() {
    let app = shop();
    let mut stacks = templates(&app).expect("templates");
    let at = "/FunctionRole/Properties/Policies/0/PolicyDocument/Statement";
    let statements = desk(&mut stacks).pointer_mut(at).and_then(Value::as_array_mut).expect("statements");
    statements.retain(|one| one["Sid"] != "OwnFifoDeadLetters");
    let found: Vec<&str> = check(&app, &stacks).iter().map(|one| one.check).collect();
    assert_eq!(found, ["queue-fifo"]);
}

#[test]
fn s68_a_name_that_no_fifo_queue_can_have_is_refused() {
    let desk = service("desk", &[(BOOKED, &[])]).fifo(FifoQueue::new("b".repeat(45)));
    let error = templates(&App::new("shop").service(desk)).expect_err("too long");
    assert_eq!(error, AppError::Fifo { queue: "b".repeat(45), over: 1 });
}

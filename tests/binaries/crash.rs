//! `payment` killed between the charge and the commit: the money moves once.

use std::time::Duration;

use waxseal::table::Item;
use waxseal_tests::{
    aws::Aws,
    deliveries::{failures, sqs},
    runtime_api::Lambda,
};

use crate::service::{World, lines_about, service, text};

/// The receipt of the only event so far.
fn receipt(aws: &Aws) -> Item {
    let mut receipts = aws.receipts();
    assert_eq!(receipts.len(), 1, "{receipts:#?}");
    receipts.swap_remove(0)
}

/// Delivers the sample, and kills the binary once it sends its commit, which is never applied.
fn killed_before_the_commit(world: &World, event: &[u8]) {
    let mut lambda: Lambda = world.start("payment");
    let commit = world.aws.mute("TransactWriteItems", false);
    let invocation = lambda.begin(event);
    commit.recv_timeout(Duration::from_secs(30)).expect("a commit is tried");
    let ended = lambda.stop();
    assert!(ended.status.code().is_none(), "killed, not ended by itself: {ended:#?}");
    world.aws.unmute();
    drop(invocation);
}

#[test]
fn s10_a_charge_whose_commit_was_lost_with_its_process_is_made_once() {
    let (world, payment) = (World::new(), service("payment"));
    let event = sqs(&[("m", payment.body())]);
    killed_before_the_commit(&world, &event);
    assert_eq!((world.gateway.requests(), world.gateway.charges().len()), (1, 1));
    let claimed = receipt(&world.aws);
    assert_eq!((claimed.get_text("status"), claimed.get_number("attempt")), (Some("leased"), Some(1)));

    // While the lease holds, a redelivery writes nothing.
    let mut second = world.start("payment");
    assert_eq!(text(second.invoke(event.clone()).unwrap()), failures(&["m"]));
    assert_eq!(world.gateway.requests(), 1);
    assert_eq!(receipt(&world.aws), claimed, "a rejected duplicate wrote something");
    assert!(world.aws.dead_letters().is_empty());

    // The lease runs out.
    let mut expired = claimed.clone();
    let until = expired.get_number("lease_until").unwrap();
    expired = expired.number("lease_until", until - 60_000);
    world.aws.store(expired);
    assert_eq!(text(second.invoke(event.clone()).unwrap()), failures(&[]));
    let done = receipt(&world.aws);
    assert_eq!((done.get_text("status"), done.get_number("attempt")), (Some("completed"), Some(2)));
    assert!(done.get_text("emitted").unwrap().contains("\"eventType\":\"payment.captured\""));
    // The gateway was asked twice under one key, and charged once.
    assert_eq!((world.gateway.requests(), world.gateway.charges().len()), (2, 1));
    assert_eq!(world.aws.entity("money", "ord-2026-104711")["state"]["chargeId"], "ch_1");

    let lines = lines_about(&second.stop().stdout, "m");
    assert!(
        lines[0]["reason"].as_str().unwrap().starts_with("another attempt holds it until "),
        "{lines:#?}"
    );

    // A third process finds a duplicate.
    assert_eq!(text(world.start("payment").invoke(event).unwrap()), failures(&[]));
    assert_eq!((world.gateway.requests(), receipt(&world.aws)), (2, done));
}

#[test]
fn s10_a_transactional_handler_that_was_killed_before_its_commit_left_nothing() {
    let inventory = service("inventory");
    let (world, mut lambda) = World::with(inventory);
    let before = world.aws.items();
    let event = sqs(&[("m", inventory.body())]);
    let commit = world.aws.mute("TransactWriteItems", false);
    let _lost = lambda.begin(event.clone());
    commit.recv_timeout(Duration::from_secs(30)).expect("a commit is tried");
    lambda.stop();
    world.aws.unmute();
    assert_eq!(world.aws.items(), before);
    assert_eq!(text(world.start("inventory").invoke(event).unwrap()), failures(&[]));
    world.assert_effect(inventory);
}

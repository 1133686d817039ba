//! Streams and Kafka count no receives: a record that keeps failing is given up by its age.

use std::time::Duration;

use crate::{
    anything::{Seen, anything_with},
    common::{OK, case, failed, golden, invoke},
};
use waxseal::batch::{MalformedPolicy, Policy};
use waxseal_lambda::Function;

fn limited(seconds: Option<u64>) -> (Function, std::sync::Arc<Seen>) {
    let mut policy = Policy::default();
    policy.max_age = seconds.map(Duration::from_secs);
    anything_with(policy)
}

const THIRD: &str = "49590338271490256608559692538361571095921575989136580002";

/// The third record of the batch was written at 22:10:52.987.
#[tokio::test]
async fn s60_a_record_that_keeps_failing_is_a_dead_letter_before_its_mapping_gives_it_up() {
    let (function, seen) = limited(Some(3600));
    seen.fail("\"n\": 2");
    for (now, answer) in [
        ("2018-12-17T22:10:53Z", failed(&[THIRD])),
        ("2018-12-17T22:55:52.986Z", failed(&[THIRD])),
        ("2018-12-17T22:55:52.987Z", OK.to_owned()),
    ] {
        seen.set_now(now);
        assert_eq!(invoke(&function, &case("kinesis-batch")).await.unwrap(), answer, "{now}");
    }
    let dead_letters = seen.dead_letters();
    assert_eq!(dead_letters.len(), 1);
    assert!(
        dead_letters[0].reason.starts_with("gave up at the age of 2700 s: "),
        "{}",
        dead_letters[0].reason
    );
    assert!(dead_letters[0].reason.ends_with("not now"), "{}", dead_letters[0].reason);
    assert!(String::from_utf8_lossy(&dead_letters[0].body).contains("\"eventId\": \"k2\""));
    assert_eq!(dead_letters[0].code.as_str(), "WX0006");
    // The record behind it under its key ran in the end.
    assert_eq!(seen.ids().iter().filter(|id| *id == "k4").count(), 1);
}

/// The wrong implementation: without a limit the record holds up its shard until the mapping drops it, and no dead letter has it.
#[tokio::test]
async fn s60_without_the_age_the_mapping_would_drop_the_record() {
    let (function, seen) = limited(None);
    seen.fail("\"n\": 2");
    seen.set_now("2018-12-18T22:10:53Z");
    assert_eq!(invoke(&function, &case("kinesis-batch")).await.unwrap(), failed(&[THIRD]));
    assert!(seen.dead_letters().is_empty());
}

#[tokio::test]
async fn s60_the_age_counts_for_changes_and_kafka_too_and_not_for_queues() {
    for (name, payload, fails, dead_letters) in [
        ("dynamodb-changes", golden("dynamodb-changes"), "This item", 2),
        ("kafka-batch", case("kafka-batch"), "\"n\": 1", 1),
        ("s3-notification-in-sqs", case("s3-notification-in-sqs"), "uploads", 0),
    ] {
        let (function, seen) = limited(Some(60));
        seen.fail(fails);
        seen.set_now("2026-12-01T00:00:00Z");
        let answer = invoke(&function, &payload).await.unwrap();
        assert_eq!(
            (seen.dead_letters().len(), answer == OK),
            (dead_letters, dead_letters > 0),
            "{name}: {answer}"
        );
    }
}

#[tokio::test]
async fn s60_where_the_dead_letter_cannot_be_written_the_record_comes_again() {
    let (function, seen) = limited(Some(60));
    seen.fail("\"n\": 2");
    seen.fixture.dead_letters.set_missing(true);
    assert_eq!(invoke(&function, &case("kinesis-batch")).await.unwrap(), failed(&[THIRD]));
}

#[tokio::test]
async fn s60_an_unreadable_record_that_is_to_be_retried_is_given_up_by_its_age_too() {
    let mut policy = Policy::default();
    (policy.max_age, policy.malformed) = (Some(Duration::from_secs(60)), MalformedPolicy::Retry);
    let (function, seen) = anything_with(policy);
    seen.set_now("2018-12-17T22:10:51Z");
    assert_eq!(
        invoke(&function, &golden("kinesis")).await.unwrap(),
        failed(&["49590338271490256608559692538361571095921575989136588898"])
    );
    seen.set_now("2018-12-17T23:10:51Z");
    assert_eq!(invoke(&function, &golden("kinesis")).await.unwrap(), OK);
    assert_eq!(seen.dead_letters().len(), 2);
}

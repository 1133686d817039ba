//! Redelivery of failed records: all of them at once or slower, and the delay of each.

use serde_json::json;
use waxseal_tests::{
    deliveries::{changed, failures, fifo, handle, sqs, with_id},
    runtime_api::Lambda,
};

use crate::service::{SERVICES, Service, World, lines_about, service, text};

/// An event that this build cannot handle yet, so that it fails and is delivered again.
fn newer(service: &Service, id: &str) -> String {
    changed(&with_id(&service.body(), id), |envelope| envelope["eventVersion"] = json!(99))
}

#[test]
fn s7_where_all_fail_all_are_named_or_the_invocation_fails_as_the_variable_says() {
    for service in &SERVICES {
        let (one, two, good) = (newer(service, "newer-1"), newer(service, "newer-2"), service.body());
        let standard = sqs(&[("m1", one.clone()), ("m2", two.clone())]);
        let groups = fifo(&[("m1", "a", one.clone()), ("m2", "a", good.clone()), ("m3", "b", two.clone())]);
        let mixed = sqs(&[("m1", one), ("m2", good), ("m3", two)]);

        let (world, mut lambda) = World::with(service);
        assert_eq!(
            text(lambda.invoke(standard.clone()).unwrap()),
            failures(&["m1", "m2"]),
            "{}",
            service.name
        );
        assert_eq!(
            text(lambda.invoke(groups.clone()).unwrap()),
            failures(&["m1", "m2", "m3"]),
            "{}",
            service.name
        );
        assert_eq!(world.aws.dead_letter_count(), 0);

        let world = World::new();
        let mut variables = world.variables(service.name);
        variables.insert("WAXSEAL_TOTAL_FAILURE".to_owned(), "raise".to_owned());
        let mut lambda = Lambda::start(service.name, &variables);
        (service.prepare)(&mut lambda);
        for (batch, records) in [(standard, 2), (groups, 3)] {
            let error = lambda.invoke(batch).unwrap_err();
            let counted = format!("{records} of {records} records");
            assert!(error.message.contains(&counted), "{}: {error:?}", service.name);
            assert!(error.message.contains("is newer than"), "{}: {error:?}", service.name);
        }
        assert_eq!(text(lambda.invoke(mixed).unwrap()), failures(&["m1", "m3"]), "{}", service.name);
        world.assert_effect(service);
        assert_eq!(world.aws.dead_letter_count(), 0, "{}", service.name);
    }
}

#[test]
fn s24_s25_what_failed_is_delayed_in_chunks_of_ten_and_a_refusal_changes_no_answer() {
    let inventory = service("inventory");
    let ids: Vec<String> = (0..23).map(|n| format!("m{n}")).collect();
    let records: Vec<(&str, String)> = ids.iter().map(|id| (id.as_str(), newer(inventory, id))).collect();
    let named = failures(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    let (world, mut lambda) = World::with(inventory);
    assert_eq!(text(lambda.invoke(sqs(&records)).unwrap()), named);

    // They are sent at once, so they arrive in any order.
    let mut calls = world.aws.delays();
    calls.sort_by_key(|call| ids.iter().position(|id| handle(id) == call[0].handle));
    assert_eq!(calls.iter().map(Vec::len).collect::<Vec<_>>(), [10, 10, 3]);
    for call in &calls {
        let entries: Vec<&str> = call.iter().map(|delay| delay.entry.as_str()).collect();
        let positions: Vec<String> = (0..call.len()).map(|position| position.to_string()).collect();
        assert_eq!(entries, positions);
    }
    let delayed: Vec<String> = calls.concat().into_iter().map(|delay| delay.handle).collect();
    assert_eq!(delayed, ids.iter().map(|id| handle(id)).collect::<Vec<_>>());
    // The first retry waits at most the base of 30 s, and its delays spread over that range.
    let seconds: Vec<u64> = calls.concat().iter().map(|delay| delay.seconds).collect();
    assert!(seconds.iter().all(|seconds| *seconds <= 30), "{seconds:?}");
    assert!(seconds.iter().any(|other| *other != seconds[0]), "no jitter: {seconds:?}");

    world.aws.refuse_delays(true);
    assert_eq!(text(lambda.invoke(sqs(&records)).unwrap()), named);
    assert_eq!(world.aws.delays().len(), 6, "they were asked for");
    let log = lambda.stop().stdout;
    assert_eq!(lines_about(&log, "m0").len(), 2, "one line for each failure and none more");
    assert_eq!(
        log.iter().filter(|line| line.contains("records could not be delayed")).count(),
        3,
        "{log:#?}"
    );
}

#[test]
fn s25_of_a_fifo_group_only_the_head_is_delayed() {
    let inventory = service("inventory");
    let (world, mut lambda) = World::with(inventory);
    let batch = fifo(&[
        ("a1", "a", newer(inventory, "e-1")),
        ("b1", "b", inventory.body()),
        ("a2", "a", with_id(&inventory.body(), "e-2")),
    ]);
    assert_eq!(text(lambda.invoke(batch).unwrap()), failures(&["a1", "a2"]));
    let delayed: Vec<String> = world.aws.delays().concat().into_iter().map(|delay| delay.handle).collect();
    assert_eq!(delayed, [handle("a1")]);
}

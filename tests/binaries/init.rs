//! A binary that cannot work prints one line of JSON and ends. The line names the variable, its
//! value and the remedy.

use waxseal_tests::runtime_api::{Ended, Lambda, Variables};

use crate::{
    service::{SERVICES, World, service},
    words::assert_is_bounded,
};

const EVERY: [&str; 4] =
    ["AWS_REGION", "WAXSEAL_DLQ_URL", "AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_FUNCTION_NAME"];

/// Starts `name` with some variables changed, and returns the one line with which it ends. An empty
/// value removes a variable.
fn line(world: &World, name: &str, changes: &[(&str, &str)]) -> String {
    let mut variables: Variables = world.variables(name);
    variables.extend(changes.iter().map(|(variable, value)| ((*variable).to_owned(), (*value).to_owned())));
    let Ended { status, stdout, stderr, init_errors } = Lambda::start(name, &variables).exited();
    assert_eq!(status.code(), Some(1), "{name} {changes:?}: {stdout:#?} {stderr:#?}");
    assert_eq!(
        (stderr.len(), stdout.len(), init_errors.len()),
        (1, 0, 0),
        "{name} {changes:?}: {stdout:#?} {stderr:#?}"
    );
    assert_is_bounded(&stderr);
    let line: serde_json::Value = serde_json::from_str(&stderr[0]).unwrap();
    assert_eq!(line["level"], "ERROR", "{name} {changes:?}: {line}");
    line["error"].as_str().unwrap_or_else(|| panic!("{name} {changes:?}: {line}")).to_owned()
}

#[test]
fn an_absent_variable_is_named_in_one_line() {
    let world = World::new();
    for service in &SERVICES {
        for variable in EVERY.iter().chain(&["WAXSEAL_TABLE"]).chain(service.own) {
            let line = line(&world, service.name, &[(variable, "")]);
            assert!(line.starts_with(&format!("{variable} is not set: ")), "{}: {line}", service.name);
        }
    }
    for variable in EVERY.iter().chain(&["WAXSEAL_BUS", "WAXSEAL_TABLE"]) {
        let line = line(&world, "relay", &[(variable, "")]);
        assert!(line.starts_with(&format!("{variable} is not set: ")), "{line}");
    }
}

#[test]
fn an_absurd_variable_is_named_with_what_is_wrong() {
    let world = World::new();
    let dead_letters =
        ("WAXSEAL_DLQ_URL", "arn:aws:sqs:eu-central-1:123456789012:dlq", "an ARN and not a queue's URL");
    let memory = ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "much", "must be a number of MB");
    for service in &SERVICES {
        for (variable, value, says) in [
            dead_letters,
            memory,
            ("WAXSEAL_TABLE", "not a table", "not a table's name or ARN"),
            ("WAXSEAL_CONCURRENCY", "0", "not a whole number from 1 to 10000"),
            ("WAXSEAL_MAX_RECEIVES", "-1", "not a whole number from 1 to 1000"),
            ("WAXSEAL_MALFORMED", "drop", "not dead-letter or retry"),
            ("WAXSEAL_HORIZON_DAYS", "∞", "not a whole number from 1 to 3650"),
            ("WAXSEAL_LEASE_SECONDS", "1m", "not a whole number from 1 to 43200"),
        ] {
            let line = line(&world, service.name, &[(variable, value)]);
            assert!(line.starts_with(variable) && line.contains(says), "{}: {line}", service.name);
        }
    }
    for (variable, value, says) in [
        dead_letters,
        memory,
        ("WAXSEAL_BUS", "a bus", "not an event bus's name or ARN"),
        ("WAXSEAL_TOPIC_STOCK", "stock", "not a topic's ARN"),
        ("WAXSEAL_QUEUE_INVENTORY", "inventory", "not a queue's URL"),
        ("WAXSEAL_TABLE", "not a table", "not a table's name or ARN"),
        ("WAXSEAL_SWEEP_DAYS", "two weeks", "not a whole number from 1 to 3650"),
    ] {
        let line = line(&world, "relay", &[(variable, value)]);
        assert!(line.starts_with(variable) && line.contains(says), "{line}");
    }
    for (name, variable, value) in [
        ("payment", "PAYMENT_GATEWAY_URL", "gateway"),
        ("notification", "SMTP_URL", "http://user:hunter2@mail.example"),
        ("notification", "MAIL_FROM", "nobody"),
    ] {
        let line = line(&world, name, &[(variable, value)]);
        assert!(line.starts_with(variable) && line.contains("for example"), "{line}");
        assert!(!line.contains("hunter2"), "{line}");
    }
}

#[test]
fn a_table_that_cannot_be_reached_is_named_before_the_first_event() {
    let mut world = World::new();
    world.aws.unplug_table();
    for service in &SERVICES {
        let line = line(&world, service.name, &[]);
        for part in
            ["table shop", "no connection to http://127.0.0.1:", "refused", "AWS_ENDPOINT_URL_DYNAMODB"]
        {
            assert!(line.contains(part), "{part:?} is not in {line:?}");
        }
    }
}

#[test]
fn absent_credentials_are_named_before_the_first_event() {
    let world = World::new();
    // The last source of credentials would be the instance metadata service, which is outside of
    // this machine.
    let changes =
        [("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", ""), ("AWS_EC2_METADATA_DISABLED", "true")];
    let line = line(&world, service("inventory").name, &changes);
    assert!(line.contains("no credentials for ") && line.contains("give the function a role"), "{line}");
}

#[test]
fn s20_a_time_out_shorter_than_one_attempt_is_told_at_start() {
    for (seconds, is_told) in [("5", true), ("6", false)] {
        let world = World::new();
        for name in ["orders", "relay"] {
            let mut variables = world.variables(name);
            variables.insert("WAXSEAL_TIMEOUT_SECONDS".to_owned(), seconds.to_owned());
            let mut lambda = Lambda::start(name, &variables);
            lambda.ready();
            let log = lambda.stop().stdout;
            let told = log.iter().filter(|line| line.contains("WAXSEAL_TIMEOUT_SECONDS")).count();
            assert_eq!(told, usize::from(is_told), "{name}: {log:#?}");
            assert!(log.iter().all(|line| line.starts_with('{')), "{log:#?}");
        }
    }
}

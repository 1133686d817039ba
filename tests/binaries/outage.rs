//! A table that cannot be reached: everything is reported as failed, and each record logs one line
//! with the remedy.

use waxseal_tests::deliveries::{failures, sqs, with_id};

use crate::service::{SERVICES, World, assert_no_payload, lines_about, text};

#[test]
fn s2_an_unreachable_table_fails_every_record_in_order_and_loses_none() {
    for service in &SERVICES {
        let (mut world, mut lambda) = World::with(service);
        let before = world.aws.items();
        let good = service.body();
        let batch =
            sqs(&[("z", good.clone()), ("a", with_id(&good, "second")), ("m", with_id(&good, "third"))]);
        world.aws.unplug_table();
        assert_eq!(text(lambda.invoke(batch).unwrap()), failures(&["z", "a", "m"]), "{}", service.name);
        assert_eq!(world.aws.items(), before, "{}", service.name);
        assert!(world.aws.dead_letters().is_empty(), "{}", service.name);
        assert_eq!((world.gateway.requests(), world.mail.mails().len()), (0, 0), "acted without a claim");

        world.aws.plug_table();
        assert_eq!(text(lambda.invoke(sqs(&[("z", good)])).unwrap()), failures(&[]), "{}", service.name);
        world.assert_effect(service);

        let log = lambda.stop().stdout;
        for record in ["z", "a", "m"] {
            let lines = lines_about(&log, record);
            assert_eq!(lines.len(), 1, "{}: {lines:#?}", service.name);
            let reason = lines[0]["reason"].as_str().unwrap();
            for part in ["table shop", "no connection to http://127.0.0.1:", "AWS_ENDPOINT_URL_DYNAMODB"] {
                assert!(reason.contains(part), "{part:?} is not in {reason:?}");
            }
        }
        assert_no_payload(&log);
    }
}

#[test]
fn s2_connections_that_break_fail_every_record_and_lose_none() {
    for service in &SERVICES {
        let (world, mut lambda) = World::with(service);
        let before = world.aws.items();
        let batch = sqs(&[("z", service.body()), ("a", with_id(&service.body(), "second"))]);
        world.aws.break_table(true);
        assert_eq!(text(lambda.invoke(batch).unwrap()), failures(&["z", "a"]), "{}", service.name);
        assert_eq!((world.aws.items(), world.aws.dead_letter_count()), (before, 0), "{}", service.name);
        assert_eq!((world.gateway.requests(), world.mail.mails().len()), (0, 0), "acted without a claim");

        world.aws.break_table(false);
        assert_eq!(text(lambda.invoke(sqs(&[("z", service.body())])).unwrap()), failures(&[]));
        world.assert_effect(service);
        let log = lambda.stop().stdout;
        for record in ["z", "a"] {
            let lines = lines_about(&log, record);
            assert_eq!(lines.len(), 1, "{}: {lines:#?}", service.name);
            let reason = lines[0]["reason"].as_str().unwrap();
            assert!(reason.contains("table shop") && reason.contains("http://127.0.0.1:"), "{reason}");
            assert!(reason.contains("not known whether it was applied"), "{reason}");
        }
        assert_no_payload(&log);
    }
}

#[test]
fn a_table_that_goes_away_is_named() {
    for service in &SERVICES {
        let (world, mut lambda) = World::with(service);
        // Another table answers at the same place, and the function's table does not exist there.
        world.aws.plug_other_table();
        assert_eq!(text(lambda.invoke(sqs(&[("z", service.body())])).unwrap()), failures(&["z"]));
        let lines = lines_about(&lambda.stop().stdout, "z");
        let reason = lines[0]["reason"].as_str().unwrap();
        assert!(
            reason.contains("ResourceNotFoundException: table shop does not exist in http://127.0.0.1:")
                && reason.ends_with("create it or correct WAXSEAL_TABLE (WX0309)"),
            "{reason}"
        );
    }
}

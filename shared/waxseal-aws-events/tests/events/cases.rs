//! The cases of practice in `tests/cases`, through a function.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use waxseal::{Adapted, Envelope, Fault, Handler, Service, Unit};
use waxseal_aws_events::{cloudtrail::ApiCall, lambda, s3, s3_notification, scheduler};

use crate::support::{Deployed, Keep, OK, Seen, case, sqs, without_a_handler};

/// A payload of any form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct Any(Value);
waxseal::foreign!(Any { type: "any.thing", source: "them" });

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct InvoicePaid {
    amount: u64,
    currency: String,
}
waxseal::foreign!(InvoicePaid { type: "invoice_paid", source: "billing" });

/// The reason of the one dead letter.
fn reason(service: Service, payload: &str) -> String {
    let deployed = Deployed::new(service);
    assert_eq!(deployed.invoke(payload).unwrap(), OK);
    let reasons = deployed.reasons();
    assert_eq!(reasons.len(), 1, "{reasons:?}");
    reasons.into_iter().next().unwrap()
}

#[test]
fn s50_a_payload_with_an_event_version_of_its_own_reaches_its_handler_whole() {
    let (deployed, seen) = Deployed::keeping::<ApiCall>();
    deployed.succeeds(case("cloudtrail-event"));
    seen.one(|event| {
        assert_eq!((&*event.source, event.data.event_version.as_deref()), ("aws.s3", Some("1.08")));
        assert_eq!(event.data.event_name, "CreateBucket");
    });
    let reason = reason(without_a_handler(), &case("cloudtrail-event"));
    assert!(reason.contains("no handler for AWS API Call via CloudTrail"), "{reason}");
}

#[test]
fn s50_an_object_that_s3_reports_through_eventbridge_has_its_key_as_it_is() {
    let (deployed, seen) = Deployed::keeping::<s3::Created>();
    deployed.succeeds(case("s3-object-created-eventbridge"));
    seen.one(|event| assert_eq!(event.data.object.key, "a b+c/ü.jpg"));
}

#[test]
fn s50_an_object_that_s3_reports_in_a_queue_has_its_key_decoded() {
    let payload = case("s3-notification-in-sqs");
    let (deployed, seen) = Deployed::keeping::<s3_notification::Created>();
    deployed.succeeds(&payload);
    // SQS delivers it twice, and S3 sends it twice: one event.
    deployed.succeeds(&payload);
    deployed.succeeds(payload.replace(r#""messageId": "m1""#, r#""messageId": "m2""#));
    seen.one(|event| assert_eq!(event.data.0.s3.object.key, "reports/2026 11/aü.csv"));

    let reason = reason(without_a_handler(), &payload);
    assert!(reason.contains("no handler for ObjectCreated:Put"), "{reason}");
    assert!(
        reason.contains("its source is aws:s3: declare a handler for it, or `.ignore(\"aws:s3\")`"),
        "{reason}"
    );
    let ignoring = Deployed::new(without_a_handler().ignore("aws:s3"));
    ignoring.succeeds(&payload);
}

#[test]
fn s50_two_events_about_one_object_are_two() {
    let (deployed, seen) = Deployed::keeping::<s3_notification::Created>();
    deployed.succeeds(case("s3-notification-in-sqs"));
    deployed.succeeds(case("s3-notification-in-sqs").replace("0055AED6DCD90281E5", "0055AED6DCD90281E6"));
    assert_eq!(seen.count(), 2);
}

#[test]
fn s51_plain_json_is_handled_through_an_adapter() {
    let seen = Seen::<InvoicePaid>::default();
    let service = Service::new("ledger").handler(Keep(seen.clone())).adapt(|record| {
        Ok(Adapted::named(record.text_at("/type")?)
            .source("billing")
            .id(record.text_at("/id")?)
            .time(record.time_at("/created")?)
            .payload(record.at("/data")?))
    });
    let deployed = Deployed::new(service);
    deployed.succeeds(case("plain-json-body"));
    seen.one(|event| {
        assert_eq!((&*event.id, &*event.source, &*event.name), ("in_1", "billing", "invoice_paid"));
        assert_eq!(event.timestamp.as_second(), 1_795_253_401);
        assert_eq!(event.data, InvoicePaid { amount: 1250, currency: "eur".to_owned() });
    });
    let reason = reason(without_a_handler(), &case("plain-json-body"));
    assert!(reason.contains("give its id and name by `Service::adapt`"), "{reason}");
}

#[test]
fn s50_a_body_with_a_byte_order_mark_is_read() {
    let (deployed, seen) = Deployed::keeping::<Any>();
    deployed.succeeds(case("byte-order-mark"));
    seen.one(|event| assert_eq!(event.id, "b1"));
}

#[test]
fn s50_a_schedule_is_handled() {
    let (deployed, seen) = Deployed::keeping::<scheduler::ScheduleDue>();
    deployed.succeeds(case("scheduler-target"));
    seen.one(|event| {
        assert_eq!((&*event.source, &*event.id), ("aws.scheduler", "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa"));
    });
    let reason = reason(without_a_handler(), &case("scheduler-target"));
    assert!(reason.contains("no handler for Scheduled Event"), "{reason}");
}

#[test]
fn s50_the_record_of_a_destination_is_handled_where_it_is_declared_and_named_otherwise() {
    let record = case("lambda-destination");
    for payload in [record.clone(), sqs("m1", &record, &json!({}))] {
        let (deployed, seen) = Deployed::keeping::<lambda::Failed>();
        deployed.succeeds(payload);
        seen.one(|event| {
            assert_eq!((&*event.id, &*event.source), ("c6af9ac6", "lambda"));
            assert_eq!(event.data.0.request_context.condition, lambda::Condition::RetriesExhausted);
        });
    }
    for payload in [record.clone(), sqs("m1", &record, &json!({}))] {
        let reason = reason(without_a_handler(), &payload);
        assert!(reason.contains("no handler for Lambda Function Invocation Result - Failure"), "{reason}");
        // A handler of successes takes no failure.
        let (deployed, seen) = Deployed::keeping::<lambda::Succeeded>();
        assert_eq!(deployed.invoke(payload).unwrap(), OK);
        assert_eq!((deployed.dead_letters().len(), seen.count()), (1, 0));
    }
}

#[test]
fn s48_a_group_on_a_standard_queue_keeps_nothing_back() {
    struct Do(Seen<Any>);
    impl Handler for Do {
        const NAME: &str = "do";
        type Event = Any;
        type Emits = ();
        async fn handle(&self, event: &Envelope<Any>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
            match event.data.0["do"] == "retry" {
                true => Err(Fault::retry("not now")),
                false => Keep(self.0.clone()).handle(event, unit).await,
            }
        }
    }
    let seen = Seen::default();
    let deployed = Deployed::new(Service::new("files").handler(Do(seen.clone())));
    let answer = deployed.invoke(case("fair-queue")).unwrap();
    assert_eq!(answer, r#"{"batchItemFailures":[{"itemIdentifier":"m1"}]}"#);
    assert_eq!((seen.count(), deployed.dead_letters().len()), (3, 0));
}

#[test]
fn s36_a_pointer_of_the_extended_client_is_named() {
    let reason = reason(without_a_handler(), &case("extended-client-pointer"));
    assert!(reason.contains("is a pointer of the SQS extended client"), "{reason}");
}

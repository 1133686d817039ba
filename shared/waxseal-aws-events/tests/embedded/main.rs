//! The cases of practice, and an application with foreign events, in the embedded environment.
#![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

mod both;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use waxseal::{Adapted, Entity, Envelope, Fault, Handler, Message, Service, Unit};
use waxseal_aws_events::{cloudtrail::ApiCall, lambda, s3, s3_notification, scheduler};
use waxseal_catalog::{App, Deployed};
use waxseal_local::{Local, NewMessage};

/// What a handler got, under a name of its own.
#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Got {
    what: Vec<String>,
}
impl Entity for Got {
    const KIND: &'static str = "got";
}

async fn got<E: waxseal::Emits>(unit: &mut Unit<'_, E>, name: &str, what: &str) -> Result<(), Fault> {
    let mut got = match unit.load::<Got>(name).await? {
        Some(got) => got,
        None => unit.create(name, Got { what: Vec::new() }),
    };
    got.what.push(what.to_owned());
    unit.save(got);
    Ok(())
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct InvoicePaid {
    amount: u64,
}
waxseal::foreign!(InvoicePaid { type: "invoice_paid", source: "billing" });

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
struct Any(Value);
waxseal::foreign!(Any { type: "any.thing", source: "them" });

/// An event of a partner, and one that another team puts on the application's bus.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct SignedUp {
    user: String,
}
waxseal::foreign!(SignedUp { detail_type: "User Signed Up", source: "aws.partner/auth0.com", bus: partner });
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Moved {
    user: String,
}
waxseal::foreign!(Moved { type: "com.example.Moved", source: "crm", bus: application });

macro_rules! handlers {
    ($($handler:ident $name:literal $event:ty, $look:expr;)*) => {
        $(
            struct $handler;
            impl Handler for $handler {
                const NAME: &str = $name;
                type Event = $event;
                type Emits = ();
                async fn handle(&self, event: &Envelope<$event>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
                    let look: fn(&Envelope<$event>) -> String = $look;
                    got(unit, $name, &look(event)).await
                }
            }
        )*
        fn service() -> Service {
            Service::new("files")$(.handler($handler))*.adapt(|record| {
                Ok(Adapted::named(record.text_at("/type")?)
                    .source("billing")
                    .id(record.text_at("/id")?)
                    .payload(record.at("/data")?))
            })
        }
    };
}
handlers! {
    OnCall "call" ApiCall, |event| event.data.event_name.clone();
    OnCreated "created" s3::Created, |event| event.data.object.key.clone();
    OnNotified "notified" s3_notification::Created, |event| event.data.0.s3.object.key.clone();
    OnSchedule "schedule" scheduler::ScheduleDue, |event| event.source.clone();
    OnFailed "failed" lambda::Failed, |event| event.data.0.request_context.request_id.clone();
    OnPaid "paid" InvoicePaid, |event| event.data.amount.to_string();
    OnAny "any" Any, |event| event.id.clone();
    OnSignedUp "signed-up" SignedUp, |event| event.data.user.clone();
    OnMoved "moved" Moved, |event| event.data.user.clone();
}

fn case(name: &str) -> String {
    let path = format!("{}/../../tests/cases/{name}.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The body of the message in a case.
fn body(case_of: &str) -> String {
    let payload: Value = serde_json::from_str(&case(case_of)).unwrap();
    payload["Records"][0]["body"].as_str().unwrap().to_owned()
}

fn deployed(service: Service) -> Local {
    let local = Local::builder().quiet_dead_letters().build();
    local.deploy(&App::new("local").service(service)).unwrap();
    local
}

fn seen(local: &Local, name: &str) -> Vec<String> {
    local.read::<Got>("files", name).map_or_else(Vec::new, |got| got.what)
}

/// The reason of each dead letter.
fn reasons(local: &Local) -> Vec<String> {
    let dead_letters = local.dead_letters("files").unwrap().peek();
    dead_letters.iter().map(|dead_letter| dead_letter.note().unwrap().reason.into_owned()).collect()
}

#[test]
fn s50_the_cases_of_practice_reach_their_handlers() {
    let local = deployed(service());
    for name in [
        "cloudtrail-event",
        "s3-notification-in-sqs",
        "scheduler-target",
        "plain-json-body",
        "byte-order-mark",
    ] {
        local.queue("files").unwrap().send(NewMessage::new(body(name))).unwrap();
    }
    local.queue("files").unwrap().send(NewMessage::new(case("lambda-destination"))).unwrap();
    local.put_foreign(&case("s3-object-created-eventbridge")).unwrap();
    local.run_until_idle();
    assert_eq!(reasons(&local), [""; 0]);
    for (name, what) in [
        ("call", "CreateBucket"),
        ("notified", "reports/2026 11/aü.csv"),
        ("schedule", "aws.scheduler"),
        ("paid", "1250"),
        ("any", "b1"),
        ("failed", "c6af9ac6"),
        ("created", "a b+c/ü.jpg"),
    ] {
        assert_eq!(seen(&local, name), [what], "{name}");
    }
}

#[test]
fn s50_without_a_handler_each_case_is_a_dead_letter_that_names_it() {
    struct Nothing;
    #[derive(Serialize, Deserialize)]
    struct Never {}
    waxseal::event!(Never { name: "never.happened", version: 1, owner: "files" });
    impl Handler for Nothing {
        const NAME: &str = "nothing";
        type Event = Never;
        type Emits = ();
        async fn handle(&self, _: &Envelope<Never>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
            Ok(())
        }
    }
    for (name, body, says) in [
        ("cloudtrail-event", body("cloudtrail-event"), "no handler for AWS API Call via CloudTrail"),
        ("s3-notification-in-sqs", body("s3-notification-in-sqs"), "no handler for ObjectCreated:Put"),
        ("scheduler-target", body("scheduler-target"), "no handler for Scheduled Event"),
        ("plain-json-body", body("plain-json-body"), "give its id and name by `Service::adapt`"),
        (
            "extended-client-pointer",
            body("extended-client-pointer"),
            "is a pointer of the SQS extended client",
        ),
        (
            "lambda-destination",
            case("lambda-destination"),
            "no handler for Lambda Function Invocation Result - Failure",
        ),
        ("s3-object-created", case("s3-object-created-eventbridge"), "no handler for Object Created"),
    ] {
        let local = deployed(Service::new("files").handler(Nothing));
        local.queue("files").unwrap().send(NewMessage::new(body)).unwrap();
        local.run_until_idle();
        let reasons = reasons(&local);
        assert!(reasons.len() == 1 && reasons[0].contains(says), "{name}: {reasons:?}");
    }
}

#[test]
fn s48_a_message_that_keeps_failing_holds_up_none_of_its_tenant() {
    struct Do;
    impl Handler for Do {
        const NAME: &str = "do";
        type Event = Any;
        type Emits = ();
        async fn handle(&self, event: &Envelope<Any>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
            match event.data.0["do"] == "retry" {
                true => Err(Fault::retry("not now")),
                false => got(unit, &event.id, "done").await,
            }
        }
    }
    let local = deployed(Service::new("files").handler(Do));
    let batch: Value = serde_json::from_str(&case("fair-queue")).unwrap();
    for record in batch["Records"].as_array().unwrap() {
        let mut message = NewMessage::new(record["body"].as_str().unwrap());
        message.group = record["attributes"]["MessageGroupId"].as_str().map(str::to_owned);
        local.queue("files").unwrap().send(message).unwrap();
    }
    local.run_until_idle();
    for id in ["e2", "e3", "e4"] {
        assert_eq!(seen(&local, id), ["done"], "{id}");
    }
    let reasons = reasons(&local);
    assert!(reasons.len() == 1 && reasons[0].contains("not now"), "{reasons:?}");
}

#[test]
fn s50_a_function_takes_what_invokes_it_without_a_queue() {
    let local = deployed(service());
    let invoke = |payload: String| {
        let local = local.clone();
        local.clone().executor().block_on(async move { local.invoke("files", payload).await })
    };
    invoke(case("lambda-destination")).unwrap();
    invoke(case("s3-object-created-eventbridge")).unwrap();
    invoke(body("s3-notification-in-sqs")).unwrap();
    assert_eq!(seen(&local, "failed"), ["c6af9ac6"]);
    assert_eq!(seen(&local, "created"), ["a b+c/ü.jpg"]);
    assert_eq!(seen(&local, "notified"), ["reports/2026 11/aü.csv"]);
}

fn event(source: &str, name: &str, detail: Value) -> String {
    json!({
        "version": "0", "id": "e-1", "detail-type": name, "source": source, "account": "1", "region": "eu-west-1",
        "time": "2026-11-21T09:30:00Z", "resources": [], "detail": detail,
    })
    .to_string()
}

#[test]
fn l8_each_bus_has_its_own_rules() {
    let local = deployed(service());
    let (signed_up, moved) = (json!({"user": "anna"}), json!({"user": "berta"}));
    // Somebody who puts the partner's event on the application's bus, or an AWS service's, is not heard.
    let raw = |name: &str, source: &str| Envelope {
        name: name.to_owned(),
        ..Envelope::starting("e-1", source, local.now(), Any(json!({}))).into_raw().unwrap()
    };
    local.put(&raw(SignedUp::NAME, "shop")).unwrap();
    assert!(local.put(&raw(s3::Created::NAME, "aws.s3")).is_err(), "PutEvents refuses it");
    local.put_foreign(&event("aws.partner/auth0.com/tenant-1", SignedUp::NAME, signed_up)).unwrap();
    // The default bus has no rule for an event of the application's bus.
    local.put_foreign(&event("crm", Moved::NAME, moved.clone())).unwrap();
    local.run_until_idle();
    assert_eq!(seen(&local, "signed-up"), ["anna"]);
    assert_eq!(seen(&local, "moved"), [""; 0]);

    let entry = waxseal_local::Entry {
        source: "crm".to_owned(),
        detail_type: Moved::NAME.to_owned(),
        detail: serde_json::value::to_raw_value(&moved).unwrap(),
    };
    local.bus().put(&entry).unwrap();
    local.run_until_idle();
    assert_eq!(seen(&local, "moved"), ["berta"]);
    assert_eq!(
        local.default_bus().rules(),
        ["files--AWS API Call via CloudTrail", "files-aws.s3-Object Created"]
    );
    assert!(local.put_foreign("{}").unwrap_err().to_string().starts_with("not put: an event has id"));
}

#[test]
fn s50_an_application_of_foreign_events_has_no_findings() {
    let app = App::new("shop").service(Deployed::new(service()));
    assert_eq!(app.check(), []);
    let foreign = app.services[0].consumes().iter().filter(|declared| declared.is_foreign()).count();
    assert_eq!(foreign, app.services[0].catalog().len(), "the catalog shows them as foreign");
}

#[test]
fn s52_a_redriven_record_of_plain_json_takes_effect_once() {
    use std::sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    };
    struct Book(Arc<AtomicBool>);
    impl Handler for Book {
        const NAME: &str = "book";
        type Event = Any;
        type Emits = ();
        async fn handle(&self, event: &Envelope<Any>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
            if self.0.load(Ordering::Relaxed) {
                return Err(Fault::permanent("the books are closed"));
            }
            got(unit, "book", &event.id).await
        }
    }
    let closed = Arc::new(AtomicBool::new(true));
    // The queue's own id is the event's: its producer gives none.
    let local = deployed(
        Service::new("files")
            .handler(Book(closed.clone()))
            .adapt(|_| Ok(Adapted::named("any.thing").source("them"))),
    );
    let queue = local.queue("files").unwrap();
    queue.send(NewMessage::new(r#"{"amount":1}"#)).unwrap();
    let id = queue.peek()[0].id.clone();
    local.run_until_idle();
    let dead_letter = local.dead_letters("files").unwrap().peek().remove(0);
    assert_eq!(dead_letter.note().unwrap().id.as_deref(), Some(&*id));

    closed.store(false, Ordering::Relaxed);
    local.redrive("files").unwrap();
    // It comes a second time: a person redrove a copy.
    queue.send(dead_letter.content).unwrap();
    assert!(queue.peek().iter().all(|message| message.id != id));
    local.run_until_idle();
    assert_eq!(seen(&local, "book"), [&*id]);
    assert_eq!(local.duplicates(), 1);
}

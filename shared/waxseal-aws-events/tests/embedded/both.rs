//! Every case of practice, whole, through the entry of Lambda and through the embedded environment: both
//! give the same answer, the same effects and the same dead letters.
//!
//! The folder decides which cases there are, so a new file fails here until its right answer is written.

use std::{collections::BTreeSet, fs};

use serde_json::{Value, json};
use waxseal::{Adapted, Envelope, Fault, Handler, Service, Unit, batch::Policy};
use waxseal_aws_events::{cloudtrail::ApiCall, lambda, s3, s3_notification, scheduler};
use waxseal_lambda::{Function, Invocation, Invoke as _};
use waxseal_testing::{Fixture, block_on};

use crate::{Any, Got, InvoicePaid, case, deployed, got, reasons, seen};

macro_rules! handlers {
    ($($handler:ident $name:literal $event:ty, $look:expr;)*) => {
        $(
            struct $handler;
            impl Handler for $handler {
                const NAME: &str = $name;
                type Event = $event;
                type Emits = ();
                async fn handle(&self, event: &Envelope<$event>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
                    let look: fn(&Envelope<$event>) -> Result<String, Fault> = $look;
                    got(unit, "effects", &format!("{} {}", $name, look(event)?)).await
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
    OnCall "call" ApiCall, |event| Ok(event.data.event_name.clone());
    OnCreated "created" s3::Created, |event| Ok(event.data.object.key.clone());
    OnNotified "notified" s3_notification::Created, |event| Ok(event.data.0.s3.object.key.clone());
    OnSchedule "schedule" scheduler::ScheduleDue, |event| Ok(event.source.clone());
    OnFailed "failed" lambda::Failed, |event| Ok(event.data.0.request_context.request_id.clone());
    OnPaid "paid" InvoicePaid, |event| Ok(event.data.amount.to_string());
    OnAny "any" Any, |event| match event.data.0["do"] == "retry" {
        true => Err(Fault::retry("not now")),
        false => Ok(event.id.clone()),
    };
}

/// What came of a case: the failed items of each delivery, the effects, and the reasons of dead letters.
#[derive(Debug, PartialEq)]
struct Outcome {
    failed: Vec<Vec<String>>,
    effects: BTreeSet<String>,
    reasons: BTreeSet<String>,
}

/// How often a case is delivered: the second time nothing takes effect again.
const DELIVERIES: usize = 2;

fn failed(answer: &[u8]) -> Vec<String> {
    let answer: Value = serde_json::from_slice(answer).unwrap();
    let items = answer["batchItemFailures"].as_array().unwrap();
    items.iter().map(|item| item["itemIdentifier"].as_str().unwrap().to_owned()).collect()
}

/// The effects, each of which there is once.
fn once(effects: Vec<String>) -> BTreeSet<String> {
    let count = effects.len();
    let effects: BTreeSet<String> = effects.into_iter().collect();
    assert_eq!(effects.len(), count, "an effect came twice: {effects:?}");
    effects
}

fn through_lambda(service: Service, payload: &str) -> Outcome {
    let fixture = Fixture::at("2026-11-21T09:30:05Z".parse().unwrap());
    let function = Function::new(fixture.batches(fixture.engine(service), Policy::default()));
    let answer = || block_on(function.invoke(payload.as_bytes(), &Invocation::default())).unwrap();
    let failed = (0..DELIVERIES).map(|_| failed(&answer())).collect();
    let got = block_on(function.engine().read::<Got>("effects")).unwrap();
    let effects = got.map_or_else(Vec::new, |got| got.what);
    let reasons = fixture.dead_letters.recorded().into_iter().map(|dead_letter| dead_letter.reason);
    Outcome { failed, effects: once(effects), reasons: reasons.collect() }
}

fn through_the_environment(service: Service, payload: &str) -> Outcome {
    let local = deployed(service);
    let answer = || {
        let (of_task, payload) = (local.clone(), payload.to_owned());
        local.executor().block_on(async move { of_task.invoke("files", payload).await }).unwrap()
    };
    let failed = (0..DELIVERIES).map(|_| failed(&answer())).collect();
    Outcome { failed, effects: once(seen(&local, "effects")), reasons: reasons(&local).into_iter().collect() }
}

/// The right answer of a case: the item that fails, the effects, and a word of the reason of its dead letter.
fn right(name: &str) -> (&'static [&'static str], &'static [&'static str], Option<&'static str>) {
    match name {
        "byte-order-mark" => (&[], &["any b1"], None),
        "cloudtrail-event" => (&[], &["call CreateBucket"], None),
        "extended-client-pointer" => (&[], &[], Some("pointer of the SQS extended client")),
        "fair-queue" => (&["m1"], &["any e2", "any e3", "any e4"], None),
        "kafka-batch" => (&[], &["any q0", "any q1", "any q2"], None),
        "kinesis-batch" => (&[], &["any k0", "any k1", "any k2", "any k3", "any k4"], None),
        "lambda-destination" => (&[], &["failed c6af9ac6"], None),
        "plain-json-body" => (&[], &["paid 1250"], None),
        "s3-notification-in-sqs" => (&[], &["notified reports/2026 11/aü.csv"], None),
        "s3-object-created-eventbridge" => (&[], &["created a b+c/ü.jpg"], None),
        "scheduler-target" => (&[], &["schedule aws.scheduler"], None),
        _ => panic!("tests/cases/{name}.json has no right answer here"),
    }
}

#[test]
fn s2_s50_s51_s53_s55_s56_s58_every_case_has_its_right_answer_through_both_entries() {
    let folder = format!("{}/../../tests/cases", env!("CARGO_MANIFEST_DIR"));
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let names: BTreeSet<String> = files.map(|file| file.strip_suffix(".json").unwrap().to_owned()).collect();
    assert!(names.len() >= 11, "{names:?}");
    for name in names {
        let (item, effects, word) = right(&name);
        let payload = case(&name);
        let outcome = through_lambda(service(), &payload);
        assert_eq!(outcome, through_the_environment(service(), &payload), "{name}");
        assert_eq!(outcome.failed, vec![item.to_vec(); DELIVERIES], "{name}");
        assert!(outcome.effects.iter().eq(effects), "{name}: {outcome:?}");
        let reasons: Vec<&String> = outcome.reasons.iter().collect();
        let right = match word {
            Some(word) => reasons.len() == 1 && reasons[0].contains(word),
            None => reasons.is_empty(),
        };
        assert!(right, "{name}: {reasons:?}");
    }
}

#[test]
fn s53_where_the_third_record_of_the_stream_fails_both_entries_name_its_sequence_number() {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let mut payload: Value = serde_json::from_str(&case("kinesis-batch")).unwrap();
    let data = &mut payload["Records"][2]["kinesis"]["data"];
    let mut event: Value = serde_json::from_slice(&STANDARD.decode(data.as_str().unwrap()).unwrap()).unwrap();
    event["data"] = json!({ "do": "retry" });
    *data = STANDARD.encode(event.to_string()).into();
    let number = payload["Records"][2]["kinesis"]["sequenceNumber"].as_str().unwrap().to_owned();
    let outcome = through_lambda(service(), &payload.to_string());
    assert_eq!(outcome, through_the_environment(service(), &payload.to_string()));
    assert_eq!(outcome.failed, vec![vec![number]; DELIVERIES]);
    // k4 has the key of the record that failed.
    assert!(outcome.effects.iter().eq(&["any k0", "any k1", "any k3"]), "{outcome:?}");
}

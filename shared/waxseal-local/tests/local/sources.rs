//! Sources that others fill, through the environment: streams, buckets, and batches that a test invokes with.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use waxseal::{Adapted, Envelope, Fault, Handler, Message, Service, Unit};
use waxseal_catalog::{Deployed, Source};
use waxseal_local::{Faults, Local};

macro_rules! named {
    ($($type:ident $name:literal,)+) => {
        $(
            #[derive(Debug, Clone, Serialize, Deserialize)]
            #[serde(transparent)]
            struct $type(Value);
            waxseal::foreign!($type { type: $name });
        )+
    };
}

named! {
    AnyThing "any.thing",
    Put "ObjectCreated:Put",
    Deleted "ObjectRemoved:Delete",
    Failed "Lambda Function Invocation Result - Failure",
}

/// What the handlers were given: name, id, payload.
type Seen = Arc<Mutex<Vec<(String, String, Value)>>>;

struct Take<M>(Seen, std::marker::PhantomData<fn(M)>);

trait Payload: Message {
    const HANDLER: &'static str;
    fn json(&self) -> &Value;
}
macro_rules! payload {
    ($($type:ident $handler:literal),+) => { $(impl Payload for $type {
        const HANDLER: &'static str = $handler;
        fn json(&self) -> &Value { &self.0 }
    })+ };
}
payload!(AnyThing "any", Put "put", Deleted "deleted", Failed "failed");

impl<M: Payload> Handler for Take<M> {
    const NAME: &'static str = M::HANDLER;
    type Event = M;
    type Emits = ();
    async fn handle(&self, event: &Envelope<M>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
        let json = event.data.json().clone();
        let fails = json["do"] == "retry";
        self.0.lock().unwrap().push((event.name.clone(), event.id.clone(), json));
        if fails { Err(Fault::retry("not now")) } else { Ok(()) }
    }
}

fn reader(sources: &[Source]) -> (Deployed, Seen) {
    let seen = Seen::default();
    let service = Service::new("reader")
        .handler(Take::<AnyThing>(seen.clone(), std::marker::PhantomData))
        .handler(Take::<Put>(seen.clone(), std::marker::PhantomData))
        .handler(Take::<Deleted>(seen.clone(), std::marker::PhantomData))
        .handler(Take::<Failed>(seen.clone(), std::marker::PhantomData));
    (sources.iter().cloned().fold(Deployed::new(service), Deployed::stream), seen)
}

fn deploy(local: &Local, sources: &[Source]) -> Seen {
    let (reader, seen) = reader(sources);
    local.deploy_service(reader).unwrap();
    seen
}

fn case(name: &str) -> Value {
    let path = format!("{}/../../tests/cases/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn envelope(id: &str, data: &Value) -> String {
    json!({
        "eventId": id, "eventType": "any.thing", "eventVersion": 1, "timestamp": "2026-11-21T09:30:00Z", "source": "them",
        "data": data,
    })
    .to_string()
}

fn ids(seen: &Seen) -> Vec<String> {
    seen.lock().unwrap().iter().map(|(_, id, _)| id.clone()).collect()
}

#[test]
fn s53_the_records_of_a_stream_take_effect_once_in_order_on_a_bad_day() {
    for seed in 0..20 {
        let local = Local::builder().seed(seed).faults(Faults::bad_day()).quiet_dead_letters().build();
        let stream = local.create_stream("clicks", 3);
        let seen = deploy(&local, &[Source::kinesis("clicks").batch(7)]);
        for n in 0..40 {
            let key = format!("k{}", n % 5);
            stream.put(&key, envelope(&format!("{key}-{n:02}"), &json!({"n": n}))).unwrap();
        }
        local.run_until_idle();
        assert_eq!(local.dead_letters("reader").unwrap().len(), 0, "seed {seed}");
        // A run may be repeated after a crash; the first runs of a key are in order.
        let runs = ids(&seen);
        for key in 0..5 {
            let mut first: Vec<&String> = Vec::new();
            for id in runs.iter().filter(|id| id.starts_with(&format!("k{key}-"))) {
                if !first.contains(&id) {
                    first.push(id);
                }
            }
            assert!(first.len() == 8 && first.is_sorted(), "seed {seed}: {first:?}");
        }
    }
}

#[test]
fn s60_a_record_that_keeps_failing_is_a_dead_letter_before_the_mapping_gives_it_up() {
    let local = Local::builder().quiet_dead_letters().build();
    let stream = local.stream("clicks");
    let seen = deploy(&local, &[Source::kinesis("clicks").max_age(3600)]);
    for (n, work) in ["ok", "retry", "ok"].into_iter().enumerate() {
        stream.put("k", envelope(&format!("e{n}"), &json!({ "do": work }))).unwrap();
    }
    local.run_until_idle();
    let dead_letters = local.dead_letters("reader").unwrap();
    assert_eq!(dead_letters.len(), 1);
    assert!(ids(&seen).last().is_some_and(|id| id == "e2"), "the record behind it runs in the end");
    let waited = local.now().saturating_duration_since("2026-01-01T00:00:00Z".parse().unwrap());
    assert!(waited >= Duration::from_secs(2700) && waited < Duration::from_secs(3600), "{waited:?}");
}

#[test]
fn s51_plain_json_in_a_stream_is_adapted_to_the_identity_of_its_place_on_a_bad_day() {
    let local = Local::builder().seed(5).faults(Faults::bad_day()).quiet_dead_letters().build();
    let seen = Seen::default();
    let service = Service::new("reader")
        .handler(Take::<AnyThing>(seen.clone(), std::marker::PhantomData))
        .adapt(|record| Ok(Adapted::named(record.text_at("/kind")?)));
    local.deploy_service(Deployed::new(service).stream(Source::kinesis("clicks"))).unwrap();
    let stream = local.stream("clicks");
    let put = |n: u32| stream.put("k", json!({"kind": "any.thing", "n": n}).to_string()).unwrap();
    let places: BTreeSet<String> = (0..5).map(|n| format!("shardId-000000000000:{}", put(n))).collect();
    local.run_until_idle();
    assert_eq!(ids(&seen).into_iter().collect::<BTreeSet<_>>(), places);
    assert_eq!(local.dead_letters("reader").unwrap().len(), 0);
}

#[test]
fn s56_a_bucket_notifies_the_services_that_read_it() {
    let local = Local::builder().seed(3).faults(Faults::bad_day()).quiet_dead_letters().build();
    let seen = deploy(&local, &[Source::bucket("uploads")]);
    let bucket = local.bucket("uploads");
    bucket.put("reports/2026 11/aü+b.csv", 1024);
    bucket.put("reports/2026 11/aü+b.csv", 2048);
    bucket.delete("reports/2026 11/aü+b.csv");
    local.bucket("another").put("x", 1);
    local.run_until_idle();
    let seen = seen.lock().unwrap();
    let events: BTreeSet<_> = seen.iter().map(|(name, id, _)| (name.clone(), id.clone())).collect();
    assert_eq!(events.len(), 3, "{seen:?}");
    assert!(
        seen.iter().all(|(_, _, json)| json["s3"]["object"]["key"] == "reports/2026 11/aü+b.csv"),
        "{seen:?}"
    );
    assert_eq!(local.dead_letters("reader").unwrap().len(), 0);
}

#[test]
fn s53_s55_s56_s58_the_cases_of_practice_behave_through_the_environment() {
    let local = Local::builder().build();
    let seen = deploy(&local, &[Source::kinesis("s"), Source::bucket("uploads")]);
    // Kinesis: the records of the case, as their producer put them.
    for record in case("kinesis-batch")["Records"].as_array().unwrap() {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let data = STANDARD.decode(record["kinesis"]["data"].as_str().unwrap()).unwrap();
        local.stream("s").put(record["kinesis"]["partitionKey"].as_str().unwrap(), data).unwrap();
    }
    local.run_until_idle();
    assert_eq!(ids(&seen).len(), 5);
    seen.lock().unwrap().clear();

    // S3 through SQS: the body of the case.
    let body = case("s3-notification-in-sqs")["Records"][0]["body"].as_str().unwrap().to_owned();
    local.queue("reader").unwrap().send(waxseal_local::NewMessage::new(body)).unwrap();
    local.run_until_idle();
    assert_eq!(seen.lock().unwrap()[0].2["s3"]["object"]["key"], "reports/2026 11/aü.csv");
    seen.lock().unwrap().clear();

    // Kafka and a destination invoke the function.
    for name in ["kafka-batch", "kafka-batch", "lambda-destination"] {
        let (local_of_task, payload) = (local.clone(), case(name).to_string());
        let answer = local.executor().block_on(async move { local_of_task.invoke("reader", payload).await });
        assert_eq!(answer.unwrap(), br#"{"batchItemFailures":[]}"#, "{name}");
    }
    let names: Vec<String> = seen.lock().unwrap().iter().map(|(_, id, _)| id.clone()).collect();
    assert_eq!(names, ["q0", "q1", "q2", "c6af9ac6"]);
}

//! Every binary with each of its outside calls silent in turn: it always answers in time, and the
//! answer is true (S-20).

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use waxseal_tests::{
    deliveries::{changed, failures, sqs, with_id},
    runtime_api::{Answer, Lambda},
};

use crate::service::{PLACE_ORDER, SERVICES, Service, World, text};

/// The call that is never answered.
#[derive(Debug, Clone, Copy)]
enum Silent {
    /// An action of AWS, which is carried out or not.
    Aws(&'static str, bool),
    Gateway,
    Mail,
}

/// The cases in which a call was made and not answered, since not every function makes every call.
static UNANSWERED: AtomicUsize = AtomicUsize::new(0);

const OF_EVERY_SERVICE: [Silent; 9] = [
    Silent::Aws("GetItem", true),
    Silent::Aws("BatchGetItem", true),
    Silent::Aws("PutItem", true),
    Silent::Aws("PutItem", false),
    Silent::Aws("TransactWriteItems", true),
    Silent::Aws("TransactWriteItems", false),
    Silent::Aws("SendMessage", true),
    Silent::Aws("SendMessage", false),
    Silent::Aws("ChangeMessageVisibilityBatch", true),
];

impl Silent {
    fn begin(self, world: &World, order: &str) {
        match self {
            Self::Aws(action, is_applied) => drop(world.aws.mute(action, is_applied)),
            Self::Gateway => world.gateway.be_silent_on(Some(order)),
            Self::Mail => world.mail.be_silent(true),
        }
    }

    fn end(self, world: &World) {
        if world.aws.unmute() > 0 {
            UNANSWERED.fetch_add(1, Ordering::SeqCst);
        }
        world.gateway.be_silent_on(None);
        world.mail.be_silent(false);
    }
}

/// The number of invocations that run at once: the machine has two cores, and its own slowness is
/// not the subject.
struct Places(Mutex<usize>, Condvar);

impl Places {
    fn new(places: usize) -> Arc<Self> {
        Arc::new(Self(Mutex::new(places), Condvar::new()))
    }

    fn within<T>(&self, work: impl FnOnce() -> T) -> T {
        drop(self.1.wait_while(self.0.lock().unwrap(), |free| *free == 0).map(|mut free| *free -= 1));
        let result = work();
        *self.0.lock().unwrap() += 1;
        self.1.notify_one();
        result
    }
}

/// The answer, which must come before the end of the invocation's time.
fn in_time(lambda: &mut Lambda, event: impl Into<Vec<u8>>, left: Duration, what: &str) -> Answer {
    lambda.time_out(left);
    let began = Instant::now();
    let invocation = lambda.begin(event);
    let answer = lambda.wait(&invocation);
    let took = began.elapsed();
    assert!(took < left, "{what}: the answer took {took:?} of {left:?}");
    lambda.time_out(Duration::from_secs(30));
    answer
}

fn failed(answer: Answer) -> BTreeSet<String> {
    let answer: Value = serde_json::from_slice(&answer.unwrap()).unwrap();
    let failures = answer["batchItemFailures"].as_array().expect("a batch response");
    failures.iter().map(|failure| failure["itemIdentifier"].as_str().unwrap().to_owned()).collect()
}

/// Lets the leases that were left behind run out.
fn let_leases_run_out(world: &World) {
    for receipt in world.aws.receipts() {
        if receipt.get_text("status") == Some("leased")
            && let Some(until) = receipt.get_number("lease_until")
        {
            world.aws.store(receipt.number("lease_until", until - 900_000));
        }
    }
}

/// The effect of the sample without the number of requests to an outside system that honours keys,
/// and with each mail once.
fn settled(service: &Service, effect: &Value) -> Value {
    match service.name {
        "payment" => json!([effect[0], effect[2]]),
        "notification" => json!([effect[0]]),
        _ => effect.clone(),
    }
}

/// A good record, one that no handler takes, and one of a later version, which is retried.
fn batch_of_three(service: &Service, silent: Silent, left: Duration) {
    let what = format!("{} with {silent:?} and {left:?}", service.name);
    let (world, mut lambda) = World::with(service);
    let good = service.body();
    let newer = changed(&with_id(&good, "of-next-year"), |envelope| envelope["eventVersion"] = json!(99));
    silent.begin(&world, "ord-2026-104711");
    let event = sqs(&[("good", good.clone()), ("bad", "not JSON".to_owned()), ("newer", newer)]);
    let failed = failed(in_time(&mut lambda, event, left, &what));
    silent.end(&world);

    assert!(failed.contains("newer"), "{what}: {failed:?}");
    let dead_letters = world.aws.dead_letters();
    assert!(failed.contains("bad") || dead_letters.contains_key("bad"), "{what}: acknowledged and gone");
    if matches!(silent, Silent::Aws("SendMessage", _)) {
        assert!(failed.contains("bad"), "{what}: a dead letter that was not confirmed counts as written");
    }
    if failed.contains("good") {
        let_leases_run_out(&world);
        let again = in_time(&mut lambda, sqs(&[("good", good)]), Duration::from_secs(30), &what);
        assert_eq!(text(again.unwrap()), failures(&[]), "{what}");
    }
    let (effect, once) = ((service.effect)(&world), (service.once)());
    assert_eq!(settled(service, &effect), settled(service, &once), "{what}");
}

/// An order that is placed by HTTP.
fn place_order(silent: Silent, left: Duration) {
    let what = format!("POST /orders with {silent:?} and {left:?}");
    let world = World::new();
    let mut lambda = world.start("orders");
    lambda.ready();
    silent.begin(&world, "ord-2026-104711");
    let answer = in_time(&mut lambda, PLACE_ORDER, left, &what).unwrap();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    let status = answer["statusCode"].as_u64().unwrap();
    silent.end(&world);
    assert!([202, 503].contains(&status), "{what}: {answer}");
    if status == 202 {
        assert_eq!(world.aws.entity("order", "ord-2026-104711")["total"], 5230, "{what}");
    }
    let again = in_time(&mut lambda, PLACE_ORDER, Duration::from_secs(30), &what).unwrap();
    let again: Value = serde_json::from_slice(&again).unwrap();
    assert_eq!(again["statusCode"], 202, "{what}: {again}");
    assert_eq!(world.aws.entity("order", "ord-2026-104711")["version"], 1, "{what}");
}

/// A stream batch for the relay, and one record that does not belong to it.
fn publish(silent: Silent, left: Duration) {
    const RECEIPTS: &str = include_str!("../../functions/relay/samples/receipts.json");
    let what = format!("relay with {silent:?} and {left:?}");
    let world = World::new();
    let mut lambda = world.start("relay");
    lambda.ready();
    silent.begin(&world, "");
    let strange = in_time(&mut lambda, sqs(&[("strange", "not for a relay")]), left, &what);
    let open = failed(in_time(&mut lambda, RECEIPTS, left, &what));
    silent.end(&world);
    let refused = failed(strange).contains("strange");
    assert!(refused || world.aws.dead_letters().contains_key("strange"), "{what}: acknowledged and gone");
    let published = || (world.aws.put_events().len(), world.aws.notifications().len());
    if open.is_empty() {
        assert_eq!(published(), (1, 1), "{what}");
    } else {
        let again = in_time(&mut lambda, RECEIPTS, Duration::from_secs(30), &what);
        assert_eq!(failed(again), BTreeSet::new(), "{what}");
        assert!(published().0 >= 1 && published().1 >= 1, "{what}: {:?}", published());
    }
}

#[test]
fn s20_s25_o3_there_is_an_answer_in_time_whatever_falls_silent() {
    // With more time, more of the invocations only wait.
    for_each_time(&[(30, 90), (12, 24), (3, 6)], |left, run| {
        for service in &SERVICES {
            for silent in OF_EVERY_SERVICE {
                run(Box::new(move || batch_of_three(service, silent, left)));
            }
        }
        let service = |name| SERVICES.iter().find(|service| service.name == name).unwrap();
        run(Box::new(move || batch_of_three(service("payment"), Silent::Gateway, left)));
        run(Box::new(move || batch_of_three(service("notification"), Silent::Mail, left)));
        for action in ["GetItem", "BatchGetItem", "PutItem", "TransactWriteItems"] {
            for is_applied in [true, false] {
                run(Box::new(move || place_order(Silent::Aws(action, is_applied), left)));
            }
        }
        for action in ["PutEvents", "PublishBatch", "SendMessage"] {
            for is_applied in [true, false] {
                run(Box::new(move || publish(Silent::Aws(action, is_applied), left)));
            }
        }
    });
}

type Case = Box<dyn FnOnce() + Send>;

/// Runs the cases of every time side by side, at most `run` of them at once.
fn for_each_time(times: &[(u64, usize)], cases: impl Fn(Duration, &mut dyn FnMut(Case))) {
    let mut threads = Vec::new();
    for (seconds, at_once) in times {
        let places = Places::new(*at_once);
        cases(Duration::from_secs(*seconds), &mut |case| {
            let places = places.clone();
            threads.push(thread::spawn(move || places.within(case)));
        });
    }
    assert!(threads.len() > 150, "{} cases", threads.len());
    let failed = threads.into_iter().filter_map(|thread| thread.join().err()).count();
    assert_eq!(failed, 0, "cases failed, each with its words above");
    let unanswered = UNANSWERED.load(Ordering::SeqCst);
    assert!(unanswered > 100, "only {unanswered} cases met a call without an answer");
}

//! Ticks of a relay, and what a person asks a function about a process.

use std::{
    borrow::Cow,
    sync::{Arc, Mutex},
    time::Duration,
};

use crate::common::{OK, batch, invoke, record};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use waxseal::{
    Begin, Emission, End, Envelope, Flow, Process, Service, Timestamp,
    batch::Policy,
    relay::{Publish, PublishError},
    table::TableError,
};
use waxseal_lambda::{Function, Invocation, Invoke, InvokeError, Relay};
use waxseal_testing::{Fixture, RecordedDeadLetters};

#[derive(Debug, Serialize, Deserialize)]
struct ParcelSent {
    parcel: String,
}
waxseal::event!(ParcelSent { name: "parcel.sent", version: 1, owner: "depot" });

#[derive(Debug, Serialize, Deserialize)]
struct BookVan {
    parcel: String,
}
waxseal::command!(BookVan { name: "book-van", version: 1, recipient: "vans", undo: CancelVan });
#[derive(Debug, Serialize, Deserialize)]
struct CancelVan {
    parcel: String,
}
waxseal::command!(CancelVan { name: "cancel-van", version: 1, recipient: "vans" });
impl From<&BookVan> for CancelVan {
    fn from(book: &BookVan) -> Self {
        Self { parcel: book.parcel.clone() }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
enum At {
    #[default]
    Underway,
}
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Wait {
    Arrival,
}

/// A parcel that has not arrived within an hour is given up.
struct Delivery;
impl Process for Delivery {
    const NAME: &str = "delivery";
    const KIND: &str = "delivery";
    const UNDO_TRIES: u32 = 1;
    type Data = ();
    type Step = At;
    type Timer = Wait;
    type Begins = (ParcelSent,);
    type Inputs = ();
    type Emits = (BookVan, CancelVan);
    fn timeout(&self, flow: &mut Flow<Self>, Wait::Arrival: Wait) {
        flow.compensate("it did not arrive");
    }
}
impl Begin<ParcelSent> for Delivery {
    fn key(sent: &ParcelSent) -> Cow<'_, str> {
        sent.parcel.as_str().into()
    }
    fn data(_: &ParcelSent) {}
    fn begin(&self, flow: &mut Flow<Self>, sent: &Envelope<ParcelSent>) {
        flow.send(BookVan { parcel: sent.data.parcel.clone() });
        flow.arm(Wait::Arrival, Duration::from_hours(1));
    }
}

/// A queue that takes every hint, or none.
#[derive(Clone, Default)]
struct Queue {
    hints: Arc<Mutex<Vec<Emission>>>,
    is_full: bool,
    is_silent: bool,
}
impl Publish for Queue {
    async fn publish(&self, emissions: &[&Emission], _: Timestamp) -> Vec<Result<(), PublishError>> {
        if self.is_silent {
            std::future::pending::<()>().await;
        }
        let take = |emission: &&Emission| {
            if self.is_full {
                return Err(PublishError::transient("ThrottlingException"));
            }
            self.hints.lock().unwrap().push((*emission).clone());
            Ok(())
        };
        emissions.iter().map(take).collect()
    }
}

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

struct Depot {
    fixture: Fixture,
    function: Function,
}

impl Depot {
    fn new() -> Self {
        let fixture = Fixture::at(at("2026-11-21T09:00:00Z"));
        let engine = fixture.engine(Service::new("depot").process(Delivery));
        let function = Function::new(fixture.batches(engine, Policy::default()));
        Self { fixture, function }
    }

    /// The relay's own name is that of its binary, as it is on AWS.
    fn relay(&self, queue: &Queue) -> Relay<Queue, RecordedDeadLetters> {
        let Fixture { table, host, dead_letters, .. } = &self.fixture;
        Relay::new("relay", queue.clone(), dead_letters.clone(), host.clone()).ticking("depot", table.clone())
    }

    async fn sent(&self, parcels: &[&str]) {
        let envelope = |parcel: &&str| {
            let sent = ParcelSent { parcel: (*parcel).into() };
            let raw = Envelope::starting(*parcel, "depot", at("2026-11-21T09:00:00Z"), sent).into_raw();
            record(parcel, &Value::from(serde_json::to_string(&raw.unwrap()).unwrap()))
        };
        let records: Vec<_> = parcels.iter().map(envelope).collect();
        assert_eq!(invoke(&self.function, &batch(&records)).await.unwrap(), OK);
    }

    async fn hinted(&self, hints: &[Emission]) {
        let envelope = |(index, hint): (usize, &Emission)| {
            record(&format!("h-{index}"), &Value::from(hint.envelope.get()))
        };
        let records: Vec<_> = hints.iter().enumerate().map(envelope).collect();
        assert_eq!(invoke(&self.function, &batch(&records)).await.unwrap(), OK);
    }

    async fn ask(&self, process: &Value) -> Result<Value, InvokeError> {
        let answer = invoke(&self.function, json!({ "process": process }).to_string().as_bytes()).await?;
        Ok(serde_json::from_str(&answer).unwrap())
    }
}

const TICK: &[u8] = br#"{"tick":{}}"#;

#[tokio::test]
async fn s69_a_tick_sends_a_hint_for_each_row_that_is_due_before_the_next() {
    let depot = Depot::new();
    depot.sent(&["p-1", "p-2"]).await;
    let queue = Queue::default();
    let relay = depot.relay(&queue);
    depot.fixture.host.set(at("2026-11-21T09:58:59Z"));
    assert_eq!(invoke(&relay, TICK).await.unwrap(), r#"{"due":0,"hinted":0}"#);
    depot.fixture.host.set(at("2026-11-21T09:59:30Z"));
    assert_eq!(invoke(&relay, TICK).await.unwrap(), r#"{"due":2,"hinted":2}"#);
    let hints = queue.hints.lock().unwrap().clone();
    assert!(hints.iter().all(|hint| hint.channel == "queue:depot"), "not the relay's own name: {hints:?}");
    assert!(hints.iter().all(|hint| hint.not_before == Some(at("2026-11-21T10:00:00Z"))), "{hints:?}");
    depot.fixture.host.set(at("2026-11-21T10:00:00Z"));
    depot.hinted(&[&hints[..], &hints[..]].concat()).await;
    let instance = depot.ask(&json!({ "kind": "delivery", "id": "p-1" })).await.unwrap();
    assert_eq!(instance["phase"]["is"], "compensating", "{instance}");
    assert_eq!(instance["log"].as_array().unwrap().len(), 2, "one timeout, however many hints: {instance}");
    assert_eq!(depot.ask(&json!({ "kind": "delivery", "id": "p-9" })).await.unwrap(), Value::Null);
}

#[tokio::test]
async fn s69_a_tick_that_cannot_do_its_work_says_so() {
    let depot = Depot::new();
    depot.sent(&["p-1"]).await;
    depot.fixture.host.set(at("2026-11-21T10:00:00Z"));
    let full = depot.relay(&Queue { is_full: true, ..Queue::default() });
    assert_eq!(invoke(&full, TICK).await.unwrap(), r#"{"due":1,"hinted":0}"#, "the next one sends it");
    let silent = depot.relay(&Queue { is_silent: true, ..Queue::default() });
    let now = || std::future::ready(());
    let error = silent.invoke_until(TICK, &Invocation::default(), End::new(now(), now(), now())).await;
    assert!(error.unwrap_err().to_string().contains("its time was up"));
    for (payload, says) in [
        (r#"{"tick":7}"#, "`tick` is a number, not an object"),
        (r#"{"tick":{"shard":"01"}}"#, r#"has a member "shard""#),
        (r#"{"tick":{},"sweep":{}}"#, r#"has a member "sweep""#),
    ] {
        let error = invoke(&full, payload.as_bytes()).await.unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    let still =
        Relay::new("depot", Queue::default(), depot.fixture.dead_letters.clone(), depot.fixture.host.clone());
    for answer in [invoke(&still, TICK).await, invoke(&depot.function, TICK).await] {
        assert!(answer.unwrap_err().to_string().starts_with("this function takes no tick: it takes "));
    }
}

/// An index that does not answer.
struct Throttled;
impl waxseal::relay::Timers for Throttled {
    async fn due(&self, _: &waxseal::table::Due) -> Result<waxseal::table::DuePage, TableError> {
        Err(TableError::new("depot", "Query", "ProvisionedThroughputExceededException"))
    }
}

#[tokio::test]
async fn s69_a_tick_without_an_answer_of_its_index_fails() {
    let depot = Depot::new();
    let Fixture { host, dead_letters, .. } = &depot.fixture;
    let relay =
        Relay::new("depot", Queue::default(), dead_letters.clone(), host.clone()).ticking("depot", Throttled);
    let error = invoke(&relay, TICK).await.unwrap_err();
    assert_eq!(error.code().as_str(), "WX0219");
    assert!(error.to_string().contains("ProvisionedThroughputExceededException"), "{error}");
}

#[tokio::test]
async fn g3_a_person_resumes_a_failed_compensation_or_skips_the_command() {
    let depot = Depot::new();
    depot.sent(&["p-1"]).await;
    let queue = Queue::default();
    let relay = depot.relay(&queue);
    // The time of the step, then that of the undo.
    for time in ["2026-11-21T10:00:00Z", "2026-11-21T10:15:00Z"] {
        depot.fixture.host.set(at(time));
        assert_eq!(invoke(&relay, TICK).await.unwrap(), r#"{"due":1,"hinted":1}"#);
        let hints = std::mem::take(&mut *queue.hints.lock().unwrap());
        depot.hinted(&hints).await;
    }
    let who = json!({ "kind": "delivery", "id": "p-1" });
    let phase = async || depot.ask(&who).await.unwrap()["phase"]["is"].clone();
    assert_eq!(phase().await, "compensation-failed");
    let decide = async |decision: &str| {
        depot.ask(&json!({ "kind": "delivery", "id": "p-1", "decision": decision })).await.unwrap()
    };
    assert_eq!(
        decide("resume").await,
        json!({ "kind": "delivery", "id": "p-1", "decision": "resume", "outcome": "applied" })
    );
    assert_eq!(phase().await, "compensating");
    depot.fixture.host.set(at("2026-11-21T10:30:00Z"));
    assert_eq!(invoke(&relay, TICK).await.unwrap(), r#"{"due":1,"hinted":1}"#);
    let hints = std::mem::take(&mut *queue.hints.lock().unwrap());
    depot.hinted(&hints).await;
    assert_eq!(phase().await, "compensation-failed");
    assert_eq!(decide("skip").await["outcome"], "applied");
    assert_eq!(phase().await, "finished");
    let nobody = json!({ "kind": "delivery", "id": "p-9", "decision": "skip" });
    assert_eq!(depot.ask(&nobody).await.unwrap()["outcome"], "no-instance");
}

#[tokio::test]
async fn g3_a_request_about_a_process_is_read_strictly() {
    let depot = Depot::new();
    for (process, says) in [
        (json!(7), "process is a number, not an object"),
        (json!({ "id": "p-1" }), "process.kind is missing, not a text"),
        (json!({ "kind": "delivery", "id": "" }), "process.id is empty, not a text"),
        (
            json!({ "kind": "parcel", "id": "p-1" }),
            r#"process.kind is "parcel", and the service's kinds of processes are: delivery"#,
        ),
        (
            json!({ "kind": "delivery", "id": "p-1", "decision": "retry" }),
            r#"process.decision is "retry", where only "resume" and "skip" can be"#,
        ),
        (json!({ "kind": "delivery", "id": "p-1", "state": 1 }), r#"process has a member "state""#),
    ] {
        let error = depot.ask(&process).await.unwrap_err();
        assert_eq!(error.code().as_str(), "WX0216");
        assert!(error.to_string().starts_with(says), "{error}");
    }
    let relay = depot.relay(&Queue::default());
    let payload = br#"{"process":{"kind":"delivery","id":"p-1"}}"#;
    let error = invoke(&relay, payload).await.unwrap_err().to_string();
    assert!(error.starts_with("this function takes no question about a process: it takes "), "{error}");
}

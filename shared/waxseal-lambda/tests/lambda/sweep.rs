//! A relay that is asked to sweep: what a person writes, what he is answered, and how he goes on.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use crate::common::{Seen, invoke, orders};
use serde_json::{Value, json};
use waxseal::{
    Emission, End, Host, Timestamp, Token,
    relay::{Publish, PublishError, Receipts},
    table::{Key, Scan, ScanPage, TableError},
};
use waxseal_lambda::{Invocation, Invoke, InvokeError, Relay};
use waxseal_testing::RecordedDeadLetters;

/// The receipts of a service, two items a page.
struct Table(Arc<Seen>);

impl Receipts for Table {
    async fn emitted(&self, after: Option<&Key>) -> Result<ScanPage, TableError> {
        let scan = Scan::having("emitted").after(after.cloned());
        // A table that is out of order says so itself.
        waxseal::Table::scan(&self.0.fixture.table, &scan).await?;
        Ok(self.0.fixture.table.items().scan(&scan, 2))
    }
}

/// 2026-11-23T09:30:00Z in milliseconds since 1970.
const NOW: i64 = 1_795_426_200_000;

/// Two days later; each look at it takes some milliseconds.
#[derive(Clone)]
struct Clock(Arc<AtomicI64>, i64);

impl Host for Clock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.fetch_add(self.1, Ordering::SeqCst)).unwrap()
    }
    fn token(&self) -> Token {
        Token(1)
    }
}

#[derive(Clone, Default)]
struct Bus {
    taken: Arc<Mutex<Vec<(String, String)>>>,
    /// What is said to the envelope that holds this.
    refuse: Option<&'static str>,
    /// Never answers.
    silent: bool,
}

impl Publish for Bus {
    async fn publish(&self, emissions: &[&Emission], _: Timestamp) -> Vec<Result<(), PublishError>> {
        if self.silent {
            std::future::pending::<()>().await;
        }
        let take = |emission: &&Emission| {
            let envelope = emission.envelope.get();
            if self.refuse.is_some_and(|id| envelope.contains(id)) {
                let reason = "bus shop: ThrottlingException".to_owned();
                return Err(PublishError::transient(reason));
            }
            self.taken.lock().unwrap().push((emission.channel.clone(), envelope.to_owned()));
            Ok(())
        };
        emissions.iter().map(take).collect()
    }
}

/// A service that has handled these orders, at 2026-11-21T09:30:05Z.
async fn handled(ids: &[&str]) -> Arc<Seen> {
    let (inventory, seen) = crate::common::inventory();
    let batch: Vec<(&str, &str)> = ids.iter().map(|id| (*id, "hat")).collect();
    assert_eq!(invoke(&inventory, &orders(&batch)).await.unwrap(), crate::common::OK);
    seen
}

fn relay(seen: &Arc<Seen>, bus: &Bus, milliseconds: i64) -> Relay<Bus, RecordedDeadLetters> {
    // A step looks twice: the relay before it, the sweep after it.
    let clock = Arc::new(Clock(Arc::new(AtomicI64::new(NOW)), milliseconds / 2));
    seen.relay(bus.clone(), clock).sweeping(Table(seen.clone()), Duration::from_hours(14 * 24))
}

async fn ask(function: &impl Invoke, sweep: &Value) -> Result<Value, InvokeError> {
    let answer = invoke(function, json!({ "sweep": sweep }).to_string().as_bytes()).await?;
    Ok(serde_json::from_str(&answer).unwrap())
}

#[tokio::test]
async fn o1_a_relay_publishes_from_the_receipts_what_its_stream_has_forgotten() {
    let seen = handled(&["a", "b", "c", "d", "e"]).await;
    let bus = Bus::default();
    let function = relay(&seen, &bus, 0);
    let answer = ask(&function, &json!({"from": "2026-11-21T10:30:05+01:00"})).await.unwrap();
    assert_eq!(
        answer,
        json!({
            "from": "2026-11-21T09:30:05Z", "to": "2026-11-23T09:30:00Z",
            "receipts": 5, "published": 5, "failed": 0, "deadLettered": 0, "next": null,
        })
    );
    let first = std::mem::take(&mut *bus.taken.lock().unwrap());
    assert_eq!(first.len(), 5);
    // Again, and byte for byte the same.
    ask(&function, &json!({"from": "2026-11-21T00:00:00Z", "to": "2026-11-22T00:00:00Z"})).await.unwrap();
    assert_eq!(*bus.taken.lock().unwrap(), first);
    // A window that ends as they are emitted.
    let before = json!({"from": "2026-11-21T00:00:00Z", "to": "2026-11-21T09:30:05Z", "after": null});
    assert_eq!(ask(&function, &before).await.unwrap()["receipts"], 0);
    assert!(seen.dead_letters().is_empty());
}

#[tokio::test]
async fn o1_a_sweep_that_runs_out_of_time_says_where_the_next_one_goes_on() {
    let seen = handled(&["a", "b", "c", "d", "e", "f", "g"]).await;
    let bus = Bus::default();
    // Looking at the clock takes 400 ms, so that 3 s are over after some steps.
    let function = relay(&seen, &bus, 400);
    let mut payload = json!({"sweep": {"from": "2026-11-21T00:00:00Z", "to": "2026-11-22T00:00:00Z"}});
    let (mut invocations, mut published) = (0_i64, 0);
    while !payload.is_null() {
        // Each ends a little after the last one: it has three seconds.
        let ends = Timestamp::from_millisecond(NOW + 3_000 * (invocations + 1)).unwrap();
        let invocation = Invocation::default().ending_at(ends);
        let answer = function.invoke(payload.to_string().as_bytes(), &invocation).await.unwrap();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        published += answer["published"].as_u64().unwrap();
        payload = answer["next"].clone();
        invocations += 1;
        assert!(invocations < 20, "it does not come to an end");
    }
    assert!(invocations > 1, "it was not cut off");
    assert_eq!(published, 7, "something was published twice, or not at all");
    assert_eq!(bus.taken.lock().unwrap().len(), 7);
}

#[tokio::test]
async fn o1_a_sweep_that_is_cut_off_in_the_middle_of_a_step_answers_with_its_place() {
    let seen = handled(&["a", "b", "c"]).await;
    let function = relay(&seen, &Bus { silent: true, ..Bus::default() }, 0);
    let payload = json!({"sweep": {"from": "2026-11-21T00:00:00Z", "to": "2026-11-22T00:00:00Z"}});
    let stop = tokio::time::sleep(Duration::from_millis(20));
    let invocation = Invocation::default();
    let answer = function
        .invoke_until(payload.to_string().as_bytes(), &invocation, End::stopped_by(stop))
        .await
        .unwrap();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!((&answer["receipts"], &answer["next"]), (&json!(0), &payload));
    // Not one step in all that time: going on would not come further.
    let stop = std::future::ready(());
    let clock = Arc::new(Clock(Arc::new(AtomicI64::new(NOW)), 0));
    let stuck = seen.relay(Bus::default(), clock).sweeping(Stuck, Duration::from_hours(14 * 24));
    let error = stuck
        .invoke_until(payload.to_string().as_bytes(), &invocation, End::stopped_by(stop))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), "SweepStopped");
    assert!(
        error.to_string().starts_with("its time was up before its first step ended: raise the"),
        "{error}"
    );
}

/// A table that never answers.
struct Stuck;

impl Receipts for Stuck {
    async fn emitted(&self, _: Option<&Key>) -> Result<ScanPage, TableError> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn o1_a_sweep_that_a_channel_stops_fails_and_says_what_to_do() {
    let seen = handled(&["a", "b", "c", "d"]).await;
    let bus = Bus { refuse: Some("\"o-c\""), ..Bus::default() };
    let window = json!({"from": "2026-11-21T00:00:00Z", "to": "2026-11-22T00:00:00Z"});
    let error = ask(&relay(&seen, &bus, 0), &window).await.unwrap_err();
    assert_eq!(error.kind(), "SweepStopped");
    let place = r#"{"pk":"receipt#inventory/reserve-stock#orders#o-b","sk":"receipt"}"#;
    let next = format!(
        r#"{{"sweep":{{"from":"2026-11-21T00:00:00Z","to":"2026-11-22T00:00:00Z","after":{place}}}}}"#
    );
    assert_eq!(
        error.to_string(),
        format!(
            "what receipt receipt#inventory/reserve-stock#orders#o-c / receipt emitted was not published: bus shop: \
             ThrottlingException; of 4 receipts in the window so far 3 are published and 1 are not: mend that, then go on with \
             {next}"
        )
    );
    // As it says.
    let bus = Bus::default();
    let answer = invoke(&relay(&seen, &bus, 0), next.as_bytes()).await.unwrap();
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!((&answer["published"], &answer["next"]), (&json!(2), &Value::Null));
    assert_eq!(bus.taken.lock().unwrap().len(), 2);

    seen.fixture.table.set_unavailable(true);
    let error = ask(&relay(&seen, &bus, 0), &window).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the receipts cannot be read: table memory: Scan failed: turned off by the test; of 0 receipts in the window so far \
         0 are published and 0 are not: mend that, then go on with \
         {\"sweep\":{\"from\":\"2026-11-21T00:00:00Z\",\"to\":\"2026-11-22T00:00:00Z\"}}"
    );
}

#[tokio::test]
async fn a_sweep_that_nobody_can_do_is_refused_with_the_field_and_publishes_nothing() {
    let seen = handled(&["a"]).await;
    let bus = Bus::default();
    let function = relay(&seen, &bus, 0);
    for (payload, says) in [
        (r#"{"sweep":null}"#, "sweep is null, not an object: "),
        (r#"{"sweep":"2026-11-20"}"#, "sweep is a string, not an object: "),
        (r#"{"sweep":{}}"#, "sweep.from is missing: "),
        (
            r#"{"sweep":{"from":"2026-11-20"}}"#,
            "sweep.from is \"2026-11-20\", not an RFC 3339 time such as \"2026-11-20T00:00:00Z\": ",
        ),
        (r#"{"sweep":{"from":1795253400}}"#, "sweep.from is 1795253400, not an RFC 3339 time"),
        (
            r#"{"sweep":{"from":"2026-11-20T00:00:00Z","to":"today"}}"#,
            "sweep.to is \"today\", not an RFC 3339 time",
        ),
        (
            r#"{"sweep":{"from":"2026-11-21T00:00:00Z","to":"2026-11-21T00:00:00Z"}}"#,
            "sweep.from is 2026-11-21T00:00:00Z, not before 2026-11-21T00:00:00Z, where the sweep would end: ",
        ),
        (
            r#"{"sweep":{"from":"2026-11-24T00:00:00Z"}}"#,
            "sweep.from is 2026-11-24T00:00:00Z, not before 2026-11-23T09:30:00Z, where the sweep would end: ",
        ),
        (
            r#"{"sweep":{"from":"2027-11-20T00:00:00Z","to":"2027-11-21T00:00:00Z"}}"#,
            "sweep.from is 2027-11-20T00:00:00Z, not before 2026-11-23T09:30:00Z, where the sweep would end: ",
        ),
        (
            r#"{"sweep":{"from":"2026-11-09T09:29:59Z"}}"#,
            "sweep.from is 2026-11-09T09:29:59Z, more than 14 days ago (WAXSEAL_SWEEP_DAYS): consumers may have forgotten",
        ),
        (
            r#"{"sweep":{"from":"2026-11-20T00:00:00Z","until":"2026-11-21T00:00:00Z"}}"#,
            "sweep has a member \"until\", where only from, to, after can be: ",
        ),
        (
            r#"{"sweep":{"from":"2026-11-20T00:00:00Z"},"to":"2026-11-21T00:00:00Z"}"#,
            "the payload has a member \"to\", where only sweep can be: ",
        ),
        (
            r#"{"sweep":{"from":"2026-11-20T00:00:00Z","after":"receipt#x"}}"#,
            "sweep.after is a string, not the object of an earlier answer: ",
        ),
        (
            r#"{"sweep":{"from":"2026-11-20T00:00:00Z","after":{"pk":"receipt#x"}}}"#,
            "sweep.after.sk is no text: ",
        ),
    ] {
        let error = invoke(&function, payload.as_bytes()).await.unwrap_err();
        assert_eq!(error.kind(), "BadSweep", "{payload}");
        let text = error.to_string();
        assert!(text.starts_with(says), "{payload}: {text}");
        assert!(text.ends_with(
            r#": a sweep is {"sweep":{"from":"2026-11-20T00:00:00Z","to":"2026-11-21T06:00:00Z"}}; without "to" it ends now"#
        ), "{text}");
    }
    assert!(bus.taken.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_function_that_cannot_sweep_says_so() {
    let payload = br#"{"sweep":{"from":"2026-11-20T00:00:00Z"}}"#;
    let seen = handled(&["a"]).await;
    let clock = Arc::new(Clock(Arc::new(AtomicI64::new(NOW)), 0));
    let still = seen.relay(Bus::default(), clock);
    for (answer, takes) in [
        (
            invoke(&crate::common::inventory().0, payload).await,
            "SQS, SNS, EventBridge, S3, Kinesis, Kafka and DynamoDB stream records, releases, and questions about processes",
        ),
        (invoke(&still, payload).await, "DynamoDB stream records"),
    ] {
        let error = answer.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("this function takes no sweep: it takes {takes}; look at what invokes it")
        );
    }
    // Records, an event and HTTP are what they are, whatever else they hold.
    let event = br#"{"sweep":{},"detail-type":"order.placed","detail":{},"source":"orders","id":"e-1"}"#;
    let error = invoke(&relay(&seen, &Bus::default(), 0), event).await.unwrap();
    assert_eq!(error, crate::common::OK, "dead-lettered as what it is");
    assert_eq!(seen.dead_letters().len(), 1);
}

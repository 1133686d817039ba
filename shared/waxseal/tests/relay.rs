//! The relay: it publishes the emissions of receipts, each until its channel has taken it, with the
//! same ids.

// Helpers unwrap like the tests that they help.
#![allow(clippy::unwrap_used)]

mod support;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use support::{PaymentRequested, engine, payment, start};
use waxseal::observe::Observers;
use waxseal::{
    Emission, Envelope, Fault, Handler, Raw, Service, Timestamp, Unit,
    dead_letter::DeadLetters,
    read_emissions,
    relay::{self, Pending, Progress, Publish, PublishError, Relay},
    row::receipt,
    table::attribute,
};
use waxseal_testing::{RecordedDeadLetters, block_on};

#[derive(Serialize, Deserialize)]
struct PaymentCaptured {
    order: String,
    part: u32,
}
waxseal::event!(PaymentCaptured { name: "payment.captured", version: 1, owner: "payment" });

/// Captures in two parts.
struct Capture;
impl Handler for Capture {
    const NAME: &str = "capture";
    type Event = PaymentRequested;
    type Emits = (PaymentCaptured,);
    async fn handle(
        &self,
        event: &Envelope<PaymentRequested>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        for part in 1..=2 {
            unit.emit(PaymentCaptured { order: event.data.order.clone(), part });
        }
        Ok(())
    }
}

/// Three receipts with two emissions each, in the form of a stream.
fn pending() -> Vec<Pending> {
    let (engine, table) = engine(Service::new("payment").handler(Capture));
    (1..=3)
        .map(|n| {
            let raw = payment(&format!("e-{n}"), r#"{"order":"o-7","amount":1250,"card":"amex"}"#);
            block_on(engine.handle(&raw)).unwrap();
            let items = table.items();
            let item = items.get(&receipt::key("payment/capture", "orders", &raw.id)).unwrap();
            let emitted = item.get_text(attribute::EMITTED).unwrap();
            let emissions = Ok(read_emissions(emitted).unwrap());
            Pending::new(format!("seq-{n}"), emissions, emitted.as_bytes()).written_at(Some(start()))
        })
        .collect()
}

fn id(emission: &Emission) -> String {
    Raw::parse(emission.envelope.get()).unwrap().id
}

/// A bus with scripted answers, entry by entry; after them it takes everything.
#[derive(Default)]
struct Bus {
    answers: Mutex<VecDeque<Result<(), PublishError>>>,
    calls: Arc<Mutex<Vec<Vec<String>>>>,
    /// The largest number of entries of a call that get an answer.
    most: Option<usize>,
}

impl Publish for Bus {
    async fn publish(&self, emissions: &[&Emission], _: Timestamp) -> Vec<Result<(), PublishError>> {
        self.calls.lock().unwrap().push(emissions.iter().map(|emission| id(emission)).collect());
        let mut answers = self.answers.lock().unwrap();
        let most = self.most.unwrap_or(usize::MAX);
        emissions.iter().take(most).map(|_| answers.pop_front().unwrap_or(Ok(()))).collect()
    }
}

fn bus(answers: impl IntoIterator<Item = Result<(), PublishError>>) -> Bus {
    Bus { answers: Mutex::new(answers.into_iter().collect()), ..Bus::default() }
}

fn throttled() -> Result<(), PublishError> {
    Err(PublishError::transient("ThrottlingException"))
}

fn refused() -> Result<(), PublishError> {
    Err(PublishError::refused("the entry is larger than 1 MiB"))
}

/// Publishes in an environment with a memory of its own.
fn publish(bus: &Bus, dead_letters: &impl DeadLetters, receipts: &[Pending]) -> Option<usize> {
    let progress = Progress::default();
    let relay = Relay {
        publisher: bus,
        dead_letters,
        service: "payment",
        progress: &progress,
        now: start(),
        observers: &Observers::default(),
    };
    block_on(relay::publish(&relay, receipts))
}

#[test]
fn o1_everything_that_was_committed_is_published_in_order() {
    let receipts = pending();
    let (bus, dead_letters) = (bus([]), RecordedDeadLetters::default());
    assert_eq!(publish(&bus, &dead_letters, &receipts), None);
    let expected: Vec<_> =
        receipts.iter().flat_map(|receipt| receipt.emissions.as_ref().unwrap()).map(id).collect();
    assert_eq!(*bus.calls.lock().unwrap(), [expected]);
    assert_eq!(publish(&bus, &dead_letters, &[]), None);
}

#[test]
fn o2_only_the_entries_that_failed_are_tried_again() {
    let receipts = pending();
    let bus = bus([Ok(()), throttled(), Ok(()), Ok(()), throttled(), Ok(())]);
    assert_eq!(publish(&bus, &RecordedDeadLetters::default(), &receipts), None);
    let calls = bus.calls.lock().unwrap();
    assert_eq!(calls[1..], [[calls[0][1].clone(), calls[0][4].clone()]]);
}

#[test]
fn o3_what_is_published_twice_has_the_same_ids() {
    let receipts = pending();
    // The second receipt is never taken, so the stream delivers it and all after it again.
    let never = [Ok(()), Ok(()), throttled(), Ok(()), Ok(()), Ok(()), throttled(), throttled()];
    let first = bus(never);
    assert_eq!(publish(&first, &RecordedDeadLetters::default(), &receipts), Some(1));
    let second = bus([]);
    assert_eq!(publish(&second, &RecordedDeadLetters::default(), &receipts[1..]), None);
    let (first, second) = (first.calls.lock().unwrap(), second.calls.lock().unwrap());
    assert_eq!(second[0], first[0][2..]);
    assert_eq!(first.len(), 3, "the call ends; the stream goes on");
}

#[test]
fn o2_an_entry_without_an_answer_is_not_published() {
    let receipts = pending();
    let bus = Bus { most: Some(2), ..Bus::default() };
    assert_eq!(publish(&bus, &RecordedDeadLetters::default(), &receipts), None);
    assert_eq!(bus.calls.lock().unwrap().iter().map(Vec::len).collect::<Vec<_>>(), [6, 4, 2]);
}

#[test]
fn o6_what_can_never_be_published_is_dead_lettered_and_blocks_nobody() {
    let mut receipts = pending();
    receipts[2].emissions = Err("item receipt#x has no readable outbox".into());
    let dead_letters = RecordedDeadLetters::default();
    let bus = bus([Ok(()), Ok(()), refused(), Ok(())]);
    assert_eq!(publish(&bus, &dead_letters, &receipts), None);
    let dead_letters = dead_letters.recorded();
    let [unreadable, unpublishable] = &dead_letters[..] else { panic!("{dead_letters:?}") };
    assert_eq!((&unreadable.body, &*unreadable.record), (&receipts[2].body, "seq-3"));
    let emission = &receipts[1].emissions.as_ref().unwrap()[0];
    assert_eq!(unpublishable.body, emission.envelope.get().as_bytes());
    assert_eq!(unpublishable.reason, "cannot be published to bus: the entry is larger than 1 MiB");
    assert_eq!(unpublishable.identity, Some(("payment".to_owned(), id(emission))));
    assert_eq!(unpublishable.name.as_deref(), Some("payment.captured"));
}

#[test]
fn o6_a_dead_letter_that_cannot_be_written_keeps_its_receipt_open() {
    let mut receipts = pending();
    let dead_letters = RecordedDeadLetters::default();
    dead_letters.set_missing(true);
    assert_eq!(publish(&bus([Ok(()), Ok(()), refused()]), &dead_letters, &receipts), Some(1));
    receipts[0].emissions = Err("item receipt#x has no readable outbox".into());
    assert_eq!(publish(&bus([]), &dead_letters, &receipts), Some(0));
}

/// Channels of three kinds: `open` ones take everything, `gone` ones do not exist, `busy` ones are
/// throttled for a while.
struct World {
    taken: Mutex<Vec<(String, String)>>,
    busy: Mutex<u32>,
}

impl Publish for World {
    async fn publish(&self, emissions: &[&Emission], _: Timestamp) -> Vec<Result<(), PublishError>> {
        let channel = &emissions[0].channel;
        assert!(emissions.iter().all(|emission| emission.channel == *channel), "one channel at a time");
        if channel.contains("gone") {
            return emissions.iter().map(|_| Err(PublishError::no_channel("no such queue"))).collect();
        }
        let mut busy = self.busy.lock().unwrap();
        if channel.contains("busy") && *busy > 0 {
            *busy -= 1;
            return emissions.iter().map(|_| throttled()).collect();
        }
        let taken = emissions.iter().map(|emission| (channel.clone(), timed_id(emission)));
        self.taken.lock().unwrap().extend(taken);
        emissions.iter().map(|_| Ok(())).collect()
    }
}

fn timed_id(emission: &Emission) -> String {
    emission.envelope.get().trim_matches('"').to_owned()
}

proptest! {
    /// A stream's shard is replayed from its checkpoint until all is done. Nothing is lost, and
    /// each emission is published or dead-lettered exactly once in one environment. Each channel of
    /// a receipt keeps its order. No record waits longer than five minutes and one retry for
    /// channels that do not exist.
    #[test]
    fn o6_nothing_is_lost_nothing_is_published_twice_and_nothing_waits_for_a_missing_channel_for_long(
        records in prop::collection::vec(
            (0..40_i64, prop::collection::vec(prop::sample::select(vec!["bus", "queue:gone", "topic:gone", "topic:busy"]), 0..4)),
            1..40,
        ),
        batch in 1..12_usize,
        busy in 0..8_u32,
        backoff in 1..60_i64,
    ) {
        let at = |second: i64| Timestamp::from_second(start().as_second() + second).unwrap();
        let mut written = 0;
        let receipts: Vec<Pending> = records.iter().enumerate().map(|(n, (gap, channels))| {
            written += gap;
            let emissions = channels.iter().enumerate().map(|(position, channel)| {
                let envelope = serde_json::value::RawValue::from_string(format!("\"{n:02}-{position}\"")).unwrap();
                Emission::new(*channel, envelope)
            });
            Pending::new(n.to_string(), Ok(emissions.collect()), []).written_at(Some(at(written)))
        }).collect();
        let world = World { taken: Mutex::default(), busy: Mutex::new(busy) };
        let (dead_letters, progress) = (RecordedDeadLetters::default(), Progress::default());
        let (mut checkpoint, mut now, mut tries) = (0, 0, 0);
        while checkpoint < receipts.len() {
            let end = receipts.len().min(checkpoint + batch);
            let given = &receipts[checkpoint..end];
            // A stream delivers no record before it is written.
            let ready = given.iter().take_while(|receipt| receipt.at.unwrap() <= at(now)).count();
            if ready == 0 {
                now += 1;
                continue;
            }
            let relay = Relay {
                publisher: &world, dead_letters: &dead_letters, service: "payment", progress: &progress, now: at(now), observers: &Observers::default(),
            };
            match block_on(relay::publish(&relay, &given[..ready])) {
                None => checkpoint += ready,
                Some(open) => {
                    checkpoint += open;
                    let waited = at(now).as_second() - receipts[checkpoint].at.unwrap().as_second();
                    let busy = receipts[checkpoint].emissions.as_ref().unwrap().iter().any(|e| e.channel == "topic:busy");
                    prop_assert!(waited < 300 || busy, "{waited} s");
                    now += backoff;
                    tries += 1;
                    prop_assert!(tries < 10_000, "it does not come to an end");
                }
            }
        }
        let mut wanted: Vec<(String, String)> = Vec::new();
        for receipt in &receipts {
            wanted.extend(receipt.emissions.as_ref().unwrap().iter().map(|e| (e.channel.clone(), timed_id(e))));
        }
        let taken = world.taken.into_inner().unwrap();
        for pair in taken.windows(2) {
            let (one, other) = (pair[0].1.split_once('-').unwrap(), pair[1].1.split_once('-').unwrap());
            prop_assert!(pair[0].0 != pair[1].0 || one.0 != other.0 || one.1 < other.1, "{pair:?}");
        }
        let mut ended = taken;
        ended.extend(dead_letters.recorded().iter().map(|dead_letter| {
            let channel = if dead_letter.reason.contains("queue:gone") { "queue:gone" } else { "topic:gone" };
            (channel.to_owned(), String::from_utf8_lossy(&dead_letter.body).trim_matches('"').to_owned())
        }));
        wanted.sort();
        ended.sort();
        prop_assert_eq!(ended, wanted);
    }
}

//! The core alone, on a table in memory: the price of a record without the network.
//!
//! Read the last column: records a second must not fall with the size of the batch. The price of
//! the core itself is a `batch` less `decode` and `hash`, which it calls. `invoke` is the whole,
//! from Lambda's JSON to the response.

use std::{
    borrow::Cow,
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bench_work::{Event, Feed, PaymentCaptured};
use divan::{Bencher, counter::ItemsCount};
use serde::{Deserialize, Serialize};
use waxseal::{
    Aggregate, BoxError, Decide, Engine, Entity, Envelope, Fault, Handler, Host, Out, Raw, Refusal, Service,
    Settings, Table, Timestamp, Token, Unit,
    batch::{Batches, Content, Policy, Record},
    dead_letter::{DeadLetter, DeadLetters},
    lock::Lock,
    payload_hash,
    table::{Item, Key, Page, Query, Scan, ScanPage, TableError, Write, WriteError, memory::Items},
};
use waxseal_lambda::{Function, Invocation, Invoke};

const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];

fn main() {
    divan::main();
}

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Captured(PaymentCaptured);
waxseal::event!(Captured { name: "payment.captured", version: 1, owner: "payment" });

#[derive(Serialize, Deserialize, Default)]
struct Ledger {
    count: i64,
    total: i64,
}
impl Entity for Ledger {
    const KIND: &'static str = "ledger";
}

struct Remember;
impl Handler for Remember {
    const NAME: &'static str = "remember";
    type Event = Captured;
    type Emits = ();

    async fn handle(&self, _: &Envelope<Captured>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
        Ok(())
    }
}

struct Book;
impl Aggregate for Book {
    const NAME: &'static str = "book";
    type State = Ledger;
    type Decides = (Captured,);
    type Emits = ();
    type Refusal = Infallible;
}
impl Decide<Captured> for Book {
    fn key(event: &Captured) -> Cow<'_, str> {
        Cow::Borrowed(&event.0.account)
    }

    fn decide(
        &self,
        ledger: &mut Option<Ledger>,
        event: &Envelope<Captured>,
        _: &mut Out<Self>,
    ) -> Result<(), Refusal<Infallible>> {
        let ledger = ledger.get_or_insert_default();
        ledger.count += 1;
        ledger.total += event.data.0.amount;
        Ok(())
    }
}

#[derive(Default)]
struct Memory(Lock<Items>);

impl Table for Memory {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableError> {
        let items = self.0.lock();
        Ok(keys.iter().map(|key| items.get(key).cloned()).collect())
    }

    async fn query(&self, query: &Query) -> Result<Page, TableError> {
        Ok(self.0.lock().query(query, 1_000))
    }

    async fn scan(&self, scan: &Scan) -> Result<ScanPage, TableError> {
        Ok(self.0.lock().scan(scan, 1_000))
    }

    async fn due(&self, due: &Due) -> Result<DuePage, TableError> {
        Ok(self.0.lock().due(due, 1_000))
    }

    async fn write(&self, writes: &[Write]) -> Result<(), WriteError> {
        self.0.lock().write(writes).map(|_| ())
    }
}

/// A clock that stands still, since reading a real one is not the core's price.
#[derive(Default)]
struct Still(AtomicU64);

impl Host for Still {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn token(&self) -> Token {
        Token(self.0.fetch_add(1, Ordering::Relaxed).into())
    }
}

struct Nowhere;
impl DeadLetters for Nowhere {
    async fn send(&self, dead_letter: DeadLetter) -> Result<(), BoxError> {
        Err(dead_letter.reason.into())
    }
}

fn batches(service: Service) -> Batches {
    let engine = Engine::new(service, Memory::default(), Arc::new(Still::default()), Settings::default());
    Batches::new(engine.expect("the service is sound"), Nowhere, Policy::default())
}

fn envelopes(count: usize) -> Vec<String> {
    Feed::default().take(count).iter().map(|event| bench_work::envelope_of(event).to_string()).collect()
}

fn raws(count: usize) -> Vec<Raw> {
    envelopes(count).iter().map(|json| Raw::parse(json).expect("an envelope")).collect()
}

fn records(count: usize) -> Vec<Record> {
    let record =
        |(raw, event): (Raw, Event)| Record::new(event.id, Vec::new(), Content::Message(Box::new(raw)));
    raws(count).into_iter().zip(Feed::default().take(count)).map(record).collect()
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

/// From JSON to an envelope with an undecoded payload.
#[divan::bench(args = SIZES, sample_size = 1)]
fn parse(bencher: Bencher<'_, '_>, count: usize) {
    let envelopes = envelopes(count);
    bencher.counter(ItemsCount::new(count)).bench_local(|| {
        envelopes.iter().map(|json| Raw::parse(json).expect("an envelope")).collect::<Vec<_>>()
    });
}

/// From an undecoded payload to the handler's type.
#[divan::bench(args = SIZES, sample_size = 1)]
fn decode(bencher: Bencher<'_, '_>, count: usize) {
    let raws = raws(count);
    bencher.counter(ItemsCount::new(count)).bench_local(|| {
        raws.iter().map(|raw| raw.decode::<Captured>().expect("a payment")).collect::<Vec<_>>()
    });
}

/// The payload's hash.
#[divan::bench(args = SIZES, sample_size = 1)]
fn hash(bencher: Bencher<'_, '_>, count: usize) {
    let raws = raws(count);
    bencher.counter(ItemsCount::new(count)).bench_local(|| {
        raws.iter().map(|raw| payload_hash(raw.data.get()).expect("JSON")).collect::<Vec<_>>()
    });
}

/// Route, run and commit, without state.
#[divan::bench(args = SIZES, sample_size = 1)]
fn batch_without_state(bencher: Bencher<'_, '_>, count: usize) {
    batch(bencher, count, || Service::new("bench").handler(Remember));
}

/// Route, read, decide and commit.
#[divan::bench(args = SIZES, sample_size = 1)]
fn batch_with_state(bencher: Bencher<'_, '_>, count: usize) {
    batch(bencher, count, || Service::new("bench").aggregate(Book));
}

fn batch(bencher: Bencher<'_, '_>, count: usize, service: impl Fn() -> Service) {
    let records = records(count);
    bencher.counter(ItemsCount::new(count)).with_inputs(|| batches(service())).bench_local_refs(|batches| {
        let verdicts = block_on(batches.run(&records, None));
        assert!(verdicts.iter().all(|verdict| !verdict.is_failed()));
        verdicts
    });
}

/// The whole with state, from Lambda's JSON to the batch response.
#[divan::bench(args = SIZES, sample_size = 1)]
fn invoke(bencher: Bencher<'_, '_>, count: usize) {
    let payload = bench_work::batch(&Feed::default().take(count));
    let function = || Function::new(batches(Service::new("bench").aggregate(Book)));
    bencher.counter(ItemsCount::new(count)).with_inputs(function).bench_local_refs(|function| {
        let response = block_on(function.invoke(&payload, &Invocation::default())).expect("a response");
        assert_eq!(response, br#"{"batchItemFailures":[]}"#);
        response
    });
}

//! The heap of a batch beyond its records and outcomes. It is that of the handlers that run at
//! once, for any number of records (S-21).
//!
//! The allocator of this binary counts live bytes. The binary holds these tests alone, so nothing
//! else allocates.

// Helpers unwrap like the tests that they help.
#![allow(clippy::unwrap_used)]

use std::{
    borrow::Cow,
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use peak_alloc::PeakAlloc;
use serde::{Deserialize, Serialize};
use waxseal::{
    Aggregate, Attempt, BoxError, Decide, Effect, Engine, Entity, Envelope, Fault, Handler, Out, Raw,
    Refusal, Service, Settings, Table, Unit,
    batch::{Batches, Content, Policy, Record, RecordOutcome},
    dead_letter::{DeadLetter, DeadLetters},
    table::{Due, DuePage, Item, Key, Page, Query, Scan, ScanPage, TableError, Write, WriteError},
};
use waxseal_testing::{ManualHost, block_on};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// The bytes that each handler holds while it runs.
const HELD: usize = 64 * 1024;
/// The bytes that a batch may hold for each record beyond it and its outcome: a place in the plan,
/// the key of its target, the keys of its writes. It is a hundredth of what a handler holds.
/// Measured are 120 bytes without state, 210 with state, 290 for decisions.
const PLANNED: usize = 512;
/// The bytes that a batch of any size may hold: the hundred lanes that run, or wait for a commit
/// that others share.
const WAITING: usize = 2 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
struct Ordered {
    order: String,
    quantity: u32,
}
waxseal::event!(Ordered { name: "order.placed", version: 1, owner: "orders" });

#[derive(Serialize, Deserialize)]
struct Reserved {
    order: String,
    note: String,
}
waxseal::event!(Reserved { name: "stock.reserved", version: 1, owner: "inventory" });

#[derive(Default, Serialize, Deserialize)]
struct Reservation {
    quantity: u32,
}
impl Entity for Reservation {
    const KIND: &'static str = "reservation";
}

/// Lets all other futures run once.
struct Breath(bool);

impl Future for Breath {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Holds 64 KB while others run, and frees them.
async fn hold() {
    let held = vec![7_u8; HELD];
    for _ in 0..3 {
        Breath(false).await;
    }
    assert_eq!(std::hint::black_box(&held)[HELD - 1], 7);
}

fn reserved(event: &Ordered) -> Reserved {
    Reserved { order: event.order.clone(), note: "für die Zürcher Filiale ".repeat(20) }
}

/// A handler that emits and has no state.
struct Announce;
impl Handler for Announce {
    const NAME: &str = "announce";
    type Event = Ordered;
    type Emits = (Reserved,);
    async fn handle(&self, event: &Envelope<Ordered>, unit: &mut Unit<'_, Self::Emits>) -> Result<(), Fault> {
        hold().await;
        unit.emit(reserved(&event.data));
        Ok(())
    }
}

/// A handler that reads, saves and emits.
struct Reserve;
impl Handler for Reserve {
    const NAME: &str = "reserve";
    type Event = Ordered;
    type Emits = (Reserved,);
    async fn handle(&self, event: &Envelope<Ordered>, unit: &mut Unit<'_, Self::Emits>) -> Result<(), Fault> {
        let Ordered { order, quantity } = &event.data;
        assert!(unit.load::<Reservation>(order).await?.is_none());
        hold().await;
        let reservation = unit.create(order, Reservation { quantity: *quantity });
        unit.save(reservation);
        unit.emit(reserved(&event.data));
        Ok(())
    }
}

/// An effect that acts outside.
struct Ship;
impl Effect for Ship {
    const NAME: &str = "ship";
    const KEY_TTL: Duration = Duration::from_hours(24);
    type Event = Ordered;
    type Emits = (Reserved,);
    async fn act(
        &self,
        event: &Envelope<Ordered>,
        _: &Attempt<'_>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        hold().await;
        unit.emit(reserved(&event.data));
        Ok(())
    }
}

/// An aggregate. It waits for nothing, so it does not count among the handlers that run at once.
struct Tally;
impl Aggregate for Tally {
    const NAME: &str = "tally";
    type State = Reservation;
    type Decides = (Ordered,);
    type Emits = (Reserved,);
    type Refusal = Infallible;
}
impl Decide<Ordered> for Tally {
    fn key(event: &Ordered) -> Cow<'_, str> {
        Cow::Borrowed(&event.order)
    }
    fn decide(
        &self,
        state: &mut Option<Reservation>,
        event: &Envelope<Ordered>,
        out: &mut Out<Self>,
    ) -> Result<(), Refusal<Infallible>> {
        let state = state.get_or_insert_default();
        state.quantity += event.data.quantity;
        out.emit(reserved(&event.data));
        Ok(())
    }
}

/// A table that takes every write and keeps none, since a growing table would count.
struct Sink;
impl Table for Sink {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableError> {
        Breath(false).await;
        Ok(keys.iter().map(|_| None).collect())
    }
    async fn query(&self, _: &Query) -> Result<Page, TableError> {
        Ok(Page::default())
    }
    async fn scan(&self, _: &Scan) -> Result<ScanPage, TableError> {
        Ok(ScanPage::default())
    }
    async fn due(&self, _: &Due) -> Result<DuePage, TableError> {
        Ok(DuePage::default())
    }
    async fn write(&self, _: &[Write]) -> Result<(), WriteError> {
        Breath(false).await;
        Ok(())
    }
}

struct Nowhere;
impl DeadLetters for Nowhere {
    async fn send(&self, dead_letter: DeadLetter) -> Result<(), BoxError> {
        panic!("{}: {}", dead_letter.record, dead_letter.reason)
    }
}

/// `count` records about as many orders.
fn records(count: usize) -> Vec<Record> {
    let record = |n: usize| {
        let json = format!(
            r#"{{"eventId":"e-{n}","eventType":"order.placed","eventVersion":1,"source":"orders","timestamp":"2026-11-21T09:29:59Z",
            "data":{{"order":"o-{n}","quantity":2}}}}"#
        );
        let content = Content::Message(Box::new(Raw::parse(&json).unwrap()));
        Record::new(format!("m-{n}"), json.into_bytes(), content)
    };
    (0..count).map(record).collect()
}

/// The peak of the bytes that a batch of `count` records held beyond them and their outcomes.
fn peak(service: Registered, count: usize, concurrency: usize) -> usize {
    // The other tests of this binary wait.
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let records = records(count);
    let clock = Arc::new(ManualHost::new("2026-11-21T09:30:00Z".parse().unwrap()));
    let mut settings = Settings::default();
    // The cache outlives the batch and has a bound of its own.
    settings.cache = 0;
    let engine = Engine::new(service(Service::new("inventory")), Sink, clock, settings).unwrap();
    let mut policy = Policy::default();
    policy.concurrency = concurrency;
    let batches = Batches::new(engine, Nowhere, policy);
    // The first call starts a runtime for handlers that use one.
    block_on(async {});
    HEAP.reset_peak_usage();
    let before = HEAP.current_usage();
    let outcomes = block_on(batches.run(&records, None));
    let most = HEAP.peak_usage() - before - count * size_of::<RecordOutcome>();
    assert_eq!(outcomes.len(), count);
    assert!(
        outcomes.iter().all(|outcome| matches!(outcome, RecordOutcome::Done(Some(_)))),
        "not all were handled"
    );
    most
}

/// A reaction, registered.
type Registered = fn(Service) -> Service;

/// Each form of a reaction whose handlers wait while they run.
const FORMS: [(&str, Registered); 3] = [
    ("a handler that emits", |service| service.handler(Announce)),
    ("a handler with state", |service| service.handler(Reserve)),
    ("an effect", |service| service.effect(Ship)),
];

#[test]
fn s21_memory_beyond_input_and_response_is_bounded_by_k_and_not_by_the_batch() {
    let decides: Registered = |service| service.aggregate(Tally);
    for (form, service) in FORMS.into_iter().chain([("a decision", decides)]) {
        let (small, large) = (peak(service, 1_000, 5), peak(service, 10_000, 5));
        let grown = large.saturating_sub(small);
        assert!(
            grown <= 9_000 * PLANNED,
            "{form}: {small} bytes for 1,000 records and {large} for 10,000: {} for each, not {PLANNED} at most",
            grown / 9_000
        );
        let bound = 5 * HELD + WAITING + 10_000 * PLANNED;
        assert!(
            large <= bound,
            "{form}: {large} bytes for 10,000 records with 5 at once, not {bound} at most"
        );
    }
}

#[test]
fn s21_each_handler_more_at_once_costs_what_it_holds() {
    for (form, service) in FORMS {
        let (few, many) = (peak(service, 10_000, 5), peak(service, 10_000, 40));
        let more = many.saturating_sub(few);
        assert!(more <= 35 * (HELD + 8 * 1024), "{form}: {few} bytes with 5 at once, {many} with 40");
        // They must run at once, or the bound above would mean nothing. An effect waits for more
        // than its act.
        let least = if form == "an effect" { 10 } else { 30 };
        assert!(more >= least * HELD, "{form}: {few} bytes with 5 at once, {many} with 40");
    }
}

//! The tick: what is due is hinted at once a minute, and instances that fail again and again delay
//! no other (S-69, S-70).

// Helpers unwrap like the tests that they help.
#![allow(clippy::unwrap_used)]

mod support;

use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use support::start;
use waxseal::{
    Begin, Emission, Envelope, Flow, Host as _, Outcome, Process, Raw, Service, Timestamp,
    handler::Phase,
    observe::Observers,
    relay::{Progress, Publish, PublishError, Relay, TICK, Ticked, tick},
    table::attribute,
};
use waxseal_testing::{Fixture, block_on, raw};

#[derive(Serialize, Deserialize)]
struct ParcelSent {
    parcel: String,
    seconds: u64,
}
waxseal::event!(ParcelSent { name: "parcel.sent", version: 1, owner: "depot" });

#[derive(Serialize, Deserialize)]
struct Parcel {
    is_cursed: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
enum At {
    #[default]
    UnderWay,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Wait {
    Arrival,
}

/// Ends at its timer, unless its parcel is cursed: that one panics each time.
struct Tracking;
impl Process for Tracking {
    const NAME: &str = "tracking";
    const KIND: &str = "parcel";
    type Data = Parcel;
    type Step = At;
    type Timer = Wait;
    type Begins = (ParcelSent,);
    type Inputs = ();
    type Emits = ();
    fn timeout(&self, flow: &mut Flow<Self>, _: Wait) {
        assert!(!flow.data().is_cursed, "the parcel is cursed");
        flow.finish("lost");
    }
}
impl Begin<ParcelSent> for Tracking {
    fn key(sent: &ParcelSent) -> Cow<'_, str> {
        sent.parcel.as_str().into()
    }
    fn data(sent: &ParcelSent) -> Parcel {
        Parcel { is_cursed: sent.parcel.starts_with("cursed") }
    }
    fn begin(&self, flow: &mut Flow<Self>, sent: &Envelope<ParcelSent>) {
        flow.arm(Wait::Arrival, Duration::from_secs(sent.data.seconds));
    }
}

/// A queue that keeps its hints.
#[derive(Clone, Default)]
struct Queue(Arc<Mutex<Vec<Emission>>>);
impl Publish for Queue {
    async fn publish(&self, emissions: &[&Emission], _: Timestamp) -> Vec<Result<(), PublishError>> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        taken.extend(emissions.iter().map(|emission| (*emission).clone()));
        emissions.iter().map(|_| Ok(())).collect()
    }
}

struct Depot {
    fixture: Fixture,
    engine: waxseal::Engine,
    progress: Progress,
}

impl Depot {
    fn new() -> Self {
        let fixture = Fixture::at(start());
        let engine = fixture.engine(Service::new("tracking").process(Tracking));
        Self { fixture, engine, progress: Progress::default() }
    }

    fn send(&self, parcel: &str, after: Duration) {
        let sent = ParcelSent { parcel: parcel.to_owned(), seconds: after.as_secs() };
        block_on(self.engine.handle(&raw(&format!("sent-{parcel}"), sent))).unwrap();
    }

    /// One tick, and the hints that it sent.
    fn tick(&self) -> (Ticked, Vec<Emission>) {
        let (queue, observers) = (Queue::default(), Observers::default());
        let relay = Relay {
            publisher: &queue,
            dead_letters: &self.fixture.dead_letters,
            service: "tracking",
            progress: &self.progress,
            now: self.fixture.host.now(),
            observers: &observers,
        };
        let ticked = block_on(tick(&relay, &self.fixture.table)).unwrap();
        let hints = std::mem::take(&mut *queue.0.lock().unwrap());
        (ticked, hints)
    }

    /// Delivers a hint; its row and the outcome.
    fn deliver(&self, hint: &Emission) -> Outcome {
        block_on(self.engine.handle(&Raw::parse(hint.envelope.get()).unwrap())).unwrap()
    }

    fn is_over(&self, parcel: &str) -> bool {
        let instance = block_on(self.engine.instance("parcel", parcel)).unwrap().unwrap();
        matches!(instance.phase, Phase::Finished { .. })
    }
}

/// The place of a parcel's hint among others.
fn place(hints: &[Emission], parcel: &str) -> Option<usize> {
    hints.iter().position(|hint| hint.envelope.get().contains(&format!("parcel#{parcel}\"")))
}

#[test]
fn s69_a_tick_hints_at_what_is_due_before_the_next_one_and_writes_nothing() {
    let depot = Depot::new();
    for (parcel, seconds) in [("now", 0), ("soon", 59), ("then", 60), ("later", 61), ("month", 2_600_000)] {
        depot.send(parcel, Duration::from_secs(seconds));
    }
    let before = depot.fixture.table.items();
    let (ticked, hints) = depot.tick();
    assert_eq!((ticked.due, ticked.hinted, hints.len()), (3, 3, 3));
    assert_eq!(depot.fixture.table.items(), before);
    let soon = &hints[place(&hints, "soon").unwrap()];
    assert_eq!(soon.not_before, Some(start() + Duration::from_secs(59)), "the queue holds it back");
    assert_eq!(soon.channel, "queue:tracking");
    assert!(place(&hints, "later").is_none());
    assert_eq!(depot.deliver(&hints[place(&hints, "now").unwrap()]), Outcome::Applied);
    assert!(depot.is_over("now") && !depot.is_over("soon"));
}

/// 10,000 instances fail at each timeout. A healthy timer is hinted at before them, by the tick
/// before its time, and the failing ones write ever more rarely.
#[test]
fn s70_ten_thousand_stuck_instances_delay_no_healthy_timer() {
    const STUCK: u32 = 10_000;
    let depot = Depot::new();
    for parcel in 0..STUCK {
        depot.send(&format!("cursed-{parcel}"), Duration::ZERO);
    }
    let healthy = Duration::from_secs(10 * 60 + 20);
    depot.send("healthy", healthy);
    let mut postponed = Vec::new();
    let mut fired_after = None;
    // The panics are expected; their places would fill the screen.
    std::panic::set_hook(Box::new(|_| {}));
    for minute in 0..20_u32 {
        let before = depot.fixture.table.items();
        let (_, hints) = depot.tick();
        assert_eq!(depot.fixture.table.items(), before, "a tick writes nothing");
        if let Some(place) = place(&hints, "healthy") {
            assert!(place < 16 * 500, "it is in the first page of its shard, at {place}");
        }
        depot.fixture.host.pass(TICK);
        let mut count = 0;
        for hint in &hints {
            count += u32::from(depot.deliver(hint) == Outcome::Postponed);
        }
        if fired_after.is_none() && depot.is_over("healthy") {
            fired_after = Some(TICK * (minute + 1));
        }
        postponed.push(count);
    }
    drop(std::panic::take_hook());
    let late = fired_after.unwrap().checked_sub(healthy).unwrap();
    assert!(late <= 2 * TICK, "{late:?} late");
    let writes: u32 = postponed.iter().sum();
    assert!(writes <= STUCK * 6, "each delay doubles: {writes} writes in 20 ticks, {postponed:?}");
    let items = depot.fixture.table.items();
    let waiting = items.iter().filter(|item| item.get_number(attribute::WAKE_AT).is_some()).count();
    assert_eq!(waiting, STUCK as usize, "none is lost");
}

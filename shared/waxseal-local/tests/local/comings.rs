//! Consumers come and go: one that was away for a day catches up, and one is retired while others go on.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use waxseal::{Entity, Envelope, Fault, Handler, Sequencing, Service, Unit};
use waxseal_catalog::{Deployed, FifoQueue};
use waxseal_local::{Faults, Local, NewMessage};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Scanned {
    parcel: String,
    number: u32,
}
waxseal::event!(Scanned { name: "parcel.scanned", version: 1, owner: "depot" });

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Moved {
    parcel: String,
    number: u32,
}
waxseal::event!(Moved { name: "parcel.moved", version: 1, owner: "shipping" });

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Booked {
    parcel: String,
    number: u32,
}
waxseal::event!(Booked { name: "parcel.booked", version: 1, owner: "desk" });

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    numbers: Vec<u32>,
}
impl Entity for Seen {
    const KIND: &'static str = "seen";
}

async fn note(unit: &mut Unit<'_, ()>, parcel: &str, number: u32) -> Result<(), Fault> {
    let mut seen = match unit.load::<Seen>(parcel).await? {
        Some(seen) => seen,
        None => unit.create(parcel, Seen::default()),
    };
    seen.numbers.push(number);
    unit.save(seen);
    Ok(())
}

/// Publishes a move for each scan, counted for each parcel.
struct Move;
impl Handler for Move {
    const NAME: &str = "move";
    type Event = Scanned;
    type Emits = (Moved,);
    async fn handle(
        &self,
        scanned: &Envelope<Scanned>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        let Scanned { parcel, .. } = &scanned.data;
        let mut seen = match unit.load::<Seen>(parcel).await? {
            Some(seen) => seen,
            None => unit.create(parcel, Seen::default()),
        };
        let number = u32::try_from(seen.numbers.len()).unwrap_or_default();
        seen.numbers.push(number);
        unit.emit_in_sequence(Moved { parcel: parcel.clone(), number }, &mut seen);
        unit.save(seen);
        Ok(())
    }
}

/// Wants every move, in sequence.
struct Tell;
impl Handler for Tell {
    const NAME: &str = "tell";
    type Event = Moved;
    type Emits = ();
    const SEQUENCING: Sequencing = Sequencing::Gapless("tell");
    async fn handle(&self, moved: &Envelope<Moved>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
        note(unit, &moved.data.parcel, moved.data.number).await
    }
}

/// Wants every move, in any order.
struct Count;
impl Handler for Count {
    const NAME: &str = "count";
    type Event = Moved;
    type Emits = ();
    async fn handle(&self, moved: &Envelope<Moved>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
        note(unit, &moved.data.parcel, moved.data.number).await
    }
}

/// Reads a FIFO queue of others.
struct Book;
impl Handler for Book {
    const NAME: &str = "book";
    type Event = Booked;
    type Emits = ();
    async fn handle(&self, booked: &Envelope<Booked>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
        note(unit, &booked.data.parcel, booked.data.number).await
    }
}

const PARCELS: [&str; 3] = ["p-1", "p-2", "p-3"];
/// The hours of a day, and of an hour after it.
const HOURS: u32 = 25;
const DAY: Duration = Duration::from_secs(24 * 3600);

fn shop(seed: u64, faults: Faults) -> Local {
    let local = Local::builder().seed(seed).faults(faults).build();
    local.deploy_service(Service::new("shipping").handler(Move)).unwrap();
    local.deploy_service(Service::new("story").handler(Tell)).unwrap();
    local.deploy_service(Service::new("counting").handler(Count)).unwrap();
    let desk = Deployed::new(Service::new("desk").handler(Book)).fifo(FifoQueue::new("bookings"));
    local.deploy_service(desk).unwrap();
    local
}

/// Scans each parcel once, and books it.
fn scan(local: &Local, number: u32) {
    for parcel in PARCELS {
        let (id, parcel) = (format!("{parcel}/{number}"), parcel.to_owned());
        let scanned = Scanned { parcel: parcel.clone(), number };
        let event = Envelope::starting(id.clone(), "depot", local.now(), scanned);
        local.put(&event.into_raw().unwrap()).unwrap();
        let booked = Booked { parcel: parcel.clone(), number };
        let event = Envelope::starting(id.clone(), "desk", local.now(), booked);
        let body = serde_json::to_string(&event).unwrap();
        let message = NewMessage { group: Some(parcel), deduplication: Some(id), ..NewMessage::new(body) };
        local.fifo("desk", "bookings").unwrap().send(message).unwrap();
    }
}

fn pass(local: &Local, time: Duration) {
    let clock = local.clock().clone();
    local.executor().block_on(async move { clock.sleep(time).await });
    local.run_until_idle();
}

/// Redrives what waited too long for its predecessor, until nothing does.
fn settle(local: &Local, services: &[&str]) {
    local.run_until_idle();
    for _ in 0..HOURS {
        for service in services {
            local.redrive(service).unwrap();
        }
        local.run_until_idle();
    }
}

fn numbers(local: &Local, service: &str, parcel: &str) -> Vec<u32> {
    local.read::<Seen>(service, parcel).unwrap_or_default().numbers
}

#[test]
fn i6_a_consumer_that_was_away_for_a_day_catches_up_exactly_once_and_in_order() {
    let all: Vec<u32> = (0..HOURS).collect();
    for seed in 0..10 {
        let local = shop(seed, Faults::bad_day());
        // Away: their mappings are disabled. The others go on.
        ["story", "desk"].iter().for_each(|service| local.hold(service).unwrap());
        let began = local.now();
        for number in 0..HOURS {
            scan(&local, number);
            pass(&local, Duration::from_secs(3600));
        }
        assert!(local.now().saturating_duration_since(began) >= DAY);
        settle(&local, &["shipping", "counting"]);
        for parcel in PARCELS {
            assert_eq!(numbers(&local, "story", parcel), [0; 0], "seed {seed}: it is away");
            assert_eq!(numbers(&local, "desk", parcel), [0; 0], "seed {seed}: it is away");
            let counted: BTreeMap<u32, ()> =
                numbers(&local, "counting", parcel).into_iter().map(|number| (number, ())).collect();
            assert_eq!(counted.len(), all.len(), "seed {seed}: the others were not");
        }
        assert!(local.queue("story").unwrap().len() >= PARCELS.len() * all.len(), "what came waits");

        // Back.
        ["story", "desk"].iter().for_each(|service| local.resume(service).unwrap());
        settle(&local, &["story", "desk"]);
        for parcel in PARCELS {
            assert_eq!(
                numbers(&local, "story", parcel),
                all,
                "seed {seed}, {parcel}: in sequence, each once"
            );
            assert_eq!(numbers(&local, "desk", parcel), all, "seed {seed}, {parcel}: as they were sent");
            let mut counted = numbers(&local, "counting", parcel);
            counted.sort_unstable();
            assert_eq!(counted, all, "seed {seed}, {parcel}: each once");
        }
        assert!(
            local.queue("story").unwrap().is_empty() && local.fifo("desk", "bookings").unwrap().is_empty()
        );
    }
}

#[test]
fn i6_a_held_consumer_takes_nothing_even_from_a_batch_that_fills() {
    let local = Local::builder().build();
    let count = Deployed::new(Service::new("counting").handler(Count)).window(60);
    local.deploy_service(Service::new("shipping").handler(Move)).unwrap();
    local.deploy_service(count).unwrap();
    let scanned = Scanned { parcel: "p-1".to_owned(), number: 0 };
    let event = Envelope::starting("e1", "depot", local.now(), scanned);
    local.put(&event.into_raw().unwrap()).unwrap();
    // Its poller waits for the window when the hold comes.
    let clock = local.clock().clone();
    local.executor().block_on(async move { clock.sleep(Duration::from_secs(30)).await });
    local.hold("counting").unwrap();
    local.run_until_idle();
    assert_eq!(numbers(&local, "counting", "p-1"), [0; 0]);
    local.resume("counting").unwrap();
    local.run_until_idle();
    assert_eq!(numbers(&local, "counting", "p-1"), [0]);
    assert!(local.hold("nobody").is_err() && local.resume("nobody").is_err());
}

#[test]
fn i6_a_consumer_is_retired_while_others_go_on_and_nothing_of_it_is_lost() {
    let local = shop(7, Faults::none());
    (0..3).for_each(|number| scan(&local, number));
    local.run_until_idle();
    local.hold("counting").unwrap();
    (3..5).for_each(|number| scan(&local, number));
    local.run_until_idle();
    local.resume("counting").unwrap();

    // As `retire service counting` says: no new message, then what waits, then the stack.
    local.disable_rules("counting").unwrap();
    (5..8).for_each(|number| scan(&local, number));
    local.run_until_idle();
    assert!(
        local.queue("counting").unwrap().is_empty() && local.dead_letters("counting").unwrap().is_empty()
    );
    for parcel in PARCELS {
        assert_eq!(
            numbers(&local, "counting", parcel),
            [0, 1, 2, 3, 4],
            "what came before, and nothing else"
        );
    }
    assert_eq!(local.undeploy("counting").unwrap(), 0, "no message is lost with its queues");

    (8..10).for_each(|number| scan(&local, number));
    local.run_until_idle();
    let all: Vec<u32> = (0..10).collect();
    for parcel in PARCELS {
        assert_eq!(numbers(&local, "story", parcel), all, "the others go on");
    }
    assert!(!local.services().contains(&"counting".to_owned()));
    assert!(!local.bus().rules().iter().any(|rule| rule.starts_with("counting")));

    // Its table outlived it: a service of its name takes it back, with its receipts.
    local.deploy_service(Service::new("counting").handler(Count)).unwrap();
    for parcel in PARCELS {
        assert_eq!(numbers(&local, "counting", parcel), [0, 1, 2, 3, 4]);
    }
    scan(&local, 10);
    local.run_until_idle();
    assert_eq!(numbers(&local, "counting", "p-1"), [0, 1, 2, 3, 4, 10]);
}

#[test]
fn i6_a_stack_that_is_deleted_too_early_says_how_many_messages_went_with_it() {
    let local = shop(7, Faults::none());
    local.hold("counting").unwrap();
    (0..4).for_each(|number| scan(&local, number));
    local.run_until_idle();
    assert_eq!(local.undeploy("counting").unwrap(), 4 * PARCELS.len());
    assert!(local.undeploy("counting").is_err());
}

//! Order on a queue that keeps none: dense numbers at emission, cursors at the consumer.

use std::{borrow::Cow, convert::Infallible};

use serde::{Deserialize, Serialize};

use super::domain::OrderPlaced;
use super::{
    domain::{Script, order, order_of},
    env::ContractEnv,
    world::{Function, RecordedDeadLetters, World, policy, received, record},
};
use waxseal::{
    Aggregate, Decide, Entity, Envelope, Fault, Handler, Out, Outcome, Raw, Refusal, Sequencing, Service,
    Table, Unit,
    batch::{Policy, Record, RecordOutcome},
};

/// A parcel moves through the stations of its journey.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct ParcelMoved {
    station: String,
}
waxseal::event!(ParcelMoved { name: "parcel.moved", version: 1, owner: "shipping" });

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Journey {
    stations: Vec<String>,
}
impl Entity for Journey {
    const KIND: &'static str = "journey";
}

/// Records the stations of a parcel.
struct Follow<const GAPLESS: bool>(Script);
impl<const GAPLESS: bool> Handler for Follow<GAPLESS> {
    const NAME: &str = "follow";
    type Event = ParcelMoved;
    type Emits = ();
    const SEQUENCING: Sequencing =
        if GAPLESS { Sequencing::Gapless("journey") } else { Sequencing::Newest("journey") };
    async fn handle(&self, moved: &Envelope<ParcelMoved>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
        self.0.enter(moved, None).await?;
        let mut journey = match unit.load::<Journey>("p-1").await? {
            Some(journey) => journey,
            None => unit.create("p-1", Journey::default()),
        };
        journey.stations.push(moved.data.station.clone());
        unit.save(journey);
        Ok(())
    }
}

/// The same as an aggregate.
struct FollowPurely;
impl Aggregate for FollowPurely {
    const NAME: &'static str = "follow-purely";
    type State = Journey;
    type Decides = (ParcelMoved,);
    type Emits = ();
    type Refusal = Infallible;
}
impl Decide<ParcelMoved> for FollowPurely {
    const SEQUENCING: Sequencing = Sequencing::Gapless("journey");
    fn key(_: &ParcelMoved) -> Cow<'_, str> {
        Cow::Borrowed("p-1")
    }
    fn decide(
        &self,
        journey: &mut Option<Journey>,
        moved: &Envelope<ParcelMoved>,
        _: &mut Out<Self>,
    ) -> Result<(), Refusal<Infallible>> {
        let journey = journey.get_or_insert_default();
        journey.stations.push(moved.data.station.clone());
        Ok(())
    }
}

pub(super) fn newest(script: &Script) -> Service {
    Service::new("tracking").handler(Follow::<false>(script.clone()))
}

pub(super) fn gapless(script: &Script) -> Service {
    Service::new("tracking").handler(Follow::<true>(script.clone()))
}

pub(super) fn moved(number: u64) -> Raw {
    let json = format!(
        r#"{{"eventId":"moved-{number}","eventType":"parcel.moved","eventVersion":1,"source":"shipping",
        "timestamp":"2026-11-21T09:29:58.250Z","data":{{"station":"s{number}"}},
        "metadata":{{"subject":"parcel#p-1","sequence":{number}}}}}"#
    );
    Raw::parse(&json).expect("the contract's envelopes are well formed")
}

fn arrived(numbers: &[u64], receives: u32) -> Vec<Record> {
    numbers.iter().map(|n| received(receives, record(&format!("m-{n}"), &moved(*n)))).collect()
}

async fn stations<T: Table + Clone>(world: &World<T>) -> String {
    world.entity::<Journey>("p-1").await.unwrap_or_default().stations.join(" ")
}

async fn run<T: Table>(function: &Function<T>, records: &[Record]) -> Vec<String> {
    function.batch(records, &RecordedDeadLetters::default(), Policy::default()).await.0
}

/// An event that is older than the last applied one is acknowledged without effect, however it
/// arrives.
pub async fn s34_a_stale_event_is_acknowledged_without_effect(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let script = Script::default();
    let function = world.function(newest(&script));
    for (number, outcome) in [
        (2, Outcome::Applied),
        (1, Outcome::Stale),
        (5, Outcome::Applied),
        (2, Outcome::Duplicate),
        (4, Outcome::Stale),
        (6, Outcome::Applied),
    ] {
        assert_eq!(function.deliver(&moved(number)).await.unwrap(), outcome, "number {number}");
    }
    assert_eq!((stations(&world).await.as_str(), script.runs()), ("s2 s5 s6", 3));
    // A stale event has no receipt: it was not handled, and stays stale.
    assert!(world.receipt("tracking/follow", &moved(4)).await.is_none());
    assert_eq!(world.cold(newest(&script)).deliver(&moved(4)).await.unwrap(), Outcome::Stale);
    // Other entities have their own numbers.
    let mut other = moved(1);
    other.metadata.insert("subject".to_owned(), "parcel#p-2".into());
    other.id = "other".to_owned();
    assert_eq!(function.deliver(&other).await.unwrap(), Outcome::Applied);
}

/// A batch is sorted by number, so events that arrive together need no other delivery.
pub async fn s34_what_arrives_out_of_order_in_one_batch_takes_effect_in_sequence(env: &impl ContractEnv) {
    for service in [gapless(&Script::default()), Service::new("tracking").aggregate(FollowPurely)] {
        let world = World::of(env).await;
        let function = world.function(service);
        assert_eq!(run(&function, &arrived(&[3, 1, 4, 2], 1)).await, Vec::<String>::new());
        assert_eq!(stations(&world).await, "s1 s2 s3 s4");
    }
}

/// A gapless consumer: an early event is delivered again, and takes effect once its predecessor
/// has.
pub async fn s34_what_is_early_comes_again_until_the_gap_is_closed(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.function(gapless(&Script::default()));
    assert_eq!(run(&function, &arrived(&[1, 4, 3], 1)).await, ["m-4", "m-3"]);
    assert_eq!(stations(&world).await, "s1");
    assert_eq!(run(&function, &arrived(&[2], 1)).await, Vec::<String>::new());
    assert_eq!(run(&function, &arrived(&[4, 3], 2)).await, Vec::<String>::new());
    assert_eq!(stations(&world).await, "s1 s2 s3 s4");
}

/// A gap that is never closed does not block its followers for ever: they are dead-lettered with
/// the missing number.
pub async fn s34_a_gap_that_stays_is_given_up_after_a_bound(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (script, dead_letters) = (Script::default(), RecordedDeadLetters::default());
    let function = world.function(gapless(&script));
    let policy = policy(|it| it.max_receives = Some(3));
    for receives in 1..=3 {
        let (failed, outcomes) =
            function.batch(&arrived(&[2], receives), &dead_letters, policy.clone()).await;
        assert_eq!(failed.len(), usize::from(receives < 3), "{outcomes:?}");
    }
    let reasons: Vec<_> = dead_letters.recorded().into_iter().map(|dead_letter| dead_letter.reason).collect();
    assert_eq!(
        reasons,
        ["gave up after 3 receives: number 2 of parcel#p-1 came before number 1, which takes effect first"]
    );
    assert_eq!(script.runs(), 0);
}

/// Deliveries of one entity's events race: each takes effect at most once, and never an older one
/// after a newer one.
pub async fn s34_racers_never_overtake(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let functions: Vec<_> = (0..12).map(|_| world.cold(newest(&Script::default()))).collect();
    let events: Vec<_> = [3, 1, 4, 12, 5, 9, 2, 6, 8, 7, 11, 10].into_iter().map(moved).collect();
    let deliveries = functions.iter().zip(&events).map(|(function, raw)| function.deliver(raw));
    for result in futures_util::future::join_all(deliveries).await {
        assert!(matches!(result, Ok(Outcome::Applied | Outcome::Stale)), "{result:?}");
    }
    let journey = world.entity::<Journey>("p-1").await.unwrap();
    let numbers: Vec<u64> = journey.stations.iter().map(|station| station[1..].parse().unwrap()).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b) && numbers.last() == Some(&12), "{numbers:?}");
}

/// An event without a number cannot be placed: it is dead-lettered with the remedy, and the others
/// go on.
pub async fn s34_an_event_without_a_number_is_dead_lettered_with_what_to_do(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let dead_letters = RecordedDeadLetters::default();
    let function = world.function(newest(&Script::default()));
    let mut bare = moved(1);
    bare.id = "bare".to_owned();
    bare.metadata.clear();
    let records = [record("m-0", &bare), record("m-1", &moved(1))];
    let (failed, _) = function.batch(&records, &dead_letters, Policy::default()).await;
    assert!(failed.is_empty());
    assert_eq!(stations(&world).await, "s1");
    let reason = dead_letters.recorded().remove(0).reason;
    assert!(reason.contains("its publisher must emit it in sequence"), "{reason}");
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct ParcelPacked {
    order: String,
}
waxseal::event!(ParcelPacked { name: "parcel.packed", version: 1, owner: "shipping" });

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Parcel {
    packed: u64,
}
impl Entity for Parcel {
    const KIND: &'static str = "parcel";
}

/// Two events for each order, in the sequence of its article's parcel.
struct Pack;
impl Handler for Pack {
    const NAME: &str = "pack";
    type Event = OrderPlaced;
    type Emits = (ParcelPacked, ParcelMoved);
    async fn handle(
        &self,
        order: &Envelope<OrderPlaced>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        let sku = &order.data.sku;
        let mut parcel = match unit.load::<Parcel>(sku).await? {
            Some(parcel) => parcel,
            None => unit.create(sku, Parcel::default()),
        };
        parcel.packed += 1;
        unit.emit_in_sequence(ParcelPacked { order: order.id.clone() }, &mut parcel);
        unit.emit_in_sequence(ParcelMoved { station: "depot".to_owned() }, &mut parcel);
        match &*order.data.currency {
            "DELETED" => unit.delete(parcel),
            "UNSAVED" => {}
            _ => unit.save(parcel),
        }
        Ok(())
    }
}

/// The aggregate: its state never changes, its sequence does.
struct PackPurely;
impl Aggregate for PackPurely {
    const NAME: &'static str = "pack";
    type State = Parcel;
    type Decides = (OrderPlaced,);
    type Emits = (ParcelPacked, ParcelMoved);
    type Refusal = Infallible;
}
impl Decide<OrderPlaced> for PackPurely {
    fn key(event: &OrderPlaced) -> Cow<'_, str> {
        Cow::Borrowed(&event.sku)
    }
    fn decide(
        &self,
        state: &mut Option<Parcel>,
        order: &Envelope<OrderPlaced>,
        out: &mut Out<Self>,
    ) -> Result<(), Refusal<Infallible>> {
        state.get_or_insert_default();
        out.emit_in_sequence(ParcelPacked { order: order.id.clone() });
        out.emit_in_sequence(ParcelMoved { station: "depot".to_owned() });
        Ok(())
    }
}

/// The count of an entity's events is dense over batches, folded commits, duplicates, failures and
/// racing functions.
pub async fn s34_what_is_emitted_about_one_entity_is_counted_densely(env: &impl ContractEnv) {
    let services = [Service::new("shipping").handler(Pack), Service::new("shipping").aggregate(PackPurely)];
    for service in services {
        let consumer = service.catalog()[0].consumer();
        let world = World::of(env).await;
        let functions = [world.function(service.clone()), world.function(service)];
        let all: Vec<_> = (0..30).map(|n| record(&format!("m-{n}"), &order(&format!("o-{n}"), 1))).collect();
        let dead_letters = RecordedDeadLetters::default();
        let batches = [
            functions[0].batch(&all[..20], &dead_letters, Policy::default()),
            functions[1].batch(&all[10..], &dead_letters, Policy::default()),
        ];
        futures_util::future::join_all(batches).await;
        // A record that lost too many races is delivered again.
        functions[0].batch(&all, &dead_letters, Policy::default()).await;
        let mut numbers = Vec::new();
        for n in 0..30 {
            for emission in world.emitted(&consumer, &order(&format!("o-{n}"), 1)).await {
                let raw = Raw::parse(emission.envelope.get()).expect("an outbox holds envelopes");
                let (subject, number) = raw.sequence().expect("it was emitted in sequence");
                assert_eq!(subject, "parcel#hat/Größe %235");
                numbers.push(number);
            }
        }
        assert!(numbers.chunks(2).all(|pair| pair[1] == pair[0] + 1), "two of one event are neighbours");
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=60).collect::<Vec<_>>());
        assert!(dead_letters.recorded().is_empty());
    }
}

/// A unit that would lose a count fails at once, before anything is written, with an error for the
/// handler's author.
pub async fn s34_a_count_that_would_be_lost_fails_its_run(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.function(Service::new("shipping").handler(Pack));
    for (currency, reason) in [("UNSAVED", "was not saved afterwards"), ("DELETED", "cannot be deleted")] {
        let mut raw = order_of(currency, "hat");
        let data = raw.data.get().replace("CHF", currency);
        raw.data = serde_json::value::RawValue::from_string(data).expect("it is JSON");
        let failure = function.deliver(&raw).await.expect_err("a mistake of the handler");
        assert!(failure.is_permanent() && failure.to_string().contains(reason), "{failure}");
        assert!(world.receipt("shipping/pack", &raw).await.is_none());
    }
}

/// An event with a cursor costs one item more, in the same two requests.
pub async fn c1_a_cursor_joins_the_read_and_the_write(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.cold(Service::new("tracking").aggregate(FollowPurely));
    for (number, counts) in [(1, (1, 1)), (2, (2, 2)), (1, (3, 2))] {
        let _outcome = function.deliver(&moved(number)).await.unwrap();
        assert_eq!(function.line.counts(), counts);
    }
    let outcomes =
        function.batch(&arrived(&[3], 1), &RecordedDeadLetters::default(), Policy::default()).await.1;
    assert!(matches!(outcomes[..], [RecordOutcome::Done(Some(Outcome::Applied))]));
    assert_eq!(function.line.counts(), (4, 3));
}

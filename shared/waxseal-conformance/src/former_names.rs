//! Handlers that are renamed: their receipts go on.

use std::{borrow::Cow, convert::Infallible, time::Duration};

use super::{
    domain::{
        Announce, Charge, KEY_TTL, LEASE, Ledger, OrderPlaced, PaymentCaptured, Reserve, SKU, Script, Stock,
        StockReserved, Tally, announcing, charging, counting, order, reserving,
    },
    env::ContractEnv,
    world::{RecordedDeadLetters, World, record, redriven},
};
use waxseal::{
    Aggregate, Attempt, Decide, Effect, EffectOutcome, Envelope, Failure, Fault, Handler, Out, Outcome, Raw,
    Refusal, Release, Released, Service, Unit,
    batch::{Policy, Record},
    row::Status,
};

/// A handler under a new name.
struct Renamed<H>(H);
impl<H: Handler> Handler for Renamed<H> {
    const NAME: &'static str = "renamed";
    const FORMER_NAMES: &'static [&'static str] = &[H::NAME];
    type Event = H::Event;
    type Emits = H::Emits;
    async fn handle(&self, event: &Envelope<H::Event>, unit: &mut Unit<'_, H::Emits>) -> Result<(), Fault> {
        self.0.handle(event, unit).await
    }
}

/// An effect under a new name.
struct ChargeCard(Charge);
impl Effect for ChargeCard {
    const NAME: &str = "charge-card";
    const FORMER_NAMES: &'static [&'static str] = &["charge"];
    const KEY_TTL: Duration = KEY_TTL;
    const LEASE: Option<Duration> = Some(LEASE);
    type Event = OrderPlaced;
    type Emits = (PaymentCaptured,);
    async fn act(
        &self,
        order: &Envelope<OrderPlaced>,
        attempt: &Attempt<'_>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        self.0.act(order, attempt, unit).await
    }
}

/// An aggregate under a new name, which was [`Count`](super::domain::Count).
struct Counters;
impl Aggregate for Counters {
    const NAME: &'static str = "counters";
    const FORMER_NAMES: &'static [&'static str] = &["count"];
    type State = Tally;
    type Decides = (OrderPlaced,);
    type Emits = (StockReserved,);
    type Refusal = Infallible;
}
impl Decide<OrderPlaced> for Counters {
    fn key(order: &OrderPlaced) -> Cow<'_, str> {
        Cow::Borrowed(&order.sku)
    }
    fn decide(
        &self,
        tally: &mut Option<Tally>,
        order: &Envelope<OrderPlaced>,
        out: &mut Out<Self>,
    ) -> Result<(), Refusal<Infallible>> {
        tally.get_or_insert_default().orders += 1;
        out.emit(StockReserved { order: order.id.clone(), left: -1 });
        Ok(())
    }
}

/// The same without a former name: a later build, from which the old name has gone.
struct LaterCounters;
impl Aggregate for LaterCounters {
    const NAME: &'static str = "counters";
    type State = Tally;
    type Decides = (OrderPlaced,);
    type Emits = (StockReserved,);
    type Refusal = Infallible;
}
impl Decide<OrderPlaced> for LaterCounters {
    fn key(order: &OrderPlaced) -> Cow<'_, str> {
        Cow::Borrowed(&order.sku)
    }
    fn decide(
        &self,
        tally: &mut Option<Tally>,
        order: &Envelope<OrderPlaced>,
        out: &mut Out<Self>,
    ) -> Result<(), Refusal<Infallible>> {
        Counters.decide(tally, order, &mut Out::default())?;
        out.emit(StockReserved { order: order.id.clone(), left: -1 });
        Ok(())
    }
}

fn announcing_anew(script: &Script) -> Service {
    Service::new("inventory").handler(Renamed(Announce(script.clone())))
}
fn reserving_anew(script: &Script) -> Service {
    Service::new("inventory").handler(Renamed(Reserve(script.clone())))
}
fn counting_anew() -> Service {
    Service::new("inventory").aggregate(Counters)
}
fn charging_anew(script: &Script) -> Service {
    Service::new("payment").effect(ChargeCard(Charge(script.clone())))
}

/// Each form: the old build, the new one, and the consumer of its receipts.
fn builds(script: &Script) -> [(Service, Service, &'static str); 4] {
    [
        (announcing(script), announcing_anew(script), "inventory/announce"),
        (reserving(script), reserving_anew(script), "inventory/reserve"),
        (counting(), counting_anew(), "inventory/count/order.placed"),
        (charging(script), charging_anew(script), "payment/charge"),
    ]
}

fn records(ids: impl Iterator<Item = u32>) -> Vec<Record> {
    ids.map(|n| record(&format!("m-{n}"), &order(&format!("o-{n}"), 1))).collect()
}

/// A message that an old build handled is a duplicate for the new one, alone and in a batch, and
/// the other way round.
pub async fn s49_what_took_effect_under_a_former_name_is_a_duplicate(env: &impl ContractEnv) {
    let script = Script::default();
    for (old, new, consumer) in builds(&script) {
        let world = World::of(env).await;
        let (old, new) = (world.cold(old), world.cold(new));
        assert_eq!(old.deliver(&order("o-1", 1)).await.unwrap(), Outcome::Applied);
        assert_eq!(new.deliver(&order("o-1", 1)).await.unwrap(), Outcome::Duplicate, "{consumer}");
        assert_eq!(new.deliver(&order("o-2", 1)).await.unwrap(), Outcome::Applied);
        assert_eq!(old.deliver(&order("o-2", 1)).await.unwrap(), Outcome::Duplicate, "{consumer}");
        old.batch(&records(3..6), &RecordedDeadLetters::default(), Policy::default()).await;
        let dead_letters = RecordedDeadLetters::default();
        let (failed, verdicts) = new.batch(&records(1..9), &dead_letters, Policy::default()).await;
        assert!(failed.is_empty() && dead_letters.recorded().is_empty(), "{consumer}: {verdicts:?}");
        let (_, verdicts) = old.batch(&records(1..9), &dead_letters, Policy::default()).await;
        let again = format!("{verdicts:?}");
        assert_eq!(again.matches("Duplicate").count(), 8, "{consumer}: {again}");
        for n in 1..9 {
            let emitted = world.emitted(consumer, &order(&format!("o-{n}"), 1)).await;
            assert_eq!(emitted.len(), 1, "{consumer}: o-{n}");
        }
        assert_eq!(applied(&world, consumer).await, 8, "{consumer}");
    }
}

/// How often orders took effect, where the form keeps a state; 8 where it keeps none.
async fn applied<T: waxseal::Table + Clone>(world: &World<T>, consumer: &str) -> i64 {
    match consumer {
        "inventory/reserve" => 100 - world.entity::<Stock>(SKU).await.unwrap().on_hand,
        "inventory/count/order.placed" => {
            i64::try_from(world.entity::<Tally>(SKU).await.unwrap().orders).unwrap()
        }
        "payment/charge" => world.entity::<Ledger>("CHF").await.unwrap().captured / 1250,
        _ => 8,
    }
}

/// An old build and a new one run at once, on the same messages: each takes effect in exactly one of them.
pub async fn s49_of_an_old_and_a_new_build_at_once_exactly_one_takes_effect(env: &impl ContractEnv) {
    let script = Script::default();
    for (old, new, consumer) in builds(&script) {
        let world = World::of(env).await;
        let functions = [
            world.cold(old.clone()),
            world.cold(new.clone()),
            world.cold(old.clone()),
            world.cold(new.clone()),
        ];
        let messages: Vec<Raw> = (0..8).map(|n| order(&format!("o-{n}"), 1)).collect();
        let racers = functions.iter().flat_map(|function| messages.iter().map(|raw| function.deliver(raw)));
        let outcomes = futures_util::future::join_all(racers).await;
        let took = |outcome: &Result<Outcome, Failure>| matches!(outcome, Ok(Outcome::Applied));
        assert_eq!(outcomes.iter().filter(|outcome| took(outcome)).count(), 8, "{consumer}: {outcomes:?}");
        assert_eq!(applied(&world, consumer).await, 8, "{consumer}");

        // In batches, while the other one writes between their reads and their writes.
        let world = World::of(env).await;
        let (first, second) = (world.cold(new.clone()), world.cold(old.clone()));
        first.line.meanwhile(async move {
            second.batch(&records(0..4), &RecordedDeadLetters::default(), Policy::default()).await;
        });
        let dead_letters = RecordedDeadLetters::default();
        let (failed, _) = first.batch(&records(0..8), &dead_letters, Policy::default()).await;
        let (again, verdicts) = first.batch(&records(0..8), &dead_letters, Policy::default()).await;
        assert!(
            again.is_empty() && dead_letters.recorded().is_empty(),
            "{consumer}: {failed:?}, then {verdicts:?}"
        );
        assert_eq!(applied(&world, consumer).await, 8, "{consumer}");
    }
}

/// A lease of the old build is taken over under its name: the attempt counts on, the keys stay.
pub async fn s49_a_lease_under_a_former_name_is_taken_over_with_its_keys(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let script = Script::default();
    let (old, new) = (world.cold(charging(&script)), world.cold(charging_anew(&script)));
    let raw = order("o-1", 1);
    let crashed = world.line();
    let dead = {
        let crashed = crashed.clone();
        Script::new(move |_| {
            crashed.cut();
            std::future::ready(Ok(()))
        })
    };
    let first = world.function_on(crashed, charging(&dead), waxseal::Settings::default());
    assert!(first.deliver(&raw).await.is_err(), "it acts, and dies before it commits");
    assert!(matches!(new.deliver(&raw).await, Err(Failure::InProgress { .. })));
    world.clock.pass(LEASE);
    assert_eq!(new.deliver(&raw).await.unwrap(), Outcome::Applied);
    let (before, after) = (dead.entered(), script.entered());
    assert_eq!((before[0].attempt, after[0].attempt), (1, 2));
    assert_eq!(before[0].keys, after[0].keys, "the outside knows the charge again");
    assert_eq!(old.deliver(&raw).await.unwrap(), Outcome::Duplicate);
    assert_eq!(script.runs(), 1);
}

/// A failure under a former name is remembered, and released by the old build's dead letter or by a person under either name.
pub async fn s49_a_failure_under_a_former_name_is_released_under_the_new_one(env: &impl ContractEnv) {
    let refuse = Script::deciding(|_| Err(Fault::permanent("the card is unknown").may_have_acted()));
    let world = World::of(env).await;
    let script = Script::default();
    let (old, new) = (world.cold(charging(&refuse)), world.cold(charging_anew(&script)));
    let dead_letters = RecordedDeadLetters::default();
    let record = record("m-1", &order("o-1", 1));
    old.batch(std::slice::from_ref(&record), &dead_letters, Policy::default()).await;
    let failure = new.deliver(&order("o-1", 1)).await.expect_err("it failed for good");
    assert!(matches!(failure, Failure::Remembered { .. }), "{failure}");

    let redriven = redriven(&dead_letters.recorded()[0]);
    let (failed, verdicts) =
        new.batch(std::slice::from_ref(&redriven), &RecordedDeadLetters::default(), Policy::default()).await;
    assert!(failed.is_empty(), "{verdicts:?}");
    assert_eq!((refuse.entered()[0].keys.clone(), script.runs()), (script.entered()[0].keys.clone(), 1));

    for (id, name) in [("o-2", "charge"), ("o-3", "charge-card")] {
        let raw = order(id, 1);
        assert!(old.deliver(&raw).await.is_err());
        let release = Release::new("orders", id, name, EffectOutcome::NotDone);
        assert_eq!(new.engine.release(&release).await.unwrap(), Released::ActsAgain);
        assert_eq!(new.deliver(&raw).await.unwrap(), Outcome::Applied);
    }
}

/// Every name has a completed receipt, so a build from which the old name has gone knows what took effect before. A receipt
/// of the new name alone, of a build that did not say the old one, counts too.
pub async fn s49_a_former_name_can_leave_the_list(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let renamed = world.cold(counting_anew());
    let later = world.cold(Service::new("inventory").aggregate(LaterCounters));
    assert_eq!(renamed.deliver(&order("o-1", 1)).await.unwrap(), Outcome::Applied);
    renamed.batch(&records(2..5), &RecordedDeadLetters::default(), Policy::default()).await;
    for n in 1..5 {
        let raw = order(&format!("o-{n}"), 1);
        assert_eq!(later.deliver(&raw).await.unwrap(), Outcome::Duplicate);
        let copy = world.receipt("inventory/counters/order.placed", &raw).await.unwrap();
        assert!(copy.status == Status::Completed);
        assert!(world.emitted("inventory/counters/order.placed", &raw).await.is_empty(), "published once");
    }
    assert_eq!(later.deliver(&order("o-5", 1)).await.unwrap(), Outcome::Applied);
    assert_eq!(renamed.deliver(&order("o-5", 1)).await.unwrap(), Outcome::Duplicate);
    let (_, verdicts) =
        renamed.batch(&records(5..7), &RecordedDeadLetters::default(), Policy::default()).await;
    assert!(format!("{verdicts:?}").contains("Duplicate"), "{verdicts:?}");
    assert_eq!(world.entity::<Tally>(SKU).await, Some(Tally { orders: 6 }));
}

/// The price of a former name: one item more in the read that is made anyway, or one read, and one item more in the write.
pub async fn c1_a_former_name_joins_the_read_and_the_write(env: &impl ContractEnv) {
    let script = Script::default();
    for (service, price) in [
        (announcing_anew(&script), (1, 1)),
        (counting_anew(), (1, 1)),
        (reserving_anew(&script), (2, 1)),
        (charging_anew(&script), (2, 2)),
    ] {
        let world = World::of(env).await;
        let function = world.cold(service);
        function.deliver(&order("o-1", 1)).await.unwrap();
        assert_eq!(function.line.counts(), price);
    }
    let world = World::of(env).await;
    let function = world.cold(counting_anew());
    function.batch(&records(0..40), &RecordedDeadLetters::default(), Policy::default()).await;
    assert_eq!(function.line.counts(), (1, 1), "80 receipts and a state fit one write");
}

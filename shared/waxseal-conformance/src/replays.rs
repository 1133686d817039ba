//! Replays from an archive: a reacting handler suppresses their events, and a rebuilding handler
//! counts them anew.

use std::convert::Infallible;

use super::{
    domain::{OrderPlaced, SKU, Script, Stock, StockReserved, Tally, counting, order, reserving},
    env::ContractEnv,
    world::{RecordedDeadLetters, World, record},
};
use waxseal::{
    Aggregate, Decide, Envelope, Fault, Handler, Out, Outcome, Raw, Refusal, Replay, Service, Unit,
    batch::{Policy, Record},
};

/// The same event in a replay.
fn replayed(replay: &str, raw: &Raw) -> Raw {
    let mut raw = raw.clone();
    raw.set_replay(Some(replay.to_owned()));
    raw
}

/// Counts orders and emits the count; it rebuilds.
struct Recount;
impl Aggregate for Recount {
    const NAME: &'static str = "recount";
    type State = Tally;
    type Decides = (OrderPlaced,);
    type Emits = (StockReserved,);
    type Refusal = Infallible;
}
impl Decide<OrderPlaced> for Recount {
    const REPLAY: Replay = Replay::Rebuild;
    fn key(event: &OrderPlaced) -> std::borrow::Cow<'_, str> {
        std::borrow::Cow::Borrowed(&event.sku)
    }
    fn decide(
        &self,
        tally: &mut Option<Tally>,
        order: &Envelope<OrderPlaced>,
        out: &mut Out<Self>,
    ) -> Result<(), Refusal<Infallible>> {
        let tally = tally.get_or_insert_default();
        tally.orders += 1;
        out.emit(StockReserved { order: order.id.clone(), left: 0 });
        Ok(())
    }
}

/// The same as a handler written by hand.
struct Restock;
impl Handler for Restock {
    const NAME: &str = "restock";
    type Event = OrderPlaced;
    type Emits = (StockReserved,);
    const REPLAY: Replay = Replay::Rebuild;
    async fn handle(
        &self,
        order: &Envelope<OrderPlaced>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        let sku = &order.data.sku;
        let mut stock = match unit.load::<Stock>(sku).await? {
            Some(stock) => stock,
            None => unit.create(sku, Stock { on_hand: 0 }),
        };
        stock.on_hand += 1;
        unit.save(stock);
        unit.emit(StockReserved { order: order.id.clone(), left: 0 });
        Ok(())
    }
}

/// By default a replay changes nothing for a handler that has seen its events, and delivers the
/// missed ones to a handler that has not.
pub async fn s40_completed_events_stay_suppressed_in_a_replay(env: &impl ContractEnv) {
    for service in [counting(), reserving(&Script::default())] {
        let world = World::of(env).await;
        let function = world.function(service.clone());
        let raw = order("o-1", 1);
        assert_eq!(function.deliver(&raw).await.unwrap(), Outcome::Applied);
        let cold = world.cold(service);
        assert_eq!(cold.deliver(&replayed("after-the-outage", &raw)).await.unwrap(), Outcome::Duplicate);
        let missed = replayed("after-the-outage", &order("o-2", 1));
        assert_eq!(cold.deliver(&missed).await.unwrap(), Outcome::Applied);
        assert_eq!(function.deliver(&order("o-2", 1)).await.unwrap(), Outcome::Duplicate);
    }
}

/// A rebuilding handler has receipts and state of its own for each replay; it emits nothing, since
/// the live run already did.
pub async fn s40_a_rebuild_has_its_own_receipts_and_state_and_emits_nothing(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let service = || Service::new("inventory").aggregate(Recount).handler(Restock);
    let function = world.function(service());
    let live: Vec<Raw> = (0..5).map(|n| order(&format!("o-{n}"), 1)).collect();
    for raw in &live {
        assert_eq!(function.deliver(raw).await.unwrap(), Outcome::Applied);
    }
    // The replay delivers each event twice, out of order, in one batch and by a cold function, with
    // a live one in between.
    let again = |replay| live.iter().rev().chain(&live).map(move |raw| replayed(replay, raw));
    let records: Vec<Record> = again("first")
        .chain([live[0].clone(), order("o-5", 1)])
        .enumerate()
        .map(|(n, raw)| record(&format!("m-{n}"), &raw))
        .collect();
    let (failed, outcomes) =
        world.cold(service()).batch(&records, &RecordedDeadLetters::default(), Policy::default()).await;
    assert_eq!(failed, Vec::<String>::new(), "{outcomes:?}");
    for raw in again("second").take(3) {
        assert_eq!(function.deliver(&raw).await.unwrap(), Outcome::Applied);
    }

    let engine = &function.engine;
    for (replay, orders) in [("first", 5), ("second", 3)] {
        let tally = engine.read_replayed::<Tally>(replay, SKU).await.unwrap();
        assert_eq!(tally, Some(Tally { orders }), "{replay}");
        let stock = engine.read_replayed::<Stock>(replay, SKU).await.unwrap().unwrap();
        assert_eq!(stock.on_hand, i64::try_from(orders).unwrap(), "{replay}");
    }
    assert_eq!(engine.read_replayed::<Tally>("third", SKU).await.unwrap(), None);
    // The live events: six orders, with their emissions once.
    assert_eq!(engine.read::<Tally>(SKU).await.unwrap(), Some(Tally { orders: 6 }));
    for consumer in ["inventory/recount/order.placed", "inventory/restock"] {
        assert_eq!(world.emitted(consumer, &live[0]).await.len(), 1);
        let key = waxseal::row::receipt::key(consumer, "orders", "o-0").replayed(Some("first"));
        let receipt = world.item(&key).await.expect("a receipt of the replay's own");
        assert_eq!(receipt.get_text(waxseal::table::attribute::EMITTED), None);
    }
}

/// No name of a replay and no id reaches into another namespace.
pub async fn s40_namespaces_never_meet(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.function(Service::new("inventory").aggregate(Recount));
    let spellings = ["o-1", "o-1#replay%23a", "o-1#a", "o-1%23replay%2523a"];
    for id in spellings {
        for replay in [None, Some("a"), Some("b")] {
            let raw = order(id, 1);
            let raw = replay.map_or(raw.clone(), |replay| replayed(replay, &raw));
            assert_eq!(function.deliver(&raw).await.unwrap(), Outcome::Applied, "{id} {replay:?}");
        }
    }
    for tally in [
        function.engine.read::<Tally>(SKU).await.unwrap(),
        function.engine.read_replayed::<Tally>("a", SKU).await.unwrap(),
    ] {
        assert_eq!(tally, Some(Tally { orders: 4 }));
    }
}

//! A handler that writes an entity without loading it gets an error that names the mistake, not a
//! lost race.

use std::time::Duration;

use super::{
    domain::{OrderPlaced, Script, Stock, StockReserved, order, order_of, reserving},
    env::ContractEnv,
    world::{RecordedDeadLetters, World, record},
};
use waxseal::{
    Attempt, Effect, Entity, Envelope, Failure, Fault, Handler, Outcome, Service, Unit, batch::Policy,
};

/// Creates stock, even where it exists.
fn restock(script: &Script, order: &OrderPlaced, unit: &mut Unit<'_, (StockReserved,)>) {
    unit.save(unit.create(&order.sku, Stock { on_hand: i64::from(order.quantity) }));
    unit.emit(StockReserved { order: order.sku.clone(), left: i64::try_from(script.runs()).unwrap_or(-1) });
}

struct Restock(Script);
impl Handler for Restock {
    const NAME: &str = "restock";
    type Event = OrderPlaced;
    type Emits = (StockReserved,);
    async fn handle(
        &self,
        order: &Envelope<OrderPlaced>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        self.0.enter(order, None).await?;
        restock(&self.0, &order.data, unit);
        Ok(())
    }
}

struct RestockOutside(Script);
impl Effect for RestockOutside {
    const NAME: &str = "restock-outside";
    const KEY_TTL: Duration = Duration::from_hours(24);
    type Event = OrderPlaced;
    type Emits = (StockReserved,);
    async fn act(
        &self,
        order: &Envelope<OrderPlaced>,
        attempt: &Attempt<'_>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        self.0.enter(order, Some(attempt)).await?;
        restock(&self.0, &order.data, unit);
        Ok(())
    }
}

/// Loads an entity and creates it nevertheless, without a receipt.
struct Overwrite(Script);
impl Handler for Overwrite {
    const NAME: &str = "overwrite";
    type Event = OrderPlaced;
    type Emits = ();
    async fn handle(&self, order: &Envelope<OrderPlaced>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
        self.0.enter(order, None).await?;
        let _ = unit.load::<Stock>(&order.data.sku).await?;
        unit.save(unit.create(&order.data.sku, Stock { on_hand: i64::from(order.data.quantity) }));
        Ok(())
    }
}

struct Discard;
impl Handler for Discard {
    const NAME: &str = "discard";
    type Event = OrderPlaced;
    type Emits = ();
    async fn handle(&self, order: &Envelope<OrderPlaced>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
        match unit.load::<Stock>(&order.data.sku).await? {
            Some(stock) => unit.delete(stock),
            None => return Err(Fault::permanent("no stock")),
        }
        Ok(())
    }
}

fn assert_names(failure: &Failure, sku: &str) {
    let text = failure.to_string();
    let id = sku.replace('#', "%23");
    for part in [
        &*format!("entity {}#{id} / state exists already", Stock::KIND),
        "load it first",
        "create it only where",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text:?}");
    }
    assert!(matches!(failure, Failure::NotLoaded { exists: true, .. }) && !failure.is_permanent(), "{text}");
}

/// The error names an entity that is created although it exists, and the remedy, after two runs.
/// Once the entity is deleted the same message takes effect.
pub async fn c2_an_entity_created_without_being_loaded_is_named(env: &impl ContractEnv) {
    type Make = fn(&Script) -> Service;
    let modes: [(Make, &str); 3] = [
        (|script| Service::new("inventory").handler(Restock(script.clone())), "inventory/restock"),
        (
            |script| Service::new("inventory").effect(RestockOutside(script.clone())),
            "inventory/restock-outside",
        ),
        (|script| Service::new("inventory").naturally_idempotent(Overwrite(script.clone())), ""),
    ];
    for (service, consumer) in modes {
        let world = World::of(env).await;
        world.function(reserving(&Script::default())).deliver(&order("o-1", 1)).await.unwrap();
        let script = Script::default();
        let (function, raw) = (world.function(service(&script)), order("o-2", 7));
        assert_names(&function.deliver(&raw).await.unwrap_err(), super::domain::SKU);
        assert_eq!(script.runs(), 2, "{consumer}: a third run would find the same");
        assert_eq!(world.entity(super::domain::SKU).await, Some(Stock { on_hand: 99 }));
        assert!(world.emitted(consumer, &raw).await.is_empty());

        let discard = world.function(Service::new("inventory").handler(Discard));
        assert_eq!(discard.deliver(&order("o-3", 1)).await.unwrap(), Outcome::Applied);
        assert_eq!(function.deliver(&raw).await.unwrap(), Outcome::Applied, "{consumer}");
        assert_eq!(world.entity(super::domain::SKU).await, Some(Stock { on_hand: 7 }));
    }
}

/// In a batch the first record that creates the entity takes effect, and the second fails with the
/// entity's name. A third record is not concerned.
pub async fn c2_of_two_records_that_create_one_entity_the_second_is_named(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.function(Service::new("inventory").handler(Restock(Script::default())));
    let records = [
        record("m1", &order_of("o-1", "hat")),
        record("m2", &order_of("o-2", "hat")),
        record("m3", &order_of("o-3", "scarf")),
    ];
    let dead_letters = RecordedDeadLetters::default();
    let (failed, _) = function.batch(&records, &dead_letters, Policy::default()).await;
    assert_eq!(failed, ["m2"]);
    assert!(dead_letters.recorded().is_empty(), "it may be deleted meanwhile");
    assert_names(&function.deliver(&order_of("o-2", "hat")).await.unwrap_err(), "hat");
    assert_eq!(world.entity("scarf").await, Some(Stock { on_hand: 1 }));
}

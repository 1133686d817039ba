//! The limits of one write request are checked before anything is sent, and a commit writes exactly
//! what its unit staged.

use serde::{Deserialize, Serialize};

use super::{
    domain::{OrderPlaced, Script, Stock, StockReserved, order},
    env::ContractEnv,
    world::World,
};
use waxseal::{
    Entity, Envelope, Failure, Fault, Handler, Outcome, Service, Unit,
    row::{receipt, state},
    table::TooLarge,
};

#[derive(Serialize, Deserialize)]
struct Page {
    text: String,
}
impl Entity for Page {
    const KIND: &'static str = "page";
}

/// Saves a number of entities of one size.
struct Fill {
    entities: usize,
    bytes: usize,
}
impl Handler for Fill {
    const NAME: &str = "fill";
    type Event = OrderPlaced;
    type Emits = ();
    async fn handle(&self, _: &Envelope<OrderPlaced>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
        for n in 0..self.entities {
            let page = unit.create(&format!("{n:03}"), Page { text: "x".repeat(self.bytes) });
            unit.save(page);
        }
        Ok(())
    }
}

/// Emits a number of events of one size.
struct Shout {
    events: usize,
    bytes: usize,
}
impl Handler for Shout {
    const NAME: &str = "shout";
    type Event = OrderPlaced;
    type Emits = (StockReserved,);
    async fn handle(&self, _: &Envelope<OrderPlaced>, unit: &mut Unit<'_, Self::Emits>) -> Result<(), Fault> {
        for _ in 0..self.events {
            unit.emit(StockReserved { order: "x".repeat(self.bytes), left: 0 });
        }
        Ok(())
    }
}

/// A unit that exceeds one request fails for good, names the item, and writes nothing.
pub async fn c2_a_unit_too_large_to_commit_fails_for_good_and_names_the_item(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let raw = order("o-2", 1);
    let page = state::key::<Page>("000");
    let too_large = async |service: Service| {
        let failure = world.function(service).deliver(&raw).await.unwrap_err();
        assert!(failure.is_permanent(), "{failure}");
        assert!(world.receipt("inventory/fill", &raw).await.is_none() && world.item(&page).await.is_none());
        match failure {
            Failure::TooLarge(limit) => limit,
            other => panic!("expected a limit, not {other:?}"),
        }
    };
    let fill = |entities, bytes| Service::new("inventory").handler(Fill { entities, bytes });
    assert_eq!(too_large(fill(100, 1)).await, TooLarge::Actions { count: 101 });
    let item = too_large(fill(1, 400 * 1024)).await;
    assert!(matches!(&item, TooLarge::Item { key, .. } if *key == page), "{item}");
    let all = too_large(fill(12, 390_000)).await;
    assert!(
        matches!(&all, TooLarge::Commit { largest, .. } if largest.partition.starts_with("page#")),
        "{all}"
    );
    // Emitted events are stored in the receipt, so the receipt grows.
    let shout = Service::new("inventory").handler(Shout { events: 3, bytes: 200_000 });
    let outbox = too_large(shout).await;
    let key = receipt::key("inventory/shout", &raw.source, &raw.id);
    assert!(matches!(&outbox, TooLarge::Item { key: item, .. } if *item == key), "{outbox}");

    assert_eq!(world.function(fill(99, 1)).deliver(&raw).await.unwrap(), Outcome::Applied);
    assert!(world.item(&state::key::<Page>("098")).await.is_some());
}

/// Deletes an entity and starts it anew, in one unit.
struct Renew;
impl Handler for Renew {
    const NAME: &str = "renew";
    type Event = OrderPlaced;
    type Emits = ();
    async fn handle(&self, order: &Envelope<OrderPlaced>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
        let sku = &order.data.sku;
        if let Some(stock) = unit.load::<Stock>(sku).await? {
            unit.delete(stock);
        }
        assert!(unit.load::<Stock>(sku).await?.is_none(), "a unit reads what it staged");
        let mut stock = unit.create(sku, Stock { on_hand: 1 });
        stock.on_hand += 1;
        unit.save(stock);
        Ok(())
    }
}

/// A deleted entity can be created again in the same unit, guarded by the version that was read.
pub async fn c2_deleted_and_created_again_in_one_unit(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let sku = super::domain::SKU;
    let seed = world.function(super::domain::reserving(&Script::default()));
    seed.deliver(&order("o-1", 1)).await.unwrap();
    let function = world.function(Service::new("inventory").handler(Renew));
    assert_eq!(function.deliver(&order("o-2", 1)).await.unwrap(), Outcome::Applied);
    assert_eq!(world.entity(sku).await, Some(Stock { on_hand: 2 }));
    let item = world.item(&state::key::<Stock>(sku)).await.unwrap();
    assert_eq!(item.get_number(waxseal::table::attribute::VERSION), Some(2), "versions never go back");
}

/// Changes an entity on condition that another one is unchanged.
struct Guarded(Script);
impl Handler for Guarded {
    const NAME: &str = "guarded";
    type Event = OrderPlaced;
    type Emits = (StockReserved,);
    async fn handle(
        &self,
        order: &Envelope<OrderPlaced>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        let stock = unit.load::<Stock>(&order.data.sku).await?.ok_or_else(|| Fault::permanent("no stock"))?;
        unit.require_unchanged(&stock);
        self.0.enter(order, None).await?;
        unit.emit(StockReserved { order: order.id.clone(), left: stock.on_hand });
        Ok(())
    }
}

/// An entity that was only read guards the commit where the handler asks for it.
pub async fn c2_what_was_read_guards_the_commit_where_asked(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let rival = std::sync::Arc::new(world.function(super::domain::reserving(&Script::default())));
    rival.deliver(&order("o-1", 1)).await.unwrap();
    // It is the same event of the rival each time, so it changes the stock once.
    let script = Script::new({
        let rival = rival.clone();
        move |_| {
            let rival = rival.clone();
            async move {
                rival
                    .deliver(&order("rival", 9))
                    .await
                    .map(|_| ())
                    .map_err(|e| Fault::permanent(e.to_string()))
            }
        }
    });
    let raw = order("o-2", 1);
    let function = world.function(Service::new("inventory").handler(Guarded(script.clone())));
    assert_eq!(function.deliver(&raw).await.unwrap(), Outcome::Applied);
    assert_eq!(script.runs(), 2);
    let emitted = world.emitted("inventory/guarded", &raw).await;
    assert!(emitted[0].envelope.get().contains(r#""left":90"#), "{emitted:?}");
}

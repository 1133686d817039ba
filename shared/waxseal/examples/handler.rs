//! `cargo run --profile ci -p waxseal --example handler`: a handler on a table in memory, and a duplicate.

use std::{error::Error, sync::Arc};

use serde::{Deserialize, Serialize};
use waxseal::{Engine, Entity, Envelope, Fault, Handler, Outcome, Service, Settings, Timestamp, Unit};
use waxseal_testing::{ManualHost, MemoryTable, block_on};

#[derive(Serialize, Deserialize)]
struct OrderPlaced {
    sku: String,
    quantity: u32,
}
waxseal::event!(OrderPlaced { name: "order.placed", version: 1, owner: "orders" });

#[derive(Serialize, Deserialize)]
struct DemandGrew {
    sku: String,
    pieces: u32,
}
waxseal::event!(DemandGrew { name: "demand.grew", version: 1, owner: "purchasing" });

#[derive(Serialize, Deserialize, Default)]
struct Demand {
    pieces: u32,
}
impl Entity for Demand {
    const KIND: &'static str = "demand";
}

struct CountDemand;
impl Handler for CountDemand {
    const NAME: &str = "count-demand";
    type Event = OrderPlaced;
    type Emits = (DemandGrew,);

    async fn handle(
        &self,
        order: &Envelope<OrderPlaced>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        let OrderPlaced { sku, quantity } = &order.data;
        let mut demand = match unit.load::<Demand>(sku).await? {
            Some(demand) => demand,
            None => unit.create(sku, Demand::default()),
        };
        demand.pieces += quantity;
        unit.emit(DemandGrew { sku: sku.clone(), pieces: demand.pieces });
        unit.save(demand);
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let host = Arc::new(ManualHost::new(Timestamp::UNIX_EPOCH));
    let service = Service::new("purchasing").handler(CountDemand);
    let engine = Engine::new(service, MemoryTable::default(), host, Settings::default())?;

    let placed = OrderPlaced { sku: "hat".into(), quantity: 2 };
    let event = Envelope::starting("order-1", "orders", engine.now(), placed).into_raw()?;
    let first = block_on(engine.handle(&event))?;
    let second = block_on(engine.handle(&event))?;
    assert_eq!((first, second), (Outcome::Applied, Outcome::Duplicate));

    let demand = block_on(engine.read::<Demand>("hat"))?.ok_or("no demand")?;
    println!("handled twice, counted once: {} pieces", demand.pieces);
    assert_eq!(demand.pieces, 2);
    Ok(())
}

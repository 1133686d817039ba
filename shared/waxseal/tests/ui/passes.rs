//! What the other fixtures get wrong, right. Being there, it also makes the suite build instead of check: constants
//! that depend on a handler's type are evaluated only then.

use serde::{Deserialize, Serialize};
use waxseal::{Envelope, Fault, Handler, Service, Unit};

#[derive(Serialize, Deserialize)]
struct OrderPlacedV1 {}
#[derive(Serialize, Deserialize)]
struct OrderPlaced {}
impl From<OrderPlacedV1> for OrderPlaced {
    fn from(_: OrderPlacedV1) -> Self {
        Self {}
    }
}
waxseal::event!(OrderPlacedV1 { name: "order.placed", version: 1, owner: "orders" });
waxseal::event!(OrderPlaced { name: "order.placed", version: 2, owner: "orders", previous: OrderPlacedV1 });
#[derive(Serialize, Deserialize)]
struct StockReserved {}
waxseal::event!(StockReserved { name: "stock.reserved", version: 1, owner: "inventory" });
#[derive(Serialize, Deserialize)]
struct ShipOrder {}
waxseal::command!(ShipOrder { name: "ship-order", version: 1, recipient: "shipping" });

struct ReserveStock;
impl Handler for ReserveStock {
    const NAME: &str = "reserve-stock";
    type Event = OrderPlaced;
    type Emits = (StockReserved, ShipOrder);
    async fn handle(&self, _: &Envelope<OrderPlaced>, unit: &mut Unit<'_, Self::Emits>) -> Result<(), Fault> {
        unit.emit(StockReserved {});
        unit.send(ShipOrder {});
        Ok(())
    }
}

fn main() {
    let _ = Service::new("inventory").handler(ReserveStock);
}

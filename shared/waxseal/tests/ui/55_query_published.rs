//! A query is emitted, as if it were an event.

use serde::{Deserialize, Serialize};
use waxseal::{Envelope, Fault, Handler, Unit};

#[derive(Serialize, Deserialize)]
struct OrderPlaced {}
waxseal::event!(OrderPlaced { name: "order.placed", version: 1, owner: "orders" });
#[derive(Serialize, Deserialize)]
struct GetStock {
    sku: String,
}
waxseal::query!(GetStock { name: "get-stock", version: 1, owner: "inventory", path: "/stock/{sku}", answer: u32 });

struct Reserve;
impl Handler for Reserve {
    const NAME: &str = "reserve";
    type Event = OrderPlaced;
    type Emits = ();
    async fn handle(&self, _: &Envelope<OrderPlaced>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
        unit.emit(GetStock { sku: "hat".into() });
        Ok(())
    }
}

fn main() {}

//! A command is emitted, as if any service could read it.

use serde::{Deserialize, Serialize};
use waxseal::{Envelope, Fault, Handler, Unit};

#[derive(Serialize, Deserialize)]
struct OrderPlaced {}
waxseal::event!(OrderPlaced { name: "order.placed", version: 1, owner: "orders" });
#[derive(Serialize, Deserialize)]
struct ShipOrder {}
waxseal::command!(ShipOrder { name: "ship-order", version: 1, recipient: "shipping" });

struct Fulfil;
impl Handler for Fulfil {
    const NAME: &str = "fulfil";
    type Event = OrderPlaced;
    type Emits = (ShipOrder,);
    async fn handle(&self, _: &Envelope<OrderPlaced>, unit: &mut Unit<'_, Self::Emits>) -> Result<(), Fault> {
        unit.emit(ShipOrder {});
        Ok(())
    }
}

fn main() {}

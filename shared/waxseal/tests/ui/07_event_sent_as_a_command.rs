//! An event is sent, as if it had one recipient.

use serde::{Deserialize, Serialize};
use waxseal::{Envelope, Fault, Handler, Unit};

#[derive(Serialize, Deserialize)]
struct OrderPlaced {}
waxseal::event!(OrderPlaced { name: "order.placed", version: 1, owner: "orders" });
#[derive(Serialize, Deserialize)]
struct StockReserved {}
waxseal::event!(StockReserved { name: "stock.reserved", version: 1, owner: "inventory" });

struct ReserveStock;
impl Handler for ReserveStock {
    const NAME: &str = "reserve-stock";
    type Event = OrderPlaced;
    type Emits = (StockReserved,);
    async fn handle(&self, _: &Envelope<OrderPlaced>, unit: &mut Unit<'_, Self::Emits>) -> Result<(), Fault> {
        unit.send(StockReserved {});
        Ok(())
    }
}

fn main() {}

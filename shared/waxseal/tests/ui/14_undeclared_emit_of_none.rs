//! As 01, where none is declared.

use serde::{Deserialize, Serialize};
use waxseal::{Envelope, Fault, Handler, Unit};

#[derive(Serialize, Deserialize)]
struct OrderPlaced {}
waxseal::event!(OrderPlaced { name: "order.placed", version: 1, owner: "orders" });
#[derive(Serialize, Deserialize)]
struct StockReserved {}
waxseal::event!(StockReserved { name: "stock.reserved", version: 1, owner: "inventory" });
#[derive(Serialize, Deserialize)]
struct StockShort {}
waxseal::event!(StockShort { name: "stock.short", version: 1, owner: "inventory" });

struct ReserveStock;
impl Handler for ReserveStock {
    const NAME: &str = "reserve-stock";
    type Event = OrderPlaced;
    type Emits = ();
    async fn handle(&self, _: &Envelope<OrderPlaced>, unit: &mut Unit<'_, Self::Emits>) -> Result<(), Fault> {
        unit.emit(StockShort {});
        Ok(())
    }
}

fn main() {}

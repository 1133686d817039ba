//! A handler holds a value across an `await` that may not change threads.

use std::rc::Rc;

use serde::{Deserialize, Serialize};
use waxseal::{Entity, Envelope, Fault, Handler, Unit};

#[derive(Serialize, Deserialize)]
struct OrderPlaced {}
waxseal::event!(OrderPlaced { name: "order.placed", version: 1, owner: "orders" });
#[derive(Serialize, Deserialize)]
struct Stock {}
impl Entity for Stock {
    const KIND: &'static str = "stock";
}

struct ReserveStock;
impl Handler for ReserveStock {
    const NAME: &str = "reserve-stock";
    type Event = OrderPlaced;
    type Emits = ();
    async fn handle(&self, _: &Envelope<OrderPlaced>, unit: &mut Unit<'_, Self::Emits>) -> Result<(), Fault> {
        let sku = Rc::new("hat".to_owned());
        unit.load::<Stock>(&sku).await?;
        drop(sku);
        Ok(())
    }
}

fn main() {}

//! A struct that no macro has declared is no event.

use serde::{Deserialize, Serialize};
use waxseal::{Envelope, Fault, Handler, Unit};

#[derive(Serialize, Deserialize)]
struct OrderPlaced {}

struct ReserveStock;
impl Handler for ReserveStock {
    const NAME: &str = "reserve-stock";
    type Event = OrderPlaced;
    type Emits = ();
    async fn handle(&self, _: &Envelope<OrderPlaced>, _: &mut Unit<'_, Self::Emits>) -> Result<(), Fault> {
        Ok(())
    }
}

fn main() {}

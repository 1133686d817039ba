//! Each form of reaction has its own registration.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use waxseal::{Attempt, Effect, Envelope, Fault, Service, Unit};

#[derive(Serialize, Deserialize)]
struct OrderPlaced {}
waxseal::event!(OrderPlaced { name: "order.placed", version: 1, owner: "orders" });

struct Charge;
impl Effect for Charge {
    const NAME: &str = "charge";
    const KEY_TTL: Duration = Duration::from_hours(24);
    type Event = OrderPlaced;
    type Emits = ();
    async fn act(&self, _: &Envelope<OrderPlaced>, _: &Attempt<'_>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
        Ok(())
    }
}

fn main() {
    let _ = Service::new("payment").handler(Charge);
}

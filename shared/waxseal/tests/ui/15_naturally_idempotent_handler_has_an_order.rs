//! Without a receipt nothing tells a stale event.

use serde::{Deserialize, Serialize};
use waxseal::{Envelope, Fault, Handler, Sequencing, Service, Unit};

#[derive(Serialize, Deserialize)]
struct ParcelMoved {}
waxseal::event!(ParcelMoved { name: "parcel.moved", version: 1, owner: "shipping" });

struct See;
impl Handler for See {
    const NAME: &str = "see";
    const SEQUENCING: Sequencing = Sequencing::Newest("last-seen");
    type Event = ParcelMoved;
    type Emits = ();
    async fn handle(&self, _: &Envelope<ParcelMoved>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
        Ok(())
    }
}

fn main() {
    let _ = Service::new("tracking").naturally_idempotent(See);
}

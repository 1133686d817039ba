//! A handler filters the events of a sequence that it follows without gaps.

use serde::{Deserialize, Serialize};
use waxseal::{Envelope, Fault, Filter, Handler, Sequencing, Service, Unit};

#[derive(Serialize, Deserialize)]
struct ParcelMoved {
    station: String,
}
waxseal::event!(ParcelMoved { name: "parcel.moved", version: 1, owner: "shipping" });

struct See;
impl Handler for See {
    const NAME: &str = "see";
    const FILTER: Filter = Filter::new(r#"{"station":["Bern"]}"#);
    const SEQUENCING: Sequencing = Sequencing::Gapless("last-seen");
    type Event = ParcelMoved;
    type Emits = ();
    async fn handle(&self, _: &Envelope<ParcelMoved>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
        Ok(())
    }
}

fn main() {
    let _ = Service::new("tracking").handler(See);
}

//! A handler filters a command, which was sent to it alone.

use serde::{Deserialize, Serialize};
use waxseal::{Envelope, Fault, Filter, Handler, Service, Unit};

#[derive(Serialize, Deserialize)]
struct ReserveStock {
    sku: String,
}
waxseal::command!(ReserveStock { name: "reserve-stock", version: 1, recipient: "inventory" });

struct Reserve;
impl Handler for Reserve {
    const NAME: &str = "reserve";
    const FILTER: Filter = Filter::new(r#"{"sku":[{"prefix":"hat"}]}"#);
    type Event = ReserveStock;
    type Emits = ();
    async fn handle(&self, _: &Envelope<ReserveStock>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
        Ok(())
    }
}

fn main() {
    let _ = Service::new("inventory").handler(Reserve);
}

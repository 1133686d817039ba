//! A handler declares that it emits an event of somebody else.

use serde::{Deserialize, Serialize};
use waxseal::{Envelope, Fault, Handler, Service, Unit};

#[derive(Serialize, Deserialize)]
struct OrderPlaced {}
waxseal::event!(OrderPlaced { name: "order.placed", version: 1, owner: "orders" });
#[derive(Serialize, Deserialize)]
struct ObjectCreated {}
waxseal::foreign!(ObjectCreated { detail_type: "Object Created", source: "aws.s3", bus: default });

struct Store;
impl Handler for Store {
    const NAME: &str = "store";
    type Event = OrderPlaced;
    type Emits = (ObjectCreated,);
    async fn handle(&self, _: &Envelope<OrderPlaced>, _: &mut Unit<'_, Self::Emits>) -> Result<(), Fault> {
        Ok(())
    }
}

fn main() {
    let _ = Service::new("orders").handler(Store);
}

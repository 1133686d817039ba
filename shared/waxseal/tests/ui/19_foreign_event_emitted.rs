//! An event of somebody else is emitted.

use serde::{Deserialize, Serialize};
use waxseal::{Envelope, Fault, Handler, Unit};

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
    type Emits = ();
    async fn handle(&self, _: &Envelope<OrderPlaced>, unit: &mut Unit<'_, Self::Emits>) -> Result<(), Fault> {
        unit.emit(ObjectCreated {});
        Ok(())
    }
}

fn main() {}

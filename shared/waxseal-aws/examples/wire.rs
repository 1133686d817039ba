//! `cargo run --profile ci -p waxseal-aws --example wire`: the requests of a handler and of a duplicate, on
//! the true SDK without a network.

use std::{error::Error, sync::Arc};

use serde::{Deserialize, Serialize};
use waxseal::{Engine, Envelope, Fault, Handler, Service, Settings, Timestamp, Unit};
use waxseal_aws::testing::WireTable;
use waxseal_testing::ManualHost;

#[derive(Serialize, Deserialize)]
struct OrderPlaced {
    order: String,
}
waxseal::event!(OrderPlaced { name: "order.placed", version: 1, owner: "orders" });

#[derive(Serialize, Deserialize)]
struct InvoiceDue {
    order: String,
}
waxseal::event!(InvoiceDue { name: "invoice.due", version: 1, owner: "billing" });

struct Bill;
impl Handler for Bill {
    const NAME: &str = "bill";
    type Event = OrderPlaced;
    type Emits = (InvoiceDue,);

    async fn handle(
        &self,
        event: &Envelope<OrderPlaced>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        unit.emit(InvoiceDue { order: event.data.order.clone() });
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let wire = WireTable::new("billing");
    let host = Arc::new(ManualHost::new(Timestamp::UNIX_EPOCH));
    let service = Service::new("billing").handler(Bill);
    let engine = Engine::new(service, wire.table(), host, Settings::default())?;

    let placed = OrderPlaced { order: "o-1".into() };
    let event = Envelope::starting("e-1", "orders", engine.now(), placed).into_raw()?;
    engine.handle(&event).await?;
    engine.handle(&event).await?;
    println!("an event and its duplicate: {:?}", wire.actions());
    assert_eq!(wire.actions(), ["PutItem"], "the warm cache knows the duplicate");
    Ok(())
}

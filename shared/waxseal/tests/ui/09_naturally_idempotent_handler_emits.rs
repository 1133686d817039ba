//! Without a receipt there is no outbox.

use serde::{Deserialize, Serialize};
use waxseal::{Envelope, Fault, Handler, Service, Unit};

#[derive(Serialize, Deserialize)]
struct OrderPlaced {}
waxseal::event!(OrderPlaced { name: "order.placed", version: 1, owner: "orders" });
#[derive(Serialize, Deserialize)]
struct OrderCounted {}
waxseal::event!(OrderCounted { name: "order.counted", version: 1, owner: "analytics" });

struct CountOrders;
impl Handler for CountOrders {
    const NAME: &str = "count-orders";
    type Event = OrderPlaced;
    type Emits = (OrderCounted,);
    async fn handle(&self, _: &Envelope<OrderPlaced>, unit: &mut Unit<'_, Self::Emits>) -> Result<(), Fault> {
        unit.emit(OrderCounted {});
        Ok(())
    }
}

fn main() {
    let _ = Service::new("analytics").naturally_idempotent(CountOrders);
}

//! The previous version belongs to another event.

use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct OrderCancelled {}
#[derive(Serialize, Deserialize)]
struct OrderPlaced {}
impl From<OrderCancelled> for OrderPlaced {
    fn from(_: OrderCancelled) -> Self {
        Self {}
    }
}
waxseal::event!(OrderCancelled { name: "order.cancelled", version: 1, owner: "orders" });
waxseal::event!(OrderPlaced { name: "order.placed", version: 2, owner: "orders", previous: OrderCancelled });

fn main() {}

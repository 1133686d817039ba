//! The second version was never declared.

use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct OrderPlacedV1 {}
#[derive(Serialize, Deserialize)]
struct OrderPlaced {}
impl From<OrderPlacedV1> for OrderPlaced {
    fn from(_: OrderPlacedV1) -> Self {
        Self {}
    }
}
waxseal::event!(OrderPlacedV1 { name: "order.placed", version: 1, owner: "orders" });
waxseal::event!(OrderPlaced { name: "order.placed", version: 3, owner: "orders", previous: OrderPlacedV1 });

fn main() {}

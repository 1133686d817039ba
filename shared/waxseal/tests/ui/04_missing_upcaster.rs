//! No upcaster lifts version 1 to version 2.

use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct OrderPlacedV1 {}
#[derive(Serialize, Deserialize)]
struct OrderPlaced {}
waxseal::event!(OrderPlacedV1 { name: "order.placed", version: 1, owner: "orders" });
waxseal::event!(OrderPlaced { name: "order.placed", version: 2, owner: "orders", previous: OrderPlacedV1 });

fn main() {}

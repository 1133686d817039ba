//! A program that is no function emits an event that a service owns.

use serde::{Deserialize, Serialize};
use waxseal::{PublishingProgram, relay::Messages};

#[derive(Serialize, Deserialize)]
struct OrderPlaced {}
waxseal::event!(OrderPlaced { name: "order.placed", version: 1, owner: "orders" });

struct BillingImport;
impl PublishingProgram for BillingImport {
    const NAME: &str = "billing-import";
    type Emits = (OrderPlaced,);
}

fn main() {
    Messages::<BillingImport>::new().emit("o-1", &OrderPlaced {});
}

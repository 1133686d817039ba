//! `cargo run --profile ci -p waxseal-message --example publisher`: an envelope of a team that only publishes.
//!
//! The output is the `Detail` of a `PutEvents` entry, whose `Source` is the envelope's source and whose
//! `DetailType` is its name.

use std::{error::Error, time::SystemTime};

use serde::{Deserialize, Serialize};
use waxseal_message::{Envelope, Raw, Timestamp};

#[derive(Serialize, Deserialize)]
struct OrderPlaced {
    sku: String,
    quantity: u32,
}
waxseal_message::event!(OrderPlaced { name: "order.placed", version: 1, owner: "orders" });

fn main() -> Result<(), Box<dyn Error>> {
    let placed = OrderPlaced { sku: "hat".into(), quantity: 2 };
    let event = Envelope::starting("order-1", "orders", Timestamp::from(SystemTime::now()), placed);
    let json = serde_json::to_string_pretty(&event)?;
    println!("{json}");
    assert_eq!(Raw::parse(&json)?.name, "order.placed");
    Ok(())
}

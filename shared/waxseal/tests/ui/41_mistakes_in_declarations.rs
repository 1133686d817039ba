//! Each mistake in a declaration has its own text.

use serde::{Deserialize, Serialize};

const OWNER: &str = "orders";

macro_rules! payloads {
    ($($name:ident)*) => { $(#[derive(Serialize, Deserialize)] struct $name { customer: String })* };
}
payloads!(Fine NoName NoVersion NoOwner NoRecipient Twice Unknown Owned Received Channelled Tenant NoComma NoColon Text);

waxseal::event!(Fine { owner: OWNER, version: 1, tenant: |fine| &fine.customer, name: "order.placed" });

waxseal::event!(NoName { version: 1, owner: "orders" });
waxseal::event!(NoVersion { name: "order.placed", owner: "orders" });
waxseal::event!(NoOwner { name: "order.placed", version: 1 });
waxseal::command!(NoRecipient { name: "reserve-stock", version: 1 });
waxseal::event!(Twice { name: "order.placed", name: "order.placed", version: 1, owner: "orders" });
waxseal::event!(Unknown { name: "order.placed", version: 1, owner: "orders", topic: "orders" });
waxseal::command!(Owned { name: "reserve-stock", version: 1, owner: "inventory" });
waxseal::event!(Received { name: "order.placed", version: 1, recipient: "inventory" });
waxseal::command!(Channelled { name: "reserve-stock", version: 1, recipient: "inventory", channel: waxseal::Channel::Bus });
waxseal::event!(Tenant { name: "order.placed", version: 1, owner: "orders", tenant: "c-1" });
waxseal::event!(NoComma { name: "order.placed" version: 1, owner: "orders" });
waxseal::event!(NoColon { name: "order.placed", version = 1, owner: "orders" });
waxseal::event!(Text, "order.placed");

fn main() {}

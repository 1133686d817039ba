//! A message is taken for the events of a history.

use serde::{Deserialize, Serialize};
use waxseal::EventSourced;

#[derive(Serialize, Deserialize)]
struct MoneyMoved {}
waxseal::event!(MoneyMoved { name: "money.moved", version: 1, owner: "bank" });

#[derive(Serialize, Deserialize)]
struct Account {}
impl EventSourced for Account {
    const KIND: &'static str = "account";
    type Event = MoneyMoved;
    fn apply(_: &mut Option<Self>, _: &MoneyMoved) {}
}

fn main() {}

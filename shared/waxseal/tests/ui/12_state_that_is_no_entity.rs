//! A pure decision keeps its state in an entity.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use waxseal::{Decide, Envelope, Fault, Out};

#[derive(Serialize, Deserialize)]
struct OrderPlaced {}
waxseal::event!(OrderPlaced { name: "order.placed", version: 1, owner: "orders" });
#[derive(Default, Serialize, Deserialize)]
struct Tally {}

struct CountOrders;
impl Decide for CountOrders {
    const NAME: &'static str = "count-orders";
    type Event = OrderPlaced;
    type State = Tally;
    type Emits = ();
    fn key(_: &OrderPlaced) -> Cow<'_, str> {
        Cow::Borrowed("all")
    }
    fn decide(&self, _: &mut Tally, _: &Envelope<OrderPlaced>, _: &mut Out<()>) -> Result<(), Fault> {
        Ok(())
    }
}

fn main() {}

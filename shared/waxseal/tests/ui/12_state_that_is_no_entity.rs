//! An aggregate keeps its state in an entity.

use std::{borrow::Cow, convert::Infallible};

use serde::{Deserialize, Serialize};
use waxseal::{Aggregate, Decide, Envelope, Out, Refusal};

#[derive(Serialize, Deserialize)]
struct OrderPlaced {}
waxseal::event!(OrderPlaced { name: "order.placed", version: 1, owner: "orders" });
#[derive(Default, Serialize, Deserialize)]
struct Tally {}

struct CountOrders;
impl Aggregate for CountOrders {
    const NAME: &'static str = "count-orders";
    type State = Tally;
    type Decides = (OrderPlaced,);
    type Emits = ();
    type Refusal = Infallible;
}
impl Decide<OrderPlaced> for CountOrders {
    fn key(_: &OrderPlaced) -> Cow<'_, str> {
        Cow::Borrowed("all")
    }
    fn decide(&self, _: &mut Option<Tally>, _: &Envelope<OrderPlaced>, _: &mut Out<Self>) -> Result<(), Refusal<Infallible>> {
        Ok(())
    }
}

fn main() {}

//! An aggregate names a message among those that it decides, and has no decision for it.

use std::{borrow::Cow, convert::Infallible};

use serde::{Deserialize, Serialize};
use waxseal::{Aggregate, Decide, Entity, Envelope, Out, Refusal};

#[derive(Serialize, Deserialize)]
struct PlaceOrder {}
waxseal::command!(PlaceOrder { name: "place-order", version: 1, recipient: "orders" });
#[derive(Serialize, Deserialize)]
struct CancelOrder {}
waxseal::command!(CancelOrder { name: "cancel-order", version: 1, recipient: "orders" });
#[derive(Serialize, Deserialize)]
struct Order {}
impl Entity for Order {
    const KIND: &'static str = "order";
}

struct Orders;
impl Aggregate for Orders {
    const NAME: &'static str = "orders";
    type State = Order;
    type Decides = (PlaceOrder, CancelOrder);
    type Emits = ();
    type Refusal = Infallible;
}
impl Decide<PlaceOrder> for Orders {
    fn key(_: &PlaceOrder) -> Cow<'_, str> {
        Cow::Borrowed("o-1")
    }
    fn decide(&self, _: &mut Option<Order>, _: &Envelope<PlaceOrder>, _: &mut Out<Self>) -> Result<(), Refusal<Infallible>> {
        Ok(())
    }
}

fn main() {}

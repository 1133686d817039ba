//! As 01, by an aggregate.

use std::{borrow::Cow, convert::Infallible};

use serde::{Deserialize, Serialize};
use waxseal::{Aggregate, Decide, Entity, Envelope, Out, Refusal};

#[derive(Serialize, Deserialize)]
struct PlaceOrder {}
waxseal::command!(PlaceOrder { name: "place-order", version: 1, recipient: "orders" });
#[derive(Serialize, Deserialize)]
struct OrderPlaced {}
waxseal::event!(OrderPlaced { name: "order.placed", version: 1, owner: "orders" });
#[derive(Serialize, Deserialize)]
struct OrderConfirmed {}
waxseal::event!(OrderConfirmed { name: "order.confirmed", version: 1, owner: "orders" });
#[derive(Serialize, Deserialize)]
struct Order {}
impl Entity for Order {
    const KIND: &'static str = "order";
}

struct Orders;
impl Aggregate for Orders {
    const NAME: &'static str = "orders";
    type State = Order;
    type Decides = (PlaceOrder,);
    type Emits = (OrderPlaced,);
    type Refusal = Infallible;
}
impl Decide<PlaceOrder> for Orders {
    fn key(_: &PlaceOrder) -> Cow<'_, str> {
        Cow::Borrowed("o-1")
    }
    fn decide(&self, _: &mut Option<Order>, _: &Envelope<PlaceOrder>, out: &mut Out<Self>) -> Result<(), Refusal<Infallible>> {
        out.emit(OrderConfirmed {});
        Ok(())
    }
}

fn main() {}

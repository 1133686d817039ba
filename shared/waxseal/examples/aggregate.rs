//! `cargo run --profile ci -p waxseal --example aggregate`: two commands on one order, by call, with an
//! idempotency key.

use std::{borrow::Cow, error::Error, sync::Arc};

use serde::{Deserialize, Serialize};
use waxseal::{
    Aggregate, Answer, Call, Decide, Engine, Entity, Envelope, Out, Refusal, Rejected, Service, Settings,
    Timestamp,
};
use waxseal_testing::{ManualHost, MemoryTable, block_on};

#[derive(Serialize, Deserialize)]
struct PlaceOrder {
    order: String,
    pieces: u32,
}
waxseal::command!(PlaceOrder { name: "place-order", version: 1, recipient: "orders" });

#[derive(Serialize, Deserialize)]
struct CancelOrder {
    order: String,
}
waxseal::command!(CancelOrder { name: "cancel-order", version: 1, recipient: "orders" });

#[derive(Serialize, Deserialize)]
struct OrderPlaced {
    order: String,
    pieces: u32,
}
waxseal::event!(OrderPlaced { name: "order.placed", version: 1, owner: "orders" });

#[derive(Debug, Serialize, Deserialize)]
struct Order {
    pieces: u32,
    is_cancelled: bool,
}
impl Entity for Order {
    const KIND: &'static str = "order";
}

#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("order {0} was placed before")]
    Exists(String),
    #[error("there is no order {0}")]
    NoOrder(String),
}

struct Orders;
impl Aggregate for Orders {
    const NAME: &str = "orders";
    type State = Order;
    type Decides = (PlaceOrder, CancelOrder);
    type Emits = (OrderPlaced,);
    type Refusal = Refused;
}

impl Decide<PlaceOrder> for Orders {
    fn key(place: &PlaceOrder) -> Cow<'_, str> {
        place.order.as_str().into()
    }

    fn decide(
        &self,
        order: &mut Option<Order>,
        place: &Envelope<PlaceOrder>,
        out: &mut Out<Self>,
    ) -> Result<(), Refusal<Refused>> {
        let PlaceOrder { order: id, pieces } = &place.data;
        if order.is_some() {
            return Err(Refused::Exists(id.clone()).into());
        }
        *order = Some(Order { pieces: *pieces, is_cancelled: false });
        out.emit(OrderPlaced { order: id.clone(), pieces: *pieces });
        Ok(())
    }
}

impl Decide<CancelOrder> for Orders {
    fn key(cancel: &CancelOrder) -> Cow<'_, str> {
        cancel.order.as_str().into()
    }

    fn decide(
        &self,
        order: &mut Option<Order>,
        cancel: &Envelope<CancelOrder>,
        _: &mut Out<Self>,
    ) -> Result<(), Refusal<Refused>> {
        let order = order.as_mut().ok_or_else(|| Refused::NoOrder(cancel.data.order.clone()))?;
        order.is_cancelled = true;
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let host = Arc::new(ManualHost::new(Timestamp::UNIX_EPOCH));
    let service = Service::new("orders").aggregate(Orders);
    let engine = Engine::new(service, MemoryTable::default(), host, Settings::default())?;
    let place = |key, pieces| {
        let command = PlaceOrder { order: "o-1".into(), pieces };
        block_on(engine.call::<Orders, _>(Call::new("http", key, &command)))
    };

    let first = place("key-1", 2)?;
    println!("key-1 places the order: {first:?}");
    assert!(matches!(first, Answer::Applied(Some(_))));
    let repeated = place("key-1", 2)?;
    println!("key-1 again: {repeated:?}");
    assert!(matches!(repeated, Answer::Repeated(Some(_))));
    let reused = place("key-1", 3);
    println!("key-1 with another payload: {reused:?}");
    assert!(matches!(reused, Err(Rejected::KeyReused)));
    let refused = place("key-2", 2);
    println!("key-2 for the same order: {refused:?}");
    assert!(matches!(refused, Err(Rejected::Refused(Refused::Exists(_)))));

    let cancel = CancelOrder { order: "o-1".into() };
    let cancelled = block_on(engine.call::<Orders, _>(Call::new("http", "key-3", &cancel)))?;
    println!("key-3 cancels it: {cancelled:?}");
    assert!(cancelled.state().is_some_and(|order| order.is_cancelled));
    Ok(())
}

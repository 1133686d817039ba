//! The correct forms of the other fixtures. They also make the suite build instead of check:
//! constants that depend on a handler's type are evaluated only then.

use std::{borrow::Cow, convert::Infallible};

use serde::{Deserialize, Serialize};
use waxseal::{Aggregate, Decide, Entity, Envelope, Fault, Handler, Out, Refusal, Service, Unit};

#[derive(Serialize, Deserialize)]
struct OrderPlacedV1 {}
#[derive(Serialize, Deserialize)]
struct OrderPlaced {}
impl From<OrderPlacedV1> for OrderPlaced {
    fn from(_: OrderPlacedV1) -> Self {
        Self {}
    }
}
waxseal::event!(OrderPlacedV1 { name: "order.placed", version: 1, owner: "orders" });
waxseal::event!(OrderPlaced { name: "order.placed", version: 2, owner: "orders", previous: OrderPlacedV1 });
#[derive(Serialize, Deserialize)]
struct StockReserved {}
waxseal::event!(StockReserved { name: "stock.reserved", version: 1, owner: "inventory" });
#[derive(Serialize, Deserialize)]
struct ShipOrder {}
#[derive(Serialize, Deserialize)]
struct FillShelf {}
waxseal::command!(FillShelf { name: "fill-shelf", version: 1, recipient: "inventory" });
waxseal::command!(ShipOrder { name: "ship-order", version: 1, recipient: "shipping" });

#[derive(Serialize, Deserialize)]
struct ObjectCreated {}
waxseal::foreign!(ObjectCreated { detail_type: "Object Created", source: "aws.s3", bus: default });
#[derive(Serialize, Deserialize)]
struct UserCreated {}
waxseal::foreign!(UserCreated { detail_type: "User Created", source: "crm", bus: application });

struct CountObject;
impl Handler for CountObject {
    const NAME: &str = "count-object";
    type Event = ObjectCreated;
    type Emits = (StockReserved,);
    async fn handle(&self, _: &Envelope<ObjectCreated>, unit: &mut Unit<'_, Self::Emits>) -> Result<(), Fault> {
        unit.emit(StockReserved {});
        Ok(())
    }
}

struct ReserveStock;
impl Handler for ReserveStock {
    const NAME: &str = "reserve-stock";
    type Event = OrderPlaced;
    type Emits = (StockReserved, ShipOrder);
    async fn handle(&self, _: &Envelope<OrderPlaced>, unit: &mut Unit<'_, Self::Emits>) -> Result<(), Fault> {
        unit.emit(StockReserved {});
        unit.send(ShipOrder {});
        Ok(())
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Shelf {}
impl Entity for Shelf {
    const KIND: &'static str = "shelf";
}

struct Shelves;
impl Aggregate for Shelves {
    const NAME: &str = "shelves";
    type State = Shelf;
    type Decides = (OrderPlaced, FillShelf);
    type Emits = (StockReserved,);
    type Refusal = Infallible;
}
impl Decide<OrderPlaced> for Shelves {
    fn key(_: &OrderPlaced) -> Cow<'_, str> {
        Cow::Borrowed("all")
    }
    fn decide(
        &self,
        _: &mut Option<Shelf>,
        _: &Envelope<OrderPlaced>,
        out: &mut Out<Self>,
    ) -> Result<(), Refusal<Infallible>> {
        out.emit(StockReserved {});
        Ok(())
    }
}
impl Decide<FillShelf> for Shelves {
    fn key(_: &FillShelf) -> Cow<'_, str> {
        Cow::Borrowed("all")
    }
    fn decide(
        &self,
        shelf: &mut Option<Shelf>,
        _: &Envelope<FillShelf>,
        _: &mut Out<Self>,
    ) -> Result<(), Refusal<Infallible>> {
        *shelf = Some(Shelf {});
        Ok(())
    }
}

fn main() {
    let _ = Service::new("inventory").handler(ReserveStock).handler(CountObject).aggregate(Shelves);
}

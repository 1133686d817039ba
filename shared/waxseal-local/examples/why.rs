//! `cargo run --profile ci -p waxseal-local --example why`: why an order has no parcel.
//!
//! An order is reserved, and the packing of one of its pieces fails for good. The tree shows the way
//! from the order to the dead letter.

use serde::{Deserialize, Serialize};
use waxseal::{Envelope, Fault, Handler, Service, Unit};
use waxseal_local::{Faults, Local};

#[derive(Serialize, Deserialize)]
struct OrderPlaced {
    pieces: Vec<String>,
}
waxseal::event!(OrderPlaced { name: "order.placed", version: 1, owner: "shop" });

#[derive(Serialize, Deserialize)]
struct PieceReserved {
    piece: String,
}
waxseal::event!(PieceReserved { name: "piece.reserved", version: 1, owner: "stock" });

struct Reserve;
impl Handler for Reserve {
    const NAME: &str = "reserve";
    type Event = OrderPlaced;
    type Emits = (PieceReserved,);

    async fn handle(
        &self,
        placed: &Envelope<OrderPlaced>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        for piece in &placed.data.pieces {
            unit.emit(PieceReserved { piece: piece.clone() });
        }
        Ok(())
    }
}

struct Pack;
impl Handler for Pack {
    const NAME: &str = "pack";
    type Event = PieceReserved;
    type Emits = ();

    async fn handle(&self, reserved: &Envelope<PieceReserved>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
        match &*reserved.data.piece {
            "piano" => Err(Fault::permanent("no box is large enough, so a person has to pack it")),
            _ => Ok(()),
        }
    }
}

fn main() {
    let faults = Faults::bad_day();
    let local = Local::builder().seed(4).faults(faults).keep_history().quiet_dead_letters().build();
    local.deploy_service(Service::new("stock").handler(Reserve)).expect("the service is sound");
    local.deploy_service(Service::new("warehouse").handler(Pack)).expect("the service is sound");

    let pieces = vec!["stool".to_owned(), "piano".to_owned()];
    let placed = Envelope::starting("order-1", "shop", local.now(), OrderPlaced { pieces });
    local.put(&placed.into_raw().expect("it is JSON")).expect("the bus takes it");
    local.run_until_idle();

    println!("The order:\n{}", local.why("order-1"));
    for letter in local.dead_letters("warehouse").expect("it is deployed").peek() {
        println!("The dead letter:\n{}", local.why(&letter.id));
    }
}

//! `order.placed`: a parcel is shipped.

use serde::{Deserialize, Serialize};
use waxseal::{Entity, Envelope, Fault, Handler, Unit};
use {{app_module}}_events::{OrderPlaced, ParcelShipped};

/// A parcel, an item of the service's table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    /// The number of pieces in it.
    pub pieces: u32,
}

impl Entity for Parcel {
    const KIND: &'static str = "parcel";
}

/// Ships a parcel for each order.
#[derive(Debug, Clone, Copy)]
pub struct ShipOrder;

impl Handler for ShipOrder {
    const NAME: &str = "ship-order";
    type Event = OrderPlaced;
    type Emits = (ParcelShipped,);

    async fn handle(
        &self,
        event: &Envelope<OrderPlaced>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        let OrderPlaced { order, pieces, .. } = &event.data;
        if unit.load::<Parcel>(order).await?.is_some() {
            return Err(Fault::permanent(format!("order {order} has a parcel already")));
        }
        let parcel = unit.create(order, Parcel { pieces: *pieces });
        unit.save(parcel);
        unit.emit(ParcelShipped { order: order.clone() });
        Ok(())
    }
}

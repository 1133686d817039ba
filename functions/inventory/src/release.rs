//! `order.cancelled`: the reserved stock is released, for every reason of the cancellation.

use order_events::{OrderCancelled, StockLevelChanged};
use waxseal::{Envelope, Fault, Handler, Unit};

use crate::{
    reservation::{Reservation, ReservationStatus},
    stock::Stock,
};

pub(crate) struct ReleaseStock;

/// The error for a reservation of an article that has no stock row.
#[derive(Debug, thiserror::Error)]
#[error("the reservation of order {order_id} holds {sku}, which has no stock row: restore the row")]
struct NoStockRow {
    order_id: String,
    sku: String,
}

impl Handler for ReleaseStock {
    const NAME: &str = "release-stock";
    type Event = OrderCancelled;
    type Emits = (StockLevelChanged,);

    async fn handle(
        &self,
        event: &Envelope<OrderCancelled>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        let order_id = &event.data.order_id;
        let Some(mut reservation) = unit.load::<Reservation>(order_id).await? else {
            // `order.placed` is still on its way, and must find that there is nothing to reserve
            // any more.
            let status = ReservationStatus::CancelledFirst;
            let reservation = unit.create(order_id, Reservation { status, pieces: Default::default() });
            unit.save(reservation);
            return Ok(());
        };
        match reservation.status {
            ReservationStatus::Reserved => {}
            ReservationStatus::Short | ReservationStatus::Released | ReservationStatus::CancelledFirst => {
                return Ok(());
            }
        }
        for (sku, quantity) in &reservation.pieces {
            let gone = || Fault::permanent(NoStockRow { order_id: order_id.clone(), sku: sku.clone() });
            let mut stock = unit.load::<Stock>(sku).await?.ok_or_else(gone)?;
            let level = stock.release(sku, *quantity).map_err(Fault::permanent)?;
            unit.save(stock);
            unit.emit(level);
        }
        reservation.status = ReservationStatus::Released;
        unit.save(reservation);
        Ok(())
    }
}

//! Pieces that are set aside go back on the shelf: an order was cancelled, `fulfilment` undoes its
//! reservation, or a customer sent the pieces back.

use order_events::{
    OrderCancelled, OrderReturned, ReleaseStock, StockLevelChanged, StockReleased, StockRestocked,
};
use waxseal::{Emits, Envelope, Fault, Handler, Loaded, Unit};

use crate::{
    reservation::{Reservation, ReservationStatus},
    stock::Stock,
};

/// The reason why nothing can be put back.
#[derive(Debug, thiserror::Error)]
enum NothingToPutBack {
    #[error("the reservation of order {order_id} holds {sku}, which has no stock row: restore the row")]
    NoStockRow { order_id: String, sku: String },
    #[error("order {0} was returned, but nothing was set aside for it")]
    NotReserved(String),
}

/// Puts the pieces of a reservation back, once: a reservation that holds none stays as it is. The
/// levels of stock after it are for the caller to emit.
async fn put_back<E: Emits>(
    order_id: &str,
    mut reservation: Loaded<Reservation>,
    status: ReservationStatus,
    unit: &mut Unit<'_, E>,
) -> Result<Vec<StockLevelChanged>, Fault> {
    match reservation.status {
        ReservationStatus::Reserved => {}
        ReservationStatus::Short
        | ReservationStatus::Released
        | ReservationStatus::CancelledFirst
        | ReservationStatus::Restocked => return Ok(Vec::new()),
    }
    let mut levels = Vec::with_capacity(reservation.pieces.len());
    for (sku, quantity) in &reservation.pieces {
        let gone = || NothingToPutBack::NoStockRow { order_id: order_id.to_owned(), sku: sku.clone() };
        let mut stock = unit.load::<Stock>(sku).await?.ok_or_else(|| Fault::permanent(gone()))?;
        levels.push(stock.release(sku, *quantity).map_err(Fault::permanent)?);
        unit.save(stock);
    }
    reservation.status = status;
    unit.save(reservation);
    Ok(levels)
}

/// Choreography: the order is cancelled, for whatever reason.
pub(crate) struct OnOrderCancelled;

impl Handler for OnOrderCancelled {
    const NAME: &str = "release-stock";
    type Event = OrderCancelled;
    type Emits = (StockLevelChanged,);

    async fn handle(
        &self,
        event: &Envelope<OrderCancelled>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        let order_id = &event.data.order_id;
        let Some(reservation) = unit.load::<Reservation>(order_id).await? else {
            // `order.placed` is still on its way, and must find that there is nothing to reserve
            // any more.
            let status = ReservationStatus::CancelledFirst;
            let reservation = unit.create(order_id, Reservation { status, pieces: Default::default() });
            unit.save(reservation);
            return Ok(());
        };
        for level in put_back(order_id, reservation, ReservationStatus::Released, unit).await? {
            unit.emit(level);
        }
        Ok(())
    }
}

/// Orchestration: `fulfilment` undoes the reservation. A reservation that never took place needs no
/// mark of its own: the engine keeps the late command from taking effect (S-72).
pub(crate) struct OnReleaseStock;

impl Handler for OnReleaseStock {
    const NAME: &str = "release-on-command";
    type Event = ReleaseStock;
    type Emits = (StockReleased, StockLevelChanged);

    async fn handle(
        &self,
        command: &Envelope<ReleaseStock>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        let order_id = &command.data.order_id;
        if let Some(reservation) = unit.load::<Reservation>(order_id).await? {
            for level in put_back(order_id, reservation, ReservationStatus::Released, unit).await? {
                unit.emit(level);
            }
        }
        unit.emit(StockReleased { order_id: order_id.clone() });
        Ok(())
    }
}

/// Both styles: the customer sent the pieces back. `payment` gives the money back once they are
/// here.
pub(crate) struct OnOrderReturned;

impl Handler for OnOrderReturned {
    const NAME: &str = "restock";
    type Event = OrderReturned;
    type Emits = (StockRestocked, StockLevelChanged);

    async fn handle(
        &self,
        event: &Envelope<OrderReturned>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        let order_id = &event.data.order_id;
        let none = || Fault::permanent(NothingToPutBack::NotReserved(order_id.clone()));
        let reservation = unit.load::<Reservation>(order_id).await?.ok_or_else(none)?;
        match reservation.status {
            ReservationStatus::Reserved => {}
            // The return was heard of before, under another event id.
            ReservationStatus::Restocked => return Ok(()),
            ReservationStatus::Short | ReservationStatus::Released | ReservationStatus::CancelledFirst => {
                return Err(none());
            }
        }
        for level in put_back(order_id, reservation, ReservationStatus::Restocked, unit).await? {
            unit.emit(level);
        }
        unit.emit(StockRestocked { order_id: order_id.clone() });
        Ok(())
    }
}

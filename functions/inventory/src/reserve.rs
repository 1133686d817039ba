//! `order.placed`: everything in the order is reserved, or nothing.

use std::collections::BTreeMap;

use order_events::{Line, OrderPlaced, ShortLine, StockLevelChanged, StockReserved, StockShort};
use waxseal::{Envelope, Fault, Handler, Loaded, Unit, table::LARGEST_ACTIONS};

use crate::{
    reservation::{Reservation, ReservationStatus},
    stock::Stock,
};

/// The largest number of SKUs in an order. With the reservation and the receipt they fit one
/// transaction.
pub const MOST_SKUS: usize = LARGEST_ACTIONS - 2;

/// An order that cannot be reserved in its form. `orders` refuses such orders, so another program
/// published it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// The order exceeds one transaction.
    #[error("the order names {0} SKUs, and {MOST_SKUS} fit one transaction: split the order")]
    TooManySkus(usize),
    /// The order has nothing to reserve.
    #[error("the order has no lines, or one with quantity 0")]
    Empty,
}

pub(crate) struct ReserveStock;

impl Handler for ReserveStock {
    const NAME: &str = "reserve-stock";
    type Event = OrderPlaced;
    type Emits = (StockReserved, StockShort, StockLevelChanged);

    async fn handle(
        &self,
        event: &Envelope<OrderPlaced>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        let order = &event.data;
        // The order is known: reserved under another event id, or cancelled before.
        if unit.load::<Reservation>(&order.order_id).await?.is_some() {
            return Ok(());
        }
        let pieces = pieces(&order.lines).map_err(Fault::permanent)?;
        let total = order_events::total(&order.lines).map_err(Fault::permanent)?;
        let (stocks, short) = look(&pieces, unit).await?;
        let status = if short.is_empty() {
            for (sku, mut stock) in stocks {
                let level = stock.reserve(sku, pieces[sku]).map_err(Fault::permanent)?;
                unit.save(stock);
                unit.emit(level);
            }
            unit.emit(StockReserved {
                order_id: order.order_id.clone(),
                total,
                currency: order.currency,
                payment_token: order.payment_token.clone(),
            });
            Reservation { status: ReservationStatus::Reserved, pieces }
        } else {
            // The read stock is not guarded: one observation of too little stock is enough.
            unit.emit(StockShort { order_id: order.order_id.clone(), short });
            Reservation { status: ReservationStatus::Short, pieces: BTreeMap::new() }
        };
        let reservation = unit.create(&order.order_id, status);
        unit.save(reservation);
        Ok(())
    }
}

/// The pieces per SKU. Repeated lines are summed, since a transaction takes one action for each
/// item.
fn pieces(lines: &[Line]) -> Result<BTreeMap<String, u64>, Unfit> {
    let mut pieces: BTreeMap<String, u64> = BTreeMap::new();
    for line in lines {
        // An event holds a bounded number of lines, each below 2^32, so the sum cannot wrap.
        *pieces.entry(line.sku.clone()).or_default() += u64::from(line.quantity);
    }
    if pieces.is_empty() || lines.iter().any(|line| line.quantity == 0) {
        return Err(Unfit::Empty);
    }
    if pieces.len() > MOST_SKUS {
        return Err(Unfit::TooManySkus(pieces.len()));
    }
    Ok(pieces)
}

type Stocks<'a> = Vec<(&'a str, Loaded<Stock>)>;

/// The stock of each SKU, and the SKUs with too little of it; an unknown SKU has none.
async fn look<'a>(
    pieces: &'a BTreeMap<String, u64>,
    unit: &mut Unit<'_, <ReserveStock as Handler>::Emits>,
) -> Result<(Stocks<'a>, Vec<ShortLine>), Fault> {
    let (mut stocks, mut short) = (Vec::with_capacity(pieces.len()), Vec::new());
    for (sku, &wanted) in pieces {
        let stock = unit.load::<Stock>(sku).await?;
        let on_hand = stock.as_ref().map_or(0, |stock| stock.on_hand);
        match stock {
            Some(stock) if on_hand >= wanted => stocks.push((sku.as_str(), stock)),
            Some(_) | None => short.push(ShortLine { sku: sku.clone(), wanted, on_hand }),
        }
    }
    Ok((stocks, short))
}

#[cfg(test)]
mod tests {
    use order_events::testing::placed;
    use waxseal::Outcome;
    use waxseal_testing::{Alone, block_on};

    use super::*;

    #[test]
    fn an_order_is_set_aside_whole_or_not_at_all() {
        let stock = |on_hand, reserved| Stock { on_hand, reserved };
        let mut alone = Alone::handler(ReserveStock).with("tee", &stock(3, 0)).with("hat", &stock(1, 0));
        let ran = block_on(alone.run(placed("o-1", &[("tee", 2, 1250), ("hat", 1, 800)])));
        assert!(matches!(ran.result, Ok(Outcome::Applied)), "{ran:?}");
        assert_eq!(ran.emitted_of::<StockReserved>()[0].total, 3300);
        assert_eq!((alone.state("tee"), alone.state("hat")), (Some(stock(1, 2)), Some(stock(0, 1))));

        let ran = block_on(alone.run(placed("o-2", &[("tee", 1, 1250), ("hat", 1, 800)])));
        assert_eq!(ran.emitted_of::<StockShort>()[0].short.len(), 1);
        assert_eq!(alone.state("tee"), Some(stock(1, 2)), "nothing of the order is set aside");
    }
}

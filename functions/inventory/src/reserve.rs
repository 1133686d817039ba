//! Everything in an order is reserved, or nothing: at `order.placed`, or at the command of
//! `fulfilment`.

use std::collections::BTreeMap;

use order_events::{
    Currency, Line, OrderPlaced, ReserveStock, ShortLine, StockLevelChanged, StockReserved, StockShort,
};
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

/// The answers about an order, and the levels of stock after it.
type Replies = (StockReserved, StockShort, StockLevelChanged);

/// What both styles ask for.
struct Wanted<'a> {
    order_id: &'a str,
    lines: &'a [Line],
    currency: Currency,
    payment_token: &'a str,
}

/// Reserves, and answers.
async fn reserve(wanted: Wanted<'_>, unit: &mut Unit<'_, Replies>) -> Result<(), Fault> {
    let Wanted { order_id, lines, currency, payment_token } = wanted;
    // The order is known: reserved under another message id, or cancelled before.
    if unit.load::<Reservation>(order_id).await?.is_some() {
        return Ok(());
    }
    let pieces = pieces(lines).map_err(Fault::permanent)?;
    let total = order_events::total(lines).map_err(Fault::permanent)?;
    let (stocks, short) = look(&pieces, unit).await?;
    let order = order_id.to_owned();
    let status = if short.is_empty() {
        for (sku, mut stock) in stocks {
            let level = stock.reserve(sku, pieces[sku]).map_err(Fault::permanent)?;
            unit.save(stock);
            unit.emit(level);
        }
        unit.emit(StockReserved {
            order_id: order,
            total,
            currency,
            payment_token: payment_token.to_owned(),
        });
        Reservation { status: ReservationStatus::Reserved, pieces }
    } else {
        // The read stock is not guarded: one observation of too little stock is enough.
        unit.emit(StockShort { order_id: order, short });
        Reservation { status: ReservationStatus::Short, pieces: BTreeMap::new() }
    };
    let reservation = unit.create(order_id, status);
    unit.save(reservation);
    Ok(())
}

/// Choreography: an order is placed.
pub(crate) struct OnOrderPlaced;

impl Handler for OnOrderPlaced {
    const NAME: &str = "reserve-stock";
    type Event = OrderPlaced;
    type Emits = Replies;

    async fn handle(
        &self,
        event: &Envelope<OrderPlaced>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        let OrderPlaced { order_id, lines, currency, payment_token, .. } = &event.data;
        reserve(Wanted { order_id, lines, currency: *currency, payment_token }, unit).await
    }
}

/// Orchestration: `fulfilment` asks for the stock.
pub(crate) struct OnReserveStock;

impl Handler for OnReserveStock {
    const NAME: &str = "reserve-on-command";
    type Event = ReserveStock;
    type Emits = Replies;

    async fn handle(
        &self,
        command: &Envelope<ReserveStock>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        let ReserveStock { order_id, lines, currency, payment_token } = &command.data;
        reserve(Wanted { order_id, lines, currency: *currency, payment_token }, unit).await
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
    unit: &mut Unit<'_, Replies>,
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
        let mut alone = Alone::handler(OnOrderPlaced).with("tee", &stock(3, 0)).with("hat", &stock(1, 0));
        let ran = block_on(alone.run(placed("o-1", &[("tee", 2, 1250), ("hat", 1, 800)])));
        assert!(matches!(ran.result, Ok(Outcome::Applied)), "{ran:?}");
        assert_eq!(ran.emitted_of::<StockReserved>()[0].total, 3300);
        assert_eq!((alone.state("tee"), alone.state("hat")), (Some(stock(1, 2)), Some(stock(0, 1))));

        let ran = block_on(alone.run(placed("o-2", &[("tee", 1, 1250), ("hat", 1, 800)])));
        assert_eq!(ran.emitted_of::<StockShort>()[0].short.len(), 1);
        assert_eq!(alone.state("tee"), Some(stock(1, 2)), "nothing of the order is set aside");
    }
}

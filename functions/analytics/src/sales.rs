//! Sales per day: by article, and by the beginning and the end of orders.

use order_events::{CancelReason, Currency, OrderCancelled, OrderConfirmed, OrderPlaced, PaymentRefunded};
use serde::{Deserialize, Serialize};
use waxseal::{Envelope, Failure, Fault, Project, Projection, Raised, RowKey, Rows, Timestamp, View};

/// Number and amount. The rows of a day are kept, since they are small and few.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// The number of orders.
    pub orders: u64,
    /// The number of pieces; 0 where whole orders are counted.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub pieces: u64,
    /// The sum of the amounts, in minor units of the subject's currency.
    pub sum: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(pieces: &u64) -> bool {
    *pieces == 0
}

/// The subject that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject<'a> {
    /// The lines of an article in a currency.
    Article(&'a str, Currency),
    /// Orders placed in a currency.
    Placed(Currency),
    /// Orders confirmed in a currency: the sum is revenue.
    Confirmed(Currency),
    /// Orders cancelled for a reason, in a currency.
    Cancelled(CancelReason, Currency),
    /// Orders cancelled for any reason, in a currency.
    AllCancelled(Currency),
    /// Refunds in a currency.
    Refunded(Currency),
}

impl Subject<'_> {
    /// The beginning of the places of its rows.
    fn prefix(self) -> String {
        match self {
            // The currency stands first, since an article's name may hold anything.
            Self::Article(sku, currency) => format!("article/{currency}/{sku}/"),
            Self::Placed(currency) => format!("placed/{currency}/"),
            Self::Confirmed(currency) => format!("confirmed/{currency}/"),
            Self::Cancelled(reason, currency) => format!("cancelled/{currency}/{reason}/"),
            Self::AllCancelled(currency) => format!("cancelled/{currency}/"),
            Self::Refunded(currency) => format!("refunded/{currency}/"),
        }
    }
}

/// The number of rows of whole orders for one subject and day. Every count is a conditional write of
/// its row, so orders of the same time should rarely meet in one.
pub const SHARDS: u8 = 8;

/// The day (UTC) of an event as a group of rows. Events without a time have a group of their own.
fn day(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "undated".to_owned(), |at| at.to_string().chars().take(10).collect())
}

/// The row of an order for a subject on a day.
fn of_order(subject: Subject<'_>, at: Option<Timestamp>, order_id: &str) -> RowKey {
    // Any function of the id serves, as long as it never changes.
    let shard = order_id.bytes().fold(0u8, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte)) % SHARDS;
    RowKey::new(day(at), format!("{}{shard}", subject.prefix()))
}

/// The row of an article on a day.
fn of_article(order: &OrderPlaced, sku: &str) -> RowKey {
    RowKey::new(day(order.placed_at), Subject::Article(sku, order.currency).prefix())
}

/// The error for a sum beyond 64 bits. Every total is far below, so a publisher sends wrong
/// amounts.
#[derive(Debug, thiserror::Error)]
#[error("the sum of {0} does not fit 64 bits any more")]
struct TooMuch(RowKey);

fn add(rows: &mut Rows<Tally>, key: RowKey, pieces: u64, amount: u64) -> Result<(), Fault> {
    let row = rows.at(&key).get_or_insert_default();
    let (Some(sum), Some(all)) = (row.sum.checked_add(amount), row.pieces.checked_add(pieces)) else {
        return Err(Fault::permanent(TooMuch(key)));
    };
    *row = Tally { orders: row.orders + 1, pieces: all, sum };
    Ok(())
}

/// Sales per day, article and currency, and what became of the orders. It needs no order, since sums
/// do not depend on it.
pub(crate) struct Sales;

impl Projection for Sales {
    const NAME: &str = "sales";
    type Row = Tally;
    type Reads = (OrderPlaced, OrderConfirmed, OrderCancelled, PaymentRefunded);
    type Emits = ();
}

impl Project<OrderPlaced> for Sales {
    fn rows(event: &Envelope<OrderPlaced>) -> Vec<RowKey> {
        let order = &event.data;
        let articles = order.lines.iter().map(|line| of_article(order, &line.sku));
        articles
            .chain([of_order(Subject::Placed(order.currency), order.placed_at, &order.order_id)])
            .collect()
    }

    fn fold(
        &self,
        rows: &mut Rows<Tally>,
        event: &Envelope<OrderPlaced>,
        _: &mut Raised<Self>,
    ) -> Result<(), Fault> {
        let order = &event.data;
        let total = order_events::total(&order.lines).map_err(Fault::permanent)?;
        let placed = of_order(Subject::Placed(order.currency), order.placed_at, &order.order_id);
        add(rows, placed, 0, total)?;
        let mut seen = std::collections::BTreeSet::new();
        for line in &order.lines {
            let key = of_article(order, &line.sku);
            // The total above has shown that the product fits.
            let amount = u64::from(line.quantity).saturating_mul(line.unit_price);
            add(rows, key.clone(), line.quantity.into(), amount)?;
            // An article of two lines is one order of it.
            if !seen.insert(&line.sku)
                && let Some(row) = rows.at(&key)
            {
                row.orders -= 1;
            }
        }
        Ok(())
    }
}

impl Project<OrderConfirmed> for Sales {
    fn rows(event: &Envelope<OrderConfirmed>) -> Vec<RowKey> {
        let OrderConfirmed { order_id, currency, confirmed_at, .. } = &event.data;
        vec![of_order(Subject::Confirmed(*currency), Some(*confirmed_at), order_id)]
    }

    fn fold(
        &self,
        rows: &mut Rows<Tally>,
        event: &Envelope<OrderConfirmed>,
        _: &mut Raised<Self>,
    ) -> Result<(), Fault> {
        only(rows, event, event.data.total)
    }
}

impl Project<OrderCancelled> for Sales {
    fn rows(event: &Envelope<OrderCancelled>) -> Vec<RowKey> {
        let OrderCancelled { order_id, reason, currency, cancelled_at, .. } = &event.data;
        vec![of_order(Subject::Cancelled(*reason, *currency), Some(*cancelled_at), order_id)]
    }

    fn fold(
        &self,
        rows: &mut Rows<Tally>,
        event: &Envelope<OrderCancelled>,
        _: &mut Raised<Self>,
    ) -> Result<(), Fault> {
        only(rows, event, event.data.total)
    }
}

impl Project<PaymentRefunded> for Sales {
    fn rows(event: &Envelope<PaymentRefunded>) -> Vec<RowKey> {
        let PaymentRefunded { order_id, currency, .. } = &event.data;
        // The event states no time of its own.
        vec![of_order(Subject::Refunded(*currency), Some(event.timestamp), order_id)]
    }

    fn fold(
        &self,
        rows: &mut Rows<Tally>,
        event: &Envelope<PaymentRefunded>,
        _: &mut Raised<Self>,
    ) -> Result<(), Fault> {
        only(rows, event, event.data.amount)
    }
}

/// Adds to the one row that the event concerns.
fn only<M: waxseal::Message>(rows: &mut Rows<Tally>, event: &Envelope<M>, amount: u64) -> Result<(), Fault>
where
    Sales: Project<M>,
{
    <Sales as Project<M>>::rows(event).into_iter().try_for_each(|key| add(rows, key, 0, amount))
}

/// The tally of the day (UTC) of `at`. With `None` it is that of the events without a time.
///
/// # Errors
/// Where the table cannot be read.
pub async fn total(view: &View<'_>, subject: Subject<'_>, at: Option<Timestamp>) -> Result<Tally, Failure> {
    let mut total = Tally::default();
    let mut after = None;
    loop {
        let page = view.rows::<Sales>(&day(at), &subject.prefix(), after.as_deref(), 100).await?;
        for (_, Tally { orders, pieces, sum }) in page.rows {
            total.orders += orders;
            total.pieces += pieces;
            total.sum = total.sum.saturating_add(sum);
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(total),
        }
    }
}

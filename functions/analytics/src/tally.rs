//! A tally: how many and how much, of one subject on one day.

use order_events::{CancelReason, Currency};
use serde::{Deserialize, Serialize};
use waxseal::{Engine, Entity, Failure, Timestamp};

/// How many and how much. A day's rows are kept; they are small and there are few.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How many orders.
    pub orders: u64,
    /// Their totals together, in minor units of the subject's currency.
    pub sum: u64,
}

impl Entity for Tally {
    const KIND: &'static str = "tally";
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Orders placed in a currency.
    Placed(Currency),
    /// Orders confirmed in a currency: the sum is revenue.
    Confirmed(Currency),
    /// Orders cancelled for a reason, in a currency.
    Cancelled(CancelReason, Currency),
    /// Refunds in a currency; they do not say when.
    Refunded(Currency),
}

/// Rows of one subject and day.
pub const SHARDS: u8 = 8;

/// More than a number holds; every total is far below, so somebody publishes nonsense.
#[derive(Debug, thiserror::Error)]
#[error("the sum of {0} does not fit 64 bits any more")]
pub(crate) struct TooMuch(String);

impl Tally {
    pub(crate) fn add(&mut self, amount: u64, key: &str) -> Result<(), TooMuch> {
        self.sum = self.sum.checked_add(amount).ok_or_else(|| TooMuch(key.to_owned()))?;
        self.orders += 1;
        Ok(())
    }
}

/// The row of an order: subject, day (UTC), shard. An event that does not say when has a row of its own.
pub(crate) fn key(subject: Subject, at: Option<Timestamp>, order_id: &str) -> String {
    // Any function of the id will do, as long as it stays the same.
    let shard = order_id.bytes().fold(0u8, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte)) % SHARDS;
    row(subject, at, shard)
}

fn row(subject: Subject, at: Option<Timestamp>, shard: u8) -> String {
    let day = at.map_or_else(|| "undated".to_owned(), |at| at.to_string().chars().take(10).collect());
    match subject {
        Subject::Placed(currency) => format!("placed/{day}/{currency}/{shard}"),
        Subject::Confirmed(currency) => format!("confirmed/{day}/{currency}/{shard}"),
        Subject::Cancelled(reason, currency) => format!("cancelled/{day}/{reason}/{currency}/{shard}"),
        Subject::Refunded(currency) => format!("refunded/{day}/{currency}/{shard}"),
    }
}

/// The tally of the day (UTC) that `at` is in; without it, of the events that did not say when.
///
/// # Errors
/// Where the table cannot be read.
pub async fn total(engine: &Engine, subject: Subject, at: Option<Timestamp>) -> Result<Tally, Failure> {
    let mut total = Tally::default();
    for shard in 0..SHARDS {
        if let Some(tally) = engine.read::<Tally>(&row(subject, at, shard)).await? {
            total.orders += tally.orders;
            total.sum = total.sum.saturating_add(tally.sum);
        }
    }
    Ok(total)
}

//! A tally: number and amount of one subject on one day.

use order_events::{CancelReason, Currency};
use serde::{Deserialize, Serialize};
use waxseal::{Engine, Entity, Failure, Timestamp};

/// Number and amount. The rows of a day are kept, since they are small and few.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// The number of orders.
    pub orders: u64,
    /// The sum of their totals, in minor units of the subject's currency.
    pub sum: u64,
}

impl Entity for Tally {
    const KIND: &'static str = "tally";
}

/// The subject that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Orders placed in a currency.
    Placed(Currency),
    /// Orders confirmed in a currency: the sum is revenue.
    Confirmed(Currency),
    /// Orders cancelled for a reason, in a currency.
    Cancelled(CancelReason, Currency),
    /// Refunds in a currency. They state no time.
    Refunded(Currency),
}

/// The number of rows of one subject and day.
pub const SHARDS: u8 = 8;

/// The error for a sum beyond 64 bits. Every total is far below, so a publisher sends wrong
/// amounts.
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

/// The key of an order's row: subject, day (UTC), shard. Events without a time have rows of their
/// own.
pub(crate) fn key(subject: Subject, at: Option<Timestamp>, order_id: &str) -> String {
    // Any function of the id serves, as long as it never changes.
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

/// The tally of the day (UTC) of `at`. With `None` it is that of the events without a time.
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

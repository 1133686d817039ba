//! The lines of an order and their total. Money is in minor units, and adding it up is checked.

use serde::{Deserialize, Serialize};

/// One line of an order. An SKU may occur in several lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// The article.
    pub sku: String,
    /// How many.
    pub quantity: u32,
    /// The price of one, in minor units of the order's currency.
    pub unit_price: u64,
}

/// The largest amount, in minor units: the largest whole number that every reader of JSON keeps
/// exact (RFC 8259, section 6).
pub const LARGEST_AMOUNT: u64 = (1 << 53) - 1;

/// An order's total is beyond [`LARGEST_AMOUNT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the total is more than {LARGEST_AMOUNT} minor units")]
pub struct TotalTooLarge;

/// The price of the lines together, in minor units.
///
/// # Errors
/// [`TotalTooLarge`], instead of a number that wrapped around.
///
/// ```
/// use order_events::{Line, TotalTooLarge, total};
/// let line = |quantity, unit_price| Line { sku: "hat".into(), quantity, unit_price };
/// assert_eq!(total(&[line(2, 1250), line(1, 99)]), Ok(2599));
/// assert_eq!(total(&[line(2, u64::MAX)]), Err(TotalTooLarge));
/// ```
pub fn total(lines: &[Line]) -> Result<u64, TotalTooLarge> {
    lines
        .iter()
        .try_fold(0, |sum: u64, line| sum.checked_add(line.unit_price.checked_mul(line.quantity.into())?))
        .filter(|total| *total <= LARGEST_AMOUNT)
        .ok_or(TotalTooLarge)
}

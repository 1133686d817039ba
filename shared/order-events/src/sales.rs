//! The queries of `analytics`.

use serde::{Deserialize, Serialize};

use crate::currency::Currency;

/// What was sold on a day: `GET /sales/2026-11-21/EUR`, and `?sku=hat` for an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetSales {
    /// The day in UTC: `2026-11-21`. `undated` is the orders that did not say when.
    pub day: String,
    /// The currency of the amounts.
    pub currency: Currency,
    /// The article that is asked for, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
}
waxseal_message::query!(GetSales {
    name: "get-sales",
    version: 1,
    owner: "analytics",
    path: "/sales/{day}/{currency}",
    answer: SalesOfDay,
});

/// The sales of a day in one currency. They are eventually consistent: an order that was placed a
/// moment ago may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SalesOfDay {
    /// Orders that were placed.
    pub placed: Totals,
    /// Orders that were confirmed: the sum is revenue.
    pub confirmed: Totals,
    /// Orders that were cancelled.
    pub cancelled: Totals,
    /// Refunds.
    pub refunded: Totals,
    /// The lines of the article that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub article: Option<ArticleTotals>,
}

/// A number of orders and the sum of their totals, in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// The number of orders.
    pub orders: u64,
    /// The sum of their amounts.
    pub sum: u64,
}

/// What was ordered of one article.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArticleTotals {
    /// The number of orders with it.
    pub orders: u64,
    /// The number of pieces.
    pub pieces: u64,
    /// The sum of the lines' amounts.
    pub sum: u64,
}

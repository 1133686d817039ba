//! The answers of `analytics`.

use order_events::{ArticleTotals, GetSales, SalesOfDay, Totals};
use waxseal::{Answers, Failure, Fault, Timestamp, View};

use crate::sales::{Subject, Tally, total};

/// The question names no day.
#[derive(Debug, thiserror::Error)]
#[error("`day` is a day in UTC, such as 2026-11-21, or `undated`")]
struct NoDay;

/// Answers what was sold on a day.
pub(crate) struct SalesByDay;

impl Answers<GetSales> for SalesByDay {
    async fn answer(&self, query: &GetSales, view: &View<'_>) -> Result<Option<SalesOfDay>, Failure> {
        let GetSales { day, currency, sku } = query;
        let at: Option<Timestamp> = match day.as_str() {
            "undated" => None,
            day => Some(format!("{day}T00:00:00Z").parse().map_err(|_| Fault::permanent(NoDay))?),
        };
        let totals = async |subject| {
            let Tally { orders, sum, .. } = total(view, subject, at).await?;
            Ok::<_, Failure>(Totals { orders, sum })
        };
        let article = match sku {
            Some(sku) => {
                let Tally { orders, pieces, sum } = total(view, Subject::Article(sku, *currency), at).await?;
                Some(ArticleTotals { orders, pieces, sum })
            }
            None => None,
        };
        Ok(Some(SalesOfDay {
            placed: totals(Subject::Placed(*currency)).await?,
            confirmed: totals(Subject::Confirmed(*currency)).await?,
            cancelled: totals(Subject::AllCancelled(*currency)).await?,
            refunded: totals(Subject::Refunded(*currency)).await?,
            article,
        }))
    }
}

//! `analytics`: counts and sums, from the bus and from the topic `stock`.
//!
//! `sales` is a projection: its rows are folded from events, each event exactly once, because the
//! receipt and the rows are one write. A batch of events shares a read and a write. Stock levels come
//! from the topic, and have a row for each article.

mod answers;
mod level;
mod sales;

pub use level::Level;
pub use sales::{SHARDS, Subject, Tally, total};

/// The service `analytics`.
pub fn service() -> waxseal::Service {
    waxseal::Service::new("analytics")
        .projection(sales::Sales)
        .aggregate(level::Levels)
        .answers(answers::SalesByDay)
}

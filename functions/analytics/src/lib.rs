//! `analytics`: counts and sums, from the bus and from the topic `stock`.
//!
//! Counting is exactly once, because the receipt and the count are one write. It needs no order,
//! because sums and minimums do not depend on it.
//!
//! # One row is not enough
//! Every count is a conditional write of the row that holds it. With all orders in one row, one
//! order at a time could be counted, and DynamoDB takes at most 1,000 writes a second of one key.
//! So a tally has rows by the questions that it answers (day, currency, reason). Each of them is
//! divided into [`SHARDS`] rows by the order's id. Orders of the same time meet in one row an
//! eighth as often, and a reader adds up eight rows. Stock has a row for each article anyway.

mod level;
mod tallies;
mod tally;

pub use level::Level;
pub use tally::{SHARDS, Subject, Tally, total};

/// The service `analytics`.
pub fn service() -> waxseal::Service {
    waxseal::Service::new("analytics").aggregate(tallies::Tallies).aggregate(level::Levels)
}

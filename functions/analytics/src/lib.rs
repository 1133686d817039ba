//! `analytics`: counts and sums, from the bus and from the topic `stock`.
//!
//! Counting is exactly once because the receipt and the count are one write; it is in no need of order because adding
//! and taking a minimum are not either.
//!
//! # One row is not enough
//! Every count is a conditional write of the row that holds it. All orders in one row would let one of them through at
//! a time, and DynamoDB takes 1,000 writes a second of one key at the most. So the rows of a tally are cut by what is
//! asked for (day, currency, reason) and then into [`SHARDS`], by the order's id: orders of one moment meet in one row an
//! eighth as often, and a reader adds up eight rows. Stock is cut by article as it is.

mod level;
mod tallies;
mod tally;

pub use level::Level;
pub use tally::{SHARDS, Subject, Tally, total};

/// The service `analytics`.
pub fn service() -> waxseal::Service {
    waxseal::Service::new("analytics").aggregate(tallies::Tallies).aggregate(level::Levels)
}

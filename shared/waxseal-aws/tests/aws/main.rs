//! `waxseal-aws` by the true SDK, over the wire protocols of the services.
//!
//! One binary: linking the SDK takes most of the time of a test build. The contract suite is a binary of its own, since
//! each table has one of that name.
#![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

mod claims;
mod costs;
mod dead_letters;
mod environment;
mod meaning;
mod prices;
mod programs;
mod publishing;
mod recorded;
mod secrets;
mod support;
mod sweeping;
mod timer_prices;

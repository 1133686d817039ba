//! Templates of applications, and their checks.
//!
//! One binary: linking takes most of the time of a test build.
#![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

mod claims;
mod entrances;
mod fifo;
mod foreign;
mod infrastructure;
mod laws;
mod metrics;
mod publishers;
mod sources;
mod support;
mod timers;

//! The embedded environment: the delivery contract through bus, topics, queues and streams.
//!
//! One binary: linking takes most of the time of a test build. The contract suite is a binary of
//! its own, since each table has one of that name.
#![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

mod application;
mod channels;
mod claims;
mod comings;
mod delays;
mod environment;
mod fifo;
mod filters;
mod front_page;
mod history;
mod ledger;
mod missing_channel;
mod order;
mod outside;
mod programs;
mod release;
mod reports;
mod sources;
mod tenants;
mod timers;
mod wrong_outside;
mod wrong_reports;

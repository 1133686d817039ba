//! The tests of processes, on a process of three steps with compensation.
#![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

mod defects;
mod explore;
mod fulfilment;
mod given;
mod messages;
mod reminders;

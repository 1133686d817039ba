//! The function: its process in memory, and the sample as Lambda delivers it.
//!
//! One binary: linking takes most of the time of a test build.
#![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

mod explore;
mod http;
mod process;
mod samples;
mod shop;

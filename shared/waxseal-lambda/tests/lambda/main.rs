//! Bytes in, bytes out: sources, responses, HTTP, the relay and the runtime loop.
//!
//! One binary: linking takes most of the time of a test build. `logs.rs` needs a process to itself.
#![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

mod cloudevents;
mod common;
mod envelopes;
mod foreign;
mod http;
mod laws;
mod relay;
mod responses;
mod runtime;
mod silence;
mod sources;
mod sweep;

//! Bytes in, bytes out: sources, responses, HTTP, the relay and the runtime loop.
//!
//! One binary: linking takes most of the time of a test build. `logs.rs` needs a process to itself.
#![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

mod age;
mod anything;
mod changes;
mod cloudevents;
mod common;
mod destinations;
mod envelopes;
mod foreign;
mod http;
mod kafka;
mod laws;
mod mutations;
mod pipes;
mod processes;
mod relay;
mod responses;
mod runtime;
mod s3;
mod silence;
mod sources;
mod streams;
mod sweep;

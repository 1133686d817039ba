//! The function: its service in memory, and the samples as Lambda delivers them.
//!
//! One binary: linking takes most of the time of a test build.
#![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

mod commands;
mod samples;
mod service;

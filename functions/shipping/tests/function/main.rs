//! The function: its service in memory, and the sample as Lambda delivers it.
#![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

mod samples;
mod undo;

//! Each event as AWS documents it, and the cases of practice, through a function.
#![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

mod adapted;
mod cases;
mod documented;
mod laws;
mod routed;
mod support;

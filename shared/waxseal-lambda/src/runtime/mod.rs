//! The runtime loop: a function under a Lambda Runtime API, configured by environment alone.

mod context;
mod environment;
mod payloads;
mod serve;

pub use serve::{run, start};

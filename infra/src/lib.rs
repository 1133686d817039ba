//! The order platform's templates: written from [`order_platform::app`], with stand-ins for
//! everything outside.
//!
//! `make infra` writes `stacks/*.yaml`; a test fails when they are stale. This crate says nothing
//! about services or how they run: a new handler, or a longer time-out, changes nothing here.

mod files;
mod platform;

pub use files::{Stale, folder, stale, write};
pub use platform::platform;

//! The order platform's templates and their tests.
//!
//! `make infra` writes the templates of both styles, and a test fails when they are stale. This crate says nothing
//! about services or how they run: a new handler, or a longer time-out, changes nothing here.

mod platform;

pub use platform::{folder, platform};

//! The platform on `LocalStack`, without Docker: start one, deploy the written templates with the
//! real binaries, talk to it.
//!
//! It uses no AWS SDK. The functions use one, and the tests check that functions and templates
//! agree with the raw API.

pub mod client;
mod control;
pub mod deploy;
pub mod depot;
pub mod feed;
pub mod instance;
pub mod intercept;
pub mod outside;
pub mod run;
pub mod stacks;
pub mod stage;

use std::{
    fmt::Display,
    io::Write as _,
    thread,
    time::{Duration, Instant},
};

/// The longest wait for any event; two busy cores are slow.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Prints a line for a person, also while `cargo test` captures the output of tests.
pub fn progress(line: impl Display) {
    // A write to a closed standard error may fail.
    let _ = writeln!(std::io::stderr(), "localstack: {line}");
}

/// Polls `look` until it returns a value.
///
/// # Panics
/// Where there is no value within [`PATIENCE`].
pub fn eventually<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    within(what, look).unwrap_or_else(|late| panic!("{late}"))
}

/// Polls `look` until it returns a value.
///
/// # Errors
/// Where there is no value within [`PATIENCE`]; the text names what was expected.
pub fn within<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> Result<T, String> {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return Ok(found);
        }
        if Instant::now() > end {
            return Err(format!("not within {} s: {what}", PATIENCE.as_secs()));
        }
        thread::sleep(Duration::from_millis(100));
    }
}

/// Polls `look` until it returns `wanted`.
///
/// # Panics
/// Where it does not within [`PATIENCE`]; the text shows both values.
pub fn becomes<T: PartialEq + std::fmt::Debug>(what: &str, wanted: &T, mut look: impl FnMut() -> T) {
    let end = Instant::now() + PATIENCE;
    loop {
        let found = look();
        if found == *wanted {
            return;
        }
        assert!(
            Instant::now() < end,
            "not within {} s: {what}\n   found: {found:#?}\n  wanted: {wanted:#?}",
            PATIENCE.as_secs()
        );
        thread::sleep(Duration::from_millis(100));
    }
}

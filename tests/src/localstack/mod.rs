//! The platform on `LocalStack`, without Docker: start one, deploy the written templates with the real binaries, talk to it.
//!
//! No AWS SDK: what is tested is that the functions, which use it, and the templates mean the same as the raw API says.

pub mod client;
pub mod deploy;
pub mod feed;
pub mod instance;
pub mod intercept;
pub mod outside;
pub mod run;
pub mod stage;

use std::{
    fmt::Display,
    io::Write as _,
    thread,
    time::{Duration, Instant},
};

/// How long anything may take that is waited for; two busy cores are slow.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A line that a person follows, also while `cargo test` captures what tests print.
pub fn progress(line: impl Display) {
    // Whoever closed standard error follows nothing.
    let _ = writeln!(std::io::stderr(), "localstack: {line}");
}

/// Looks until there is something, and gives it.
///
/// # Panics
/// Where there is nothing within [`PATIENCE`].
pub fn eventually<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    within(what, look).unwrap_or_else(|late| panic!("{late}"))
}

/// Looks until there is something, and gives it.
///
/// # Errors
/// Where there is nothing within [`PATIENCE`]: what was waited for.
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

/// Looks until what is there is what is wanted.
///
/// # Panics
/// Where it is not within [`PATIENCE`], with both in full.
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

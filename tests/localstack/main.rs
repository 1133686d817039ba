//! The platform on `LocalStack`: the written templates, the real binaries, the real wire protocols.
//!
//! All scenarios share one deployment, which the first one makes, and take turns: some kill functions or throttle the table.
//! Each has orders, articles and mail addresses of its own. The contract suite runs beside them, on tables of its own. Nothing is waited for by time, only by looking.
//! `localstack/README.md` says what `LocalStack` cannot prove; that is not asserted here.

// A panic of a test's helper is its verdict.
#![allow(clippy::unwrap_used)]

mod books;
mod contract;
mod crash;
mod direct;
mod duplicates;
mod flow;
mod poison;
mod relay;
mod release;
mod throttle;
mod world;
mod wrappings;

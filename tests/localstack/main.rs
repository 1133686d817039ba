//! The platform on `LocalStack`: the written templates, the real binaries, the real wire protocols.
//!
//! All scenarios share one deployment, which the first one makes, and run one after another, since
//! some kill functions or throttle the table. Each has orders, articles and mail addresses of its
//! own. One of them deploys a second stage for itself, in the other style. The contract suite and the
//! tests of other people's events run beside them, on tables of their own. Waits poll for a state and never
//! sleep for a fixed time. `localstack/README.md` lists what `LocalStack` cannot prove; these tests
//! do not assert it.

// A panic of a test's helper is the test's result.
#![allow(clippy::unwrap_used)]

mod books;
mod contract;
mod crash;
mod direct;
mod duplicates;
mod flow;
mod foreign;
mod orchestration;
mod poison;
mod relay;
mod release;
mod throttle;
mod timers;
mod workspace;
mod world;
mod wrappings;

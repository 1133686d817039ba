//! `fulfilment`: the one owner of an order's way, in orchestration.
//!
//! ```text
//! reserving ──▶ charging ──▶ shipping ──▶ confirming ──▶ confirmed
//!     └────────────┴────────────┴─────────────┴─ short, declined, late, or the customer cancels
//!                                                     ──▶ all undone, the last first ──▶ cancelled
//! ```
//! Each step sends one command and waits for its reply, for [so long](Deadlines). `orders` has the
//! last word: it confirms the order, or says that its customer has cancelled it meanwhile. So a
//! cancellation is never lost, in whatever order the messages arrive.
//!
//! [`router`] answers where an order is: its step, since when, what it waits for and until when, and
//! what was done and undone, each with its cause.
//!
//! `PROCESS.md` beside this crate draws every state; a test walks them and keeps it fresh.
//!
//! In choreography this service is not deployed.

mod deadlines;
mod http;
mod job;
mod process;
mod steps;
mod view;

pub use deadlines::Deadlines;
pub use http::router;
pub use job::{At, Job, Wait};
pub use process::{Fulfilment, KIND};

/// The service `fulfilment`, with these deadlines of its steps.
pub fn service(deadlines: Deadlines) -> waxseal::Service {
    waxseal::Service::new("fulfilment").process(Fulfilment::new(deadlines))
}

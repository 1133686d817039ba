//! Environment variables: one table, from which everything that concerns them is made.
//!
//! `waxseal-aws` parses by it, and its errors quote it. Templates and their checks take names and ranges from it. The
//! table below is generated from it. The module depends on nothing, so a function that links it for its settings links
//! no application.
//!
//! Rejected: a struct with one field per variable and a derive. It would serve the parser alone; the templates, the
//! checks and the documentation need the entries as data.
//!
#![doc = include_str!("SETTINGS.md")]

mod document;
mod name;
mod setting;
mod suffix;
mod table;
mod value;

pub use document::markdown;
pub use name::{Name, concerns, judge};
pub use setting::{FunctionKind, Setting, Unset};
pub use suffix::suffix;
pub use table::{
    AWS_ENDPOINT, AWS_ENDPOINTS_IGNORED, AWS_REGION, BACKOFF, BUS, CLAIM_BYTES, CLAIMS, CLAIMS_FROM,
    COMMIT_GROUPING, CONCURRENCY, DEAD_LETTERS, FIFO_DEAD_LETTERS, FIFO_GROUPS, HORIZON, ISOLATION,
    KAFKA_RESPONSES, LEASE, LOG_HANDLED, MALFORMED, MAX_AGE, MAX_RECEIVES, METRICS, QUEUES,
    SERVICE_ENDPOINTS, SETTINGS, SWEEP, TABLE, TIMEOUT, TIMERS_OF, TOPICS, TOTAL_FAILURE,
};
pub use value::Values;

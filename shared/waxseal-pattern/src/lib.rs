//! Event patterns of EventBridge. Rules, SNS filter policies and event source mappings select by
//! them.
//!
//! A pattern matches what it matches on AWS, and is refused where `PutRule` refuses it. AWS
//! publishes its engine as `aws/event-ruler`. Where the engine and the EventBridge user guide
//! differ, the engine counts. One limit is not decided here, since AWS does not publish it: when
//! wildcards make a rule "too complex".
//!
//! A [`Pattern`] is compiled once, when a rule is put (`compile`, `operator`). For each event,
//! `event` finds the values of the pattern's fields in the event's text, and `search` combines
//! them.
//!
//! A [`Filter`] is a pattern over a payload that rules, filter policies and event source mappings
//! all understand alike. It is checked when it is compiled.
//!
//! ```
//! use waxseal_pattern::Pattern;
//!
//! let pattern = Pattern::parse(r#"{"source": ["orders"], "detail": {"total": [{"numeric": [">=", 100]}]}}"#).unwrap();
//! assert!(pattern.matches_text(r#"{"source": "orders", "detail": {"total": 100.0}}"#));
//! assert!(!pattern.matches_text(r#"{"source": "orders", "detail": {"total": 99}}"#));
//!
//! let refused = Pattern::parse(r#"{"source": "orders"}"#).unwrap_err();
//! assert!(refused.to_string().starts_with("event pattern, at source: "));
//! ```

mod address;
mod compile;
mod error;
mod event;
mod filter;
mod json;
mod known;
mod matcher;
mod number;
mod operator;
mod path;
mod pattern;
mod policy;
mod reserved;
mod search;
mod shared;
mod text;

pub use error::PatternError;
pub use filter::{CompiledFilter, Filter, FilterError, any_of};
pub use json::depth;
pub use known::Known;
pub use pattern::Pattern;

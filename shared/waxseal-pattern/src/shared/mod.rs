//! The check of a filter, at compile time: only what rules, filter policies and event source mappings
//! share.
//!
//! It is a reader of JSON in a constant function. A typed builder was the alternative. It would be a
//! second language beside AWS's, and the text goes into templates as it is written.
//!
//! Sources: EventBridge user guide, "Comparison operators"; SNS developer guide, "Filter policy
//! constraints", "Key matching", "String value matching" and "Numeric value matching"; Lambda
//! developer guide, "Filter rule syntax". What is left out, and why:
//!
//! - plain numbers: a mapping compares their text, so `300` is not `300.0`; `numeric` compares values;
//! - `exists` and `null`: in a topic a field that is null or empty counts as absent;
//! - `cidr`, `wildcard`, and operators inside of operators: a mapping knows none, a policy few;
//! - texts that are addresses: a rule compares them as addresses;
//! - `$or` below the top: several handlers of a service are joined by one.

mod reader;
mod word;

pub(crate) use reader::{Mistake, check};

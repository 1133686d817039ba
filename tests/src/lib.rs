//! What the tests that span parts have in common.

pub mod inputs;
pub mod runtime_api;

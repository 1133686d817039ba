//! What the tests that span parts have in common.

pub mod aws;
pub mod deliveries;
pub mod http;
pub mod inputs;
#[cfg(feature = "localstack")]
pub mod localstack;
pub mod outside;
pub mod runtime_api;
pub mod stand_ins;

/// The README's code compiles and holds, or the build fails.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

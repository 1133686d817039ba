//! The common parts of the tests that span several crates.

pub mod aws;
pub mod deliveries;
pub mod http;
pub mod inputs;
pub mod intake;
#[cfg(feature = "localstack")]
pub mod localstack;
pub mod outside;
pub mod parcels;
pub mod runtime_api;
pub mod stand_ins;

/// The code in the README: it compiles and passes, or the build fails.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

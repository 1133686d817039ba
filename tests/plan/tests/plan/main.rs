//! Tests that keep the plan: the imports, the length of files, the names that are gone, the types
//! that can grow, and the manifest of the benchmark.
//!
//! ARCHITECTURE.md states each rule in a sentence. A test that fails shows that sentence with the
//! file that breaks it.
#![allow(clippy::unwrap_used, reason = "a panic is a test's result")]

mod bench;
mod circles;
mod crates;
mod folders;
mod growth;
mod make;
mod names;
mod sizes;
mod source;

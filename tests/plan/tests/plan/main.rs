//! The plan of the house, kept: who imports whom, how long files are, which names are gone.
//!
//! ARCHITECTURE.md states each rule in a sentence. A test that fails shows that sentence with the file that breaks it.
#![allow(clippy::unwrap_used, reason = "a panic is a test's result")]

mod circles;
mod crates;
mod folders;
mod names;
mod sizes;
mod source;

//! The judgement on what was walked.

mod all;
mod assumptions;
mod ends;
mod inputs;
mod timers;

mod waits;

pub(super) use all::all;
pub(super) use assumptions::Assumptions;

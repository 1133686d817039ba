//! The test kit of Waxseal.
//!
//! [`MemoryTable`], [`ManualHost`] and [`RecordedDeadLetters`] stand in for a table, a clock and a
//! dead-letter queue, so that a service is tested in one process and in milliseconds. A [`Fixture`]
//! has one of each. The table loses writes and answers where a test asks for it. [`block_on`] runs a
//! future without a runtime.
//!
//! [`given`] tests the decisions of an aggregate as pure functions:
//! `given(state).when(message).then(state, emitted)`. [`given_process`] does so for a process, where
//! time passes too, and [`explore`] walks all of its states. [`given_history`] tests a decider, and
//! [`rows_in_any_order`] a projection. [`Alone`] runs one handler or effect.

mod alone;
mod any_order;
mod block_on;
mod dead_letters;
mod expected;
pub mod explore;
mod fixture;
mod given;
mod given_history;
mod given_process;
mod host;
mod memory;
mod messages;
mod shown;
pub mod simulation;

pub use alone::{Alone, Ran};
pub use any_order::rows_in_any_order;
pub use block_on::block_on;
pub use dead_letters::RecordedDeadLetters;
pub use expected::{Delayed, Expected, InSequence, Messages};
pub use fixture::Fixture;
pub use given::{Decision, Given, given};
pub use given_history::{GivenHistory, Happened, given_history};
pub use given_process::{GivenProcess, StepTaken, given_process};
pub use host::ManualHost;
pub use memory::MemoryTable;
pub use messages::{of_kind, raw};

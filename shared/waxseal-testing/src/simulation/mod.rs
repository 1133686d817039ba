//! Simulations: a whole system on many seeds, and the shortest input that breaks an invariant.
//!
//! A seed decides all random choices: the order in which tasks run, duplicates, crashes, lost
//! answers. [`simulate`] runs a [`Simulation`] on many seeds, on every core of the machine. Where
//! an invariant is broken, it [shrinks](shrink) the input and reports the way to repeat the
//! failure. With the feature `local`, `AppSimulation` simulates an application on the embedded
//! environment.

#[cfg(feature = "local")]
mod app;
mod run;
mod shrink;

#[cfg(feature = "local")]
pub use app::{AppSimulation, Invariant, simulate_app};
pub use run::{Broken, Simulated, Simulation, simulate};
pub use shrink::shrink;

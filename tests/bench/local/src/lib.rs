//! The workloads of `make bench-local`.
//!
//! One is small: a service that emits, the bus, and two services with state. It shows what the
//! environment itself costs. The other is the order platform, with everything that an application
//! has. Both run on the virtual clock, from one seed, on one thread.

mod deliveries;
mod platform;
mod processor;

pub use deliveries::Deliveries;
pub use platform::PlatformRun;
pub use processor::Processor;

/// The orders of one run.
pub const ORDERS: usize = 3_000;
/// The orders that are fed at once where they do not all wait at once.
pub const PORTION: usize = 100;

//! Handlers: the reactions of a service, what they stage, and why they fail.
//!
//! [`Handler`] is the transactional form, [`Decide`] the pure one, [`Effect`] the leased one. A [`Service`] registers them, and
//! the engine runs them in one erased form. The folder knows no engine and no batches.

pub mod catalog;
mod decide;
mod effect;
mod erased;
mod failure;
mod reason;
mod replay;
mod sequencing;
mod service;
mod transactional;
mod unit;

pub(crate) use catalog::Mode;
pub use decide::{Decide, Out};
pub(crate) use effect::Keys;
pub use effect::{Attempt, Done, Effect};
pub(crate) use erased::{DEFAULT_LEASE, Decoded, Incoming, RunError, Success};
pub use failure::Failure;
pub(crate) use reason::Reason;
pub use replay::Replay;
pub use sequencing::Sequencing;
pub(crate) use sequencing::{Standing, standing};
pub(crate) use service::Route;
pub use service::{Service, ServiceError};
pub use transactional::Handler;
pub use unit::Unit;
pub(crate) use unit::{Run, Staged};

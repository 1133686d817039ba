//! The engine: runs a service's handlers over a table, one message at a time.
//!
//! [`Engine`] takes a message to every handler that wants it. A transactional handler commits its
//! receipt with its state in one write; an effect runs under a lease. The folder knows no batches
//! and no relay.

mod attempts;
mod blocked;
mod cache;
mod delivery;
mod door;
mod ended;
mod fold;
mod guard;
mod handle;
mod judge;
mod lease;
mod left;
mod names;
mod outcome;
mod poison;
mod reads;
mod release;
mod run;
mod settings;
mod switching;
mod target;
mod task;
mod transact;
mod undo;
mod wake;

pub use delivery::Delivery;
pub(crate) use delivery::{Failed, FailedHandlers};
pub use door::{Answer, Call, Rejected};
pub(crate) use fold::LONGEST;
pub use handle::Engine;
pub use outcome::Outcome;
pub(crate) use poison::Marked;
pub use release::{EffectOutcome, Release, ReleaseError, Released};
pub use settings::Settings;
pub use switching::{DropError, drop_rows};
pub(crate) use target::Target;

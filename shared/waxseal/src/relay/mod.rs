//! The relay: publishes the emissions of receipts. It sends the stored bytes, in a receipt's order,
//! and repeats each until its channel has taken it.
//!
//! The table's stream feeds it. A [`Sweep`] reads emissions that the stream has forgotten from the
//! receipts themselves. [`Messages`] are those of a program without a table. The folder knows no
//! batches.

mod messages;
mod pending;
mod progress;
mod publish;
mod publisher;
mod sweep;
mod tick;
mod unpublished;

pub use messages::Messages;
pub use pending::Pending;
pub use progress::Progress;
pub use publish::publish;
pub use publisher::{CHANNEL_WAIT, Publish, PublishError, PublishErrorKind, Relay};
pub use sweep::{Counts, Receipts, SWEEP_REACH, Sweep, SweepError, Window};
pub use tick::{TICK, Ticked, Timers, tick};
pub use unpublished::{Unpublished, UnpublishedMessage};

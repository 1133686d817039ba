//! The relay: publishes what receipts emitted. It sends the stored bytes, in a receipt's order, each until the channel took it.
//!
//! The table's stream feeds it. A [`Sweep`] reads from the receipts themselves what a stream has forgotten. The folder knows no
//! batches.

mod progress;
mod publish;
mod publisher;
mod sweep;

pub use progress::Progress;
pub use publish::publish;
pub use publisher::{CHANNEL_WAIT, Pending, PublishError, PublishErrorKind, Publisher, Relay};
pub use sweep::{Counts, Receipts, SWEEP_REACH, Sweep, SweepError, Window};

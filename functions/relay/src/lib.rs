//! `relay`: publishes what the receipts of one table emitted, from the table's stream to EventBridge, SNS and SQS; and, when a
//! person asks for it, from the receipts themselves what the stream has forgotten.
//!
//! One binary, one instance per service stack, with that service's permissions: that only the owner publishes an event is
//! an IAM condition. It decides nothing: the stored bytes are what is published, and the response to Lambda is the
//! checkpoint (O-1, O-3, O-6).

use std::{sync::Arc, time::Duration};

use waxseal::{
    Host,
    dead_letter::DeadLetters,
    relay::{Publisher, Receipts},
};
use waxseal_lambda::Relay;

/// The relay: what can never be published goes to `dead_letters`, under this name. A sweep of `receipts` may begin as far back as
/// `reach`.
pub fn relay<P: Publisher, D: DeadLetters>(
    publisher: P,
    dead_letters: D,
    receipts: impl Receipts + 'static,
    host: Arc<dyn Host>,
    reach: Duration,
) -> Relay<P, D> {
    Relay::new("relay", publisher, dead_letters, host).sweeping(receipts, reach)
}

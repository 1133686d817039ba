//! `relay`: publishes the emissions of one table's receipts to EventBridge, SNS and SQS. It reads
//! them from the table's stream, or, for a sweep that a person invokes, from the receipts
//! themselves.
//!
//! It is one binary, with one instance in each service's stack and that service's permissions. An
//! IAM condition ensures that only the owner publishes an event. The relay decides nothing: it
//! publishes the stored bytes, and the response to Lambda is the checkpoint (O-1, O-3, O-6).

use std::{sync::Arc, time::Duration};

use waxseal::{
    Host,
    dead_letter::DeadLetters,
    relay::{Publisher, Receipts},
};
use waxseal_lambda::Relay;

/// The relay. Messages that can never be published go to `dead_letters`, under this name. A sweep
/// of `receipts` may begin as far back as `reach`.
pub fn relay<P: Publisher, D: DeadLetters>(
    publisher: P,
    dead_letters: D,
    receipts: impl Receipts + 'static,
    host: Arc<dyn Host>,
    reach: Duration,
) -> Relay<P, D> {
    Relay::new("relay", publisher, dead_letters, host).sweeping(receipts, reach)
}

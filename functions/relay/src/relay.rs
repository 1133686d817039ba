//! The relay, put together.

use std::{sync::Arc, time::Duration};

use waxseal::{
    Host,
    dead_letter::DeadLetters,
    relay::{Publish, Receipts},
};
use waxseal_lambda::Relay;

/// The relay. Messages that can never be published go to `dead_letters`, under this name. A sweep
/// of `receipts` may begin as far back as `reach`.
pub fn relay<P: Publish, D: DeadLetters>(
    publisher: P,
    dead_letters: D,
    receipts: impl Receipts + 'static,
    host: Arc<dyn Host>,
    reach: Duration,
) -> Relay<P, D> {
    Relay::new("relay", publisher, dead_letters, host).sweeping(receipts, reach)
}

//! `relay`: publishes what the receipts of one table emitted, from the table's stream to EventBridge, SNS and SQS.
//!
//! One binary, one instance per service stack, with that service's permissions: that only the owner publishes an event is
//! an IAM condition. It decides nothing: the stored bytes are what is published, and the response to Lambda is the
//! checkpoint (O-1, O-3, O-6).

use waxseal::{batch::DeadLetters, relay::Publisher};
use waxseal_lambda::Function;

/// The relay: what can never be published goes to `dead_letters`, under this name.
pub fn function(publisher: impl Publisher, dead_letters: impl DeadLetters) -> Function {
    Function::relay("relay", publisher, dead_letters)
}

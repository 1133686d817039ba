//! What the core must be told, since it has neither clock nor entropy.

use crate::token::Token;
use waxseal_message::Timestamp;

/// The time, and tokens that nobody else has. The embedded environment gives both from one seed.
pub trait Host: Send + Sync + 'static {
    /// Now, to the millisecond.
    fn now(&self) -> Timestamp;
    /// A token that no other call, process or machine has been given.
    fn token(&self) -> Token;
}

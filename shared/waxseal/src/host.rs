//! The host: the core has neither clock nor entropy and gets both from it.

use crate::token::Token;
use waxseal_message::Timestamp;

/// The source of time and of unique tokens. The embedded environment makes both from one seed.
pub trait Host: Send + Sync + 'static {
    /// The current time, to the millisecond.
    fn now(&self) -> Timestamp;
    /// A token that no other call, process or machine gets.
    fn token(&self) -> Token;
}

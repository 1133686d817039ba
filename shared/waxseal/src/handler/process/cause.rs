//! The facts of one input of a process.

use waxseal_message::Timestamp;

/// The facts of one input.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cause {
    pub(crate) now: Timestamp,
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) source: String,
    /// The id of the message that caused the input.
    pub(crate) causation: Option<String>,
    pub(crate) correlation: String,
    /// Whose emissions they are.
    pub(crate) consumer: String,
}

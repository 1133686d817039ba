//! One invocation, besides its payload.

use waxseal::Timestamp;

/// The context that Lambda gives to one invocation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Invocation {
    /// Lambda's id of the invocation. Every log line has it.
    pub request_id: String,
    /// The time at which Lambda ends the invocation.
    pub deadline: Option<Timestamp>,
    /// The X-Ray header (`Root=…;Parent=…;Sampled=1`). HTTP and the sources that deliver one event at a time give it to
    /// that event. In a batch each record has a trace of its own.
    pub trace: Option<String>,
}

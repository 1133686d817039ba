//! One invocation, besides its payload.

use waxseal::Timestamp;

/// The context that Lambda gives to one invocation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Invocation {
    /// Lambda's id of the invocation. Every log line has it.
    pub request_id: String,
    /// The time at which Lambda ends the invocation.
    pub deadline: Option<Timestamp>,
    /// The X-Ray header (`Root=…;Parent=…;Sampled=1`). HTTP and the sources that deliver one event at a time give it to
    /// that event. In a batch each record has a trace of its own.
    pub trace: Option<String>,
}

impl Invocation {
    /// An invocation of this id, without a deadline and without a trace.
    pub fn new(request_id: impl Into<String>) -> Self {
        Self { request_id: request_id.into(), ..Self::default() }
    }

    /// The same invocation, which Lambda ends at `deadline`.
    #[must_use]
    pub fn ending_at(self, deadline: Timestamp) -> Self {
        Self { deadline: Some(deadline), ..self }
    }

    /// The same invocation with this X-Ray header.
    #[must_use]
    pub fn traced(self, trace: impl Into<String>) -> Self {
        Self { trace: Some(trace.into()), ..self }
    }
}

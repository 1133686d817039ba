//! The emissions of one receipt that a relay has still to publish.

use waxseal_message::Timestamp;

use crate::emission::Emission;

/// The emissions of one receipt, from a stream record or a sweep.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Pending {
    /// The name of the receipt in the response: the stream record's sequence number, or the
    /// receipt's key.
    pub record: String,
    /// The time at which the record was written; `None` where only the envelopes have one.
    pub at: Option<Timestamp>,
    /// The content of the attribute [`EMITTED`](crate::table::attribute::EMITTED), or the reason
    /// why it cannot be read.
    pub emissions: Result<Vec<Emission>, String>,
    /// The attribute in its stored form, for the dead-letter queue.
    pub body: Vec<u8>,
}

impl Pending {
    /// The emissions of one receipt, whose time only its envelopes tell.
    pub fn new(
        record: impl Into<String>,
        emissions: Result<Vec<Emission>, String>,
        body: impl Into<Vec<u8>>,
    ) -> Self {
        Self { record: record.into(), at: None, emissions, body: body.into() }
    }

    /// The same, written at this time where it is known.
    #[must_use]
    pub fn written_at(self, at: Option<Timestamp>) -> Self {
        Self { at, ..self }
    }
}

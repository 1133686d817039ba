//! An event's place in its entity's sequence, in the event's metadata (S-34).

use serde_json::Value;

use crate::envelope::Envelope;

/// The metadata member with the entity that an envelope is about; [`NUMBER`] stands beside it.
pub const SUBJECT: &str = "subject";
/// The metadata member with the count of events that were emitted about the subject, this one
/// included.
pub const NUMBER: &str = "sequence";

impl<D> Envelope<D> {
    /// The entity that the event is about, and the event's number in that entity's sequence, from 1
    /// (S-34).
    #[must_use]
    pub fn sequence(&self) -> Option<(&str, u64)> {
        let subject =
            self.metadata.get(SUBJECT).and_then(Value::as_str).filter(|subject| !subject.is_empty())?;
        let number = self.metadata.get(NUMBER).and_then(Value::as_u64).filter(|number| *number > 0)?;
        Some((subject, number))
    }
}

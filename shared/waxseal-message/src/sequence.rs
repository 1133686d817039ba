//! An event's place in its entity's sequence, as its metadata carries it (S-34).

use serde_json::Value;

use crate::envelope::Envelope;

/// The entity that an envelope is about: a member of its metadata, beside [`NUMBER`].
pub const SUBJECT: &str = "subject";
/// How many events were emitted about the subject, this one included.
pub const NUMBER: &str = "sequence";

impl<D> Envelope<D> {
    /// The entity that it was emitted about and its number in that entity's sequence, from 1 (S-34).
    #[must_use]
    pub fn sequence(&self) -> Option<(&str, u64)> {
        let subject =
            self.metadata.get(SUBJECT).and_then(Value::as_str).filter(|subject| !subject.is_empty())?;
        let number = self.metadata.get(NUMBER).and_then(Value::as_u64).filter(|number| *number > 0)?;
        Some((subject, number))
    }
}

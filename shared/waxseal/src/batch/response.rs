//! The response of a batch: the records that are reported as failed.

use crate::batch::{outcome::RecordOutcome, record::Record};

/// The ids of the failed records: in input order, each once, never empty (S-4, S-5).
///
/// # Errors
/// [`MissingId`] where a failed record has no id: to Lambda an empty identifier means that every
/// record failed.
pub fn failures<'a>(records: &'a [Record], outcomes: &[RecordOutcome]) -> Result<Vec<&'a str>, MissingId> {
    if let Some(index) = records.iter().position(|record| record.id.is_empty()) {
        return Err(MissingId { index });
    }
    let mut seen = std::collections::HashSet::new();
    // Without an outcome the record may not be done (S-22).
    let is_failed = |index: usize| outcomes.get(index).is_none_or(RecordOutcome::is_failed);
    Ok(records
        .iter()
        .enumerate()
        .filter(|(index, record)| is_failed(*index) && seen.insert(record.id.as_str()))
        .map(|(_, record)| record.id.as_str())
        .collect())
}

/// The error for a failed record without an id. It cannot be reported, so the whole invocation must
/// fail (S-4).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("record {index} has no id, so it cannot be reported as failed: the whole invocation fails instead")]
#[non_exhaustive]
pub struct MissingId {
    /// Its position in the batch.
    pub index: usize,
}

impl MissingId {
    /// The record at this position has no id.
    #[must_use]
    pub const fn at(index: usize) -> Self {
        Self { index }
    }
}

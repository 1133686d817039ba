//! What is reported as failed.

use crate::batch::{outcome::RecordOutcome, record::Record};

/// The ids to report as failed: in input order, each once, never empty (S-4, S-5).
///
/// # Errors
/// [`MissingId`] where a record has none: an empty identifier would mean "everything failed" to Lambda.
pub fn failures<'a>(records: &'a [Record], verdicts: &[RecordOutcome]) -> Result<Vec<&'a str>, MissingId> {
    if let Some(index) = records.iter().position(|record| record.id.is_empty()) {
        return Err(MissingId { index });
    }
    let mut seen = std::collections::HashSet::new();
    // Without a verdict it is not known to be done (S-22).
    let is_failed = |index: usize| verdicts.get(index).is_none_or(RecordOutcome::is_failed);
    Ok(records
        .iter()
        .enumerate()
        .filter(|(index, record)| is_failed(*index) && seen.insert(record.id.as_str()))
        .map(|(_, record)| record.id.as_str())
        .collect())
}

/// A record without an id cannot be reported, so the whole invocation must fail (S-4).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("record {index} has no id, so it cannot be reported as failed: the whole invocation fails instead")]
pub struct MissingId {
    /// Its position in the batch.
    pub index: usize,
}

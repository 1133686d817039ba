//! The responses that Lambda expects. Lambda is strict: an empty, unknown or repeated identifier, or `null`, means "everything
//! failed" (S-1, S-4, S-5).

use std::collections::BTreeMap;

use serde::Serialize;
use waxseal::batch::{MissingId, RecordOutcome, TotalFailure, failures};

use crate::{
    error::InvokeError,
    source::batch::{Answer, Batch},
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Partial<'a> {
    batch_item_failures: Vec<Failed<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Failed<'a> {
    item_identifier: Identifier<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Identifier<'a> {
    /// A message's id, a sequence number.
    Id(&'a str),
    /// Source: Lambda developer guide, "Configuring error handling controls for Kafka event sources".
    Offset { partition: &'a str, offset: i64 },
}

/// Before anything runs: every record that may have to be named can be (S-4).
pub(crate) fn check_ids(batch: &Batch) -> Result<(), MissingId> {
    failures(&batch.records, &[]).map(|_| ())
}

/// The response to a batch that ran.
pub(crate) fn write(
    batch: &Batch,
    outcomes: &[RecordOutcome],
    total: TotalFailure,
) -> Result<Vec<u8>, InvokeError> {
    let mut failed = failures(&batch.records, outcomes)?;
    let is_total = !outcomes.is_empty() && outcomes.iter().all(RecordOutcome::is_failed);
    match batch.answer {
        // The event source mapping slows down for a failed invocation, not for a full response (S-7).
        _ if is_total && total == TotalFailure::Raise => whole(batch, outcomes, failed.len()),
        Answer::Named => partial(&failed),
        Answer::First => {
            // The checkpoint: Lambda delivers this record and all later ones again (S-33).
            failed.truncate(1);
            partial(&failed)
        }
        Answer::Partitions => match offsets(&failed) {
            Some(offsets) => named(offsets),
            None => whole(batch, outcomes, failed.len()),
        },
        Answer::Whole => whole(batch, outcomes, failed.len()),
    }
}

/// The first failed offset of each partition: Lambda goes on from there in that partition. Ids are `partition:offset`.
fn offsets<'a>(failed: &[&'a str]) -> Option<Vec<Failed<'a>>> {
    let mut first: BTreeMap<&str, i64> = BTreeMap::new();
    for id in failed {
        let (partition, offset) = id.rsplit_once(':')?;
        let offset: i64 = offset.parse().ok()?;
        first.entry(partition).and_modify(|least| *least = offset.min(*least)).or_insert(offset);
    }
    let failed = |(partition, offset)| Failed { item_identifier: Identifier::Offset { partition, offset } };
    Some(first.into_iter().map(failed).collect())
}

/// The response that names these records.
pub(crate) fn partial(ids: &[&str]) -> Result<Vec<u8>, InvokeError> {
    named(ids.iter().map(|id| Failed { item_identifier: Identifier::Id(id) }).collect())
}

fn named(failed: Vec<Failed<'_>>) -> Result<Vec<u8>, InvokeError> {
    serde_json::to_vec(&Partial { batch_item_failures: failed }).map_err(InvokeError::Response)
}

/// For sources without partial responses: all or nothing (S-38).
fn whole(batch: &Batch, outcomes: &[RecordOutcome], failed: usize) -> Result<Vec<u8>, InvokeError> {
    let first = batch.records.iter().zip(outcomes).find(|(_, outcome)| outcome.is_failed());
    match first {
        // Lambda ignores the response here. It is not null, so that "never null" has no exception.
        None => partial(&[]),
        Some((record, outcome)) => Err(InvokeError::Failed {
            failed,
            records: batch.records.len(),
            first: record.id.clone(),
            reason: match outcome {
                RecordOutcome::Failed { reason, .. } => reason.clone(),
                RecordOutcome::Unstarted => {
                    "too little of the invocation's time was left to start it".to_owned()
                }
                _ => "not run".to_owned(),
            },
        }),
    }
}

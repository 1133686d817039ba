//! The progress of each record of a batch. It decides the outcomes when the invocation ends early.

use std::sync::MutexGuard;

use foldhash::{HashSet, HashSetExt as _};

use crate::{
    batch::{outcome::RecordOutcome, record::Record},
    lock::Lock,
};

/// The stage of a record.
#[derive(Debug)]
enum Stage {
    /// The record has not started.
    Waiting,
    /// The record runs, or waits for an answer.
    Running,
    Known(RecordOutcome),
}

/// The stages of a batch's records, in the batch's order.
#[derive(Debug)]
pub(super) struct Progress(Lock<Vec<Stage>>);

/// The reason of a record whose call was dropped at the cutoff.
const CUT_OFF: &str = "the invocation's time was over before the table, the dead-letter queue or the handler answered: what was \
     sent may have been applied, and is found when the record comes again";

impl Progress {
    pub(super) fn of(records: usize) -> Self {
        Self(Lock::new((0..records).map(|_| Stage::Waiting).collect()))
    }

    fn stages(&self) -> MutexGuard<'_, Vec<Stage>> {
        self.0.lock()
    }

    /// Marks the record at `index` as running.
    pub(super) fn begin(&self, index: usize) {
        self.stages()[index] = Stage::Running;
    }

    /// Stores the outcome of the record at `index`.
    pub(super) fn conclude(&self, index: usize, outcome: RecordOutcome) {
        self.stages()[index] = Stage::Known(outcome);
    }

    /// Reads the outcome of the record at `index`, where it has one.
    pub(super) fn look<T>(&self, index: usize, look: impl FnOnce(&RecordOutcome) -> T) -> Option<T> {
        match &self.stages()[index] {
            Stage::Known(outcome) => Some(look(outcome)),
            Stage::Waiting | Stage::Running => None,
        }
    }

    /// The outcome of each record. A running record has failed. A waiting one has not started, or
    /// is blocked by an earlier record of its group (S-20, S-22).
    pub(super) fn into_outcomes(self, records: &[Record]) -> Vec<RecordOutcome> {
        let mut broken: HashSet<&str> = HashSet::new();
        let mut cut_off = 0;
        let stages = self.0.into_inner();
        let outcomes = stages
            .into_iter()
            .zip(records)
            .map(|(stage, record)| {
                let outcome = match (stage, record.group.as_deref()) {
                    (Stage::Known(outcome), _) => outcome,
                    (Stage::Running, _) => {
                        cut_off += 1;
                        RecordOutcome::Failed { reason: CUT_OFF.to_owned(), retry_after: None }
                    }
                    (Stage::Waiting, Some(group)) if broken.contains(group) => RecordOutcome::Blocked,
                    (Stage::Waiting, _) => RecordOutcome::Unstarted,
                };
                if let (RecordOutcome::Failed { .. }, Some(group)) = (&outcome, record.group.as_deref()) {
                    broken.insert(group);
                }
                outcome
            })
            .collect();
        if cut_off > 0 {
            tracing::warn!(records = cut_off, reason = CUT_OFF, "failed, come again");
        }
        outcomes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{batch::record::Content, engine::Outcome};

    fn record(id: &str, group: Option<&str>) -> Record {
        let record = Record::new(id, Vec::new(), Content::Ignored("for a test"));
        Record { group: group.map(str::to_owned), ..record }
    }

    #[test]
    fn s22_what_the_end_found_unfinished_is_failed_unstarted_or_blocked() {
        let records = [
            record("done", Some("a")),
            record("runs", Some("a")),
            record("behind", Some("a")),
            record("waits", Some("b")),
            record("runs alone", None),
            record("waits alone", None),
        ];
        let progress = Progress::of(records.len());
        for index in [0, 1, 4] {
            progress.begin(index);
        }
        progress.conclude(0, RecordOutcome::Done(Some(Outcome::Applied)));
        let outcomes = progress.into_outcomes(&records);
        assert!(matches!(
            &outcomes[..],
            [
                RecordOutcome::Done(Some(Outcome::Applied)),
                RecordOutcome::Failed { .. },
                RecordOutcome::Blocked,
                RecordOutcome::Unstarted,
                RecordOutcome::Failed { .. },
                RecordOutcome::Unstarted,
            ]
        ));
    }
}

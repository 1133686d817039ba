//! The attempts of one unit of work: the only loop that runs it again after a lost race.
//!
//! A condition on state may refuse a commit, because another process wrote first, or because a
//! handler writes an entity that it did not load. Within a batch another record may have written
//! first. That loses no race: the unit waits for the lock.

use crate::{
    commit::{Access, CommitError, EntityLock, WriteEpoch},
    handler::Failure,
    row::{history, state},
    table::{Item, Key, Refusal, WriteError},
};

/// The step after a commit that was not applied.
#[derive(Debug)]
pub(super) enum Next {
    /// Another attempt, on fresh reads.
    Again,
    /// The receipt refused the commit. This item is stored under its key now.
    Receipt(Option<Item>),
}

/// The attempts of one unit of work.
pub(super) struct Attempts<'a> {
    access: Access<'a>,
    /// The largest number of refused attempts.
    most: u32,
    refused: u32,
    /// The entities that refused the last attempt, in their stored form at that time.
    standing: Vec<Refusal>,
    began: WriteEpoch,
    lock: EntityLock,
}

impl<'a> Attempts<'a> {
    /// Up to `reruns` attempts after the first one.
    pub(super) fn new(access: Access<'a>, reruns: u32) -> Self {
        let (standing, began, lock) = (Vec::new(), access.epoch(), EntityLock::default());
        Self { access, most: reruns, refused: 0, standing, began, lock }
    }

    /// The number of refused attempts.
    pub(super) fn refused(&self) -> u32 {
        self.refused
    }

    /// Begins an attempt, before anything is read.
    ///
    /// # Errors
    /// [`Failure::Contended`] where no attempt is left.
    pub(super) fn begin(&mut self) -> Result<(), Failure> {
        if self.refused > self.most {
            return Err(Failure::Contended { tries: self.refused });
        }
        self.began = self.access.epoch();
        Ok(())
    }

    /// The step after an attempt whose commit failed with `error`. `is_receipt` knows the keys of
    /// the unit's receipts.
    ///
    /// # Errors
    /// Errors that another attempt cannot mend.
    pub(super) async fn next(
        &mut self,
        error: CommitError,
        is_receipt: impl Fn(&Key) -> bool,
    ) -> Result<Next, Failure> {
        match self.access.or_conflict_in_batch(error, self.began) {
            CommitError::ConflictInBatch(keys) => {
                // The old lock is released first: two units that want each other's items would
                // otherwise deadlock.
                self.lock = EntityLock::default();
                // Writers of one history each meet another of its items, so its row is locked.
                self.lock = self.access.lock(keys.into_iter().map(history::row_of).collect()).await;
                Ok(Next::Again)
            }
            CommitError::Write(WriteError::Refused(refusals)) => {
                self.refused += 1;
                match refusals.iter().find(|refusal| is_receipt(&refusal.key)) {
                    Some(refusal) => Ok(Next::Receipt(refusal.stored.clone())),
                    None => self.lost(refusals).map(|()| Next::Again),
                }
            }
            CommitError::Write(error) => Err(error.into()),
        }
    }

    /// Notes the entities that refused an attempt.
    ///
    /// # Errors
    /// [`Failure::NotLoaded`] where an entity refuses that has not changed since it refused the
    /// attempt before. A handler that had loaded it in between would have written on the stored
    /// version, so no further attempt can help.
    fn lost(&mut self, refusals: Vec<Refusal>) -> Result<(), Failure> {
        let entities: Vec<Refusal> =
            refusals.into_iter().filter(|refusal| state::is_key(&refusal.key)).collect();
        if let Some(Refusal { key, stored }) = entities.iter().find(|refusal| self.standing.contains(refusal))
        {
            return Err(Failure::NotLoaded { entity: key.to_string(), exists: stored.is_some() });
        }
        self.standing = entities;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;
    use crate::table::{AnyTable, Due, DuePage, Page, Query, Scan, ScanPage, Table, TableError, Write};

    /// A table that is never used.
    struct Empty;
    impl Table for Empty {
        async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableError> {
            Ok(vec![None; keys.len()])
        }
        async fn query(&self, _: &Query) -> Result<Page, TableError> {
            Ok(Page::default())
        }
        async fn scan(&self, _: &Scan) -> Result<ScanPage, TableError> {
            Ok(ScanPage::default())
        }
        async fn due(&self, _: &Due) -> Result<DuePage, TableError> {
            Ok(DuePage::default())
        }
        async fn write(&self, _: &[Write]) -> Result<(), WriteError> {
            Ok(())
        }
    }

    fn attempts(table: &dyn AnyTable) -> Attempts<'_> {
        Attempts::new(Access::Alone(table), 10)
    }

    /// The step after a refusal by the one item of this kind, which is stored with this version.
    fn refused(attempts: &mut Attempts<'_>, sort: &str, version: Option<i64>) -> Result<Next, Failure> {
        let key = Key::of("hat", &["1"], sort.to_owned());
        let stored = version.map(|version| Item::new(key.clone()).number("version", version));
        let error = CommitError::Write(WriteError::Refused(vec![Refusal { key, stored }]));
        let receipt = Key::of("hat", &["1"], "receipt");
        attempts.next(error, |key| *key == receipt).now_or_never().expect("alone, no attempt waits")
    }

    #[test]
    fn c2_an_entity_that_stands_as_it_stood_was_not_loaded() {
        let table = Empty;
        let mut first = attempts(&table);
        for version in [1, 2, 1, 2] {
            assert!(refused(&mut first, "state", Some(version)).is_ok(), "others write it: a race");
        }
        let failure = refused(&mut first, "state", Some(2)).unwrap_err();
        assert!(matches!(failure, Failure::NotLoaded { exists: true, .. }), "{failure}");
        assert_eq!(first.refused(), 5);

        let mut second = attempts(&table);
        assert!(refused(&mut second, "state", None).is_ok());
        let failure = refused(&mut second, "state", None).unwrap_err();
        assert!(matches!(failure, Failure::NotLoaded { exists: false, .. }), "{failure}");
    }

    #[test]
    fn c2_a_cursor_is_no_entity_and_attempts_are_bounded() {
        let table = Empty;
        let mut attempts = attempts(&table);
        for _ in 0..11 {
            attempts.begin().unwrap();
            assert!(matches!(refused(&mut attempts, "cursor", Some(1)), Ok(Next::Again)));
        }
        assert!(matches!(attempts.begin(), Err(Failure::Contended { tries: 11 })));
    }

    #[test]
    fn c2_a_refused_receipt_is_known_and_not_lost() {
        let table = Empty;
        let mut attempts = attempts(&table);
        assert!(matches!(refused(&mut attempts, "receipt", Some(1)), Ok(Next::Receipt(Some(_)))));
        assert!(matches!(refused(&mut attempts, "receipt", None), Ok(Next::Receipt(None))));
    }
}

//! A table's stream, as its event source mapping reads it: the changes that the mapping's filter
//! selects, until the mapping has passed them.
//!
//! DynamoDB keeps every change for 24 hours, and Lambda reads them all. Here a change is filtered
//! when it happens, from the items themselves. Most changes are asked for by no filter, so no
//! record of them is kept, and none is written as JSON.

use std::{
    collections::VecDeque,
    sync::{Arc, MutexGuard},
    time::Duration,
};

use waxseal::{Timestamp, lock::Lock};
use waxseal_pattern::Pattern;

use crate::{
    signal::{Changed, Signal},
    wire::{self, StreamRecord},
};

/// The retention of a DynamoDB stream.
const RETENTION: Duration = Duration::from_hours(24);

/// The part of a table's stream that one mapping has still to read. Clones are the same one.
#[derive(Debug, Clone)]
pub(crate) struct Stream {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    table: String,
    filter: Pattern,
    /// Oldest first.
    records: Lock<VecDeque<Arc<StreamRecord>>>,
    signal: Signal,
}

impl Stream {
    /// The stream of a table from now on, for a mapping with this filter.
    pub(crate) fn new(table: &str, filter: Pattern) -> Self {
        let (records, signal) = (Lock::default(), Signal::default());
        Self { inner: Arc::new(Inner { table: table.to_owned(), filter, records, signal }) }
    }

    fn records(&self) -> MutexGuard<'_, VecDeque<Arc<StreamRecord>>> {
        self.inner.records.lock()
    }

    /// Takes in a change. A mapping never sees those that its filter leaves out (O-5).
    pub(crate) fn record(&self, record: &Arc<StreamRecord>) {
        if self.selects(record) {
            let mut records = self.records();
            trim(&mut records, record.at);
            records.push_back(record.clone());
            drop(records);
            self.inner.signal.notify();
        }
    }

    fn selects(&self, record: &Arc<StreamRecord>) -> bool {
        let known = self.inner.filter.matches_fields(|path| wire::stream_field(record, path));
        known.unwrap_or_else(|| {
            self.inner.filter.matches_text(&wire::stream_record(&self.inner.table, record))
        })
    }

    /// The oldest records, at most `most`.
    pub(crate) fn oldest(&self, most: usize, now: Timestamp) -> Vec<Arc<StreamRecord>> {
        let mut records = self.records();
        trim(&mut records, now);
        records.iter().take(most).cloned().collect()
    }

    /// Forgets the records before `sequence`: the mapping has passed them.
    pub(crate) fn pass(&self, sequence: u64) {
        let mut records = self.records();
        while records.front().is_some_and(|record| record.sequence < sequence) {
            records.pop_front();
        }
    }

    /// These records as the mapping hands them to its function.
    pub(crate) fn event(&self, records: &[Arc<StreamRecord>]) -> Vec<u8> {
        wire::stream_event(&self.inner.table, records)
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.records().len()
    }

    pub(crate) fn changed(&self) -> Changed {
        self.inner.signal.changed()
    }
}

/// Drops what DynamoDB would have forgotten.
fn trim(records: &mut VecDeque<Arc<StreamRecord>>, now: Timestamp) {
    while records.front().is_some_and(|record| record.at + RETENTION < now) {
        records.pop_front();
    }
}

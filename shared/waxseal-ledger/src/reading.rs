//! The entries of some days, each once.

use std::collections::BTreeSet;

use waxseal::Timestamp;

use crate::{
    entry::Entry,
    object::{NotAnObject, day, day_prefix, unpack},
    store::{LedgerStore, StoreError},
};

/// The days that are read, in UTC, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// A time of the first day.
    pub first: Timestamp,
    /// A time of the last day.
    pub last: Timestamp,
}

impl Days {
    fn each(self) -> Vec<String> {
        let mut days = Vec::new();
        let mut at = self.first;
        while at <= self.last {
            days.push(day(at));
            at = at.saturating_add(std::time::Duration::from_hours(24));
        }
        let last = day(self.last);
        if days.last() != Some(&last) && self.first <= self.last {
            days.push(last);
        }
        days
    }
}

/// The ledger could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The store cannot be reached.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An object is damaged. Its entries are not left out in silence.
    #[error(transparent)]
    Damaged(#[from] NotAnObject),
}

/// The entries of a service on some days, each once (E-11), in the order of their sequence numbers.
///
/// Batches may overlap where a stream's reader was started anew, so a record may be in two objects.
///
/// # Errors
/// Where the store cannot be reached, or an object is damaged.
pub async fn read(store: &impl LedgerStore, service: &str, days: Days) -> Result<Vec<Entry>, ReadError> {
    let mut seen = BTreeSet::new();
    let mut entries = Vec::new();
    for day in days.each() {
        for name in store.list(&day_prefix(service, &day)).await? {
            let Some(body) = store.get(&name).await? else { continue };
            for entry in unpack(&name, &body)? {
                if seen.insert(entry.record.clone()) {
                    entries.push(entry);
                }
            }
        }
    }
    // Sequence numbers are numbers of different lengths.
    entries.sort_by(|one, other| {
        (one.sequence.len(), &one.sequence).cmp(&(other.sequence.len(), &other.sequence))
    });
    Ok(entries)
}

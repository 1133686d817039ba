//! The memory of a relay between its invocations: the published emissions of an open batch.
//!
//! A stream delivers the first record that is not wholly published again, and all records after it.
//! Without a memory each of them would be published at every retry. The memory belongs to the
//! environment: after a restart they are published once more, under the same ids (O-3).

use std::{collections::HashMap, hash::BuildHasher as _, sync::MutexGuard, time::Duration};

use foldhash::quality::FixedState;

use crate::{lock::Lock, relay::pending::Pending};
use waxseal_message::Timestamp;

/// The number of receipts in each of the two generations of the memory; a stream's batch has at
/// most 10,000 records.
const GENERATION: usize = 10_000;
/// The interval of log lines about a channel that does not exist.
const TELL_EVERY: Duration = Duration::from_secs(60);
/// The largest number of channels with log intervals of their own.
const TOLD: usize = 100;

/// The published emissions of the last 10,000 to 20,000 receipts that are delivered again. An
/// environment keeps one for all its invocations.
#[derive(Debug, Default)]
pub struct Progress(Lock<Memory>);

#[derive(Debug, Default)]
struct Memory {
    /// The marks of each record's emissions. A record is in one of both generations; the old
    /// generation is dropped when the young one is full.
    young: HashMap<String, Marks>,
    old: HashMap<String, Marks>,
    told: HashMap<String, Timestamp>,
}

/// A hash of each emission that is published or a dead letter, by its position.
type Marks = HashMap<usize, u64>;

impl Progress {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock()
    }

    /// Whether the emission at that position is published or a dead letter.
    pub(super) fn is_done(&self, receipt: &Pending, position: usize) -> bool {
        let memory = self.memory();
        let marks = memory.young.get(&receipt.record).or_else(|| memory.old.get(&receipt.record));
        marks.is_some_and(|marks| marks.get(&position) == Some(&mark(receipt, position)))
    }

    pub(super) fn done(&self, receipt: &Pending, position: usize) {
        let memory = &mut *self.memory();
        if memory.young.len() >= GENERATION && !memory.young.contains_key(&receipt.record) {
            memory.old = std::mem::take(&mut memory.young);
        }
        let earlier = memory.old.remove(&receipt.record);
        let marks = memory.young.entry(receipt.record.clone()).or_insert_with(|| earlier.unwrap_or_default());
        marks.insert(position, mark(receipt, position));
    }

    /// The index of the first receipt that is not wholly published. It and all after it are
    /// delivered again; those before it are not, and are forgotten. It must also be called where
    /// [`publish`](super::publish) was dropped before its end.
    pub fn checkpoint(&self, receipts: &[Pending]) -> Option<usize> {
        let parts = |receipt: &Pending| receipt.emissions.as_ref().map_or(1, Vec::len);
        let open = receipts
            .iter()
            .position(|receipt| !(0..parts(receipt)).all(|position| self.is_done(receipt, position)));
        let memory = &mut *self.memory();
        for receipt in &receipts[..open.unwrap_or(receipts.len())] {
            memory.young.remove(&receipt.record);
            memory.old.remove(&receipt.record);
        }
        open
    }

    /// Whether the log gets a line about a channel now: at first, and then once a minute.
    pub(super) fn tells(&self, channel: &str, now: Timestamp) -> bool {
        let told = &mut self.memory().told;
        if told.get(channel).is_some_and(|last| now.saturating_duration_since(*last) < TELL_EVERY) {
            return false;
        }
        if told.len() >= TOLD {
            told.clear();
        }
        told.insert(channel.to_owned(), now);
        true
    }
}

/// A hash that tells an emission from another one under the same record and position.
fn mark(receipt: &Pending, position: usize) -> u64 {
    match &receipt.emissions {
        Ok(emissions) => {
            let emission = emissions.get(position);
            FixedState::default()
                .hash_one(emission.map(|emission| (&emission.channel, emission.envelope.get())))
        }
        Err(_) => FixedState::default().hash_one(&receipt.body),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unreadable(record: usize, body: &str) -> Pending {
        let emissions = Err("unreadable".to_owned());
        Pending { record: record.to_string(), at: None, emissions, body: body.into() }
    }

    #[test]
    fn o6_the_memory_of_a_relay_is_bounded_and_forgets_what_lies_before_the_checkpoint() {
        let progress = Progress::default();
        let receipts: Vec<_> = (0..3 * GENERATION).map(|n| unreadable(n, "body")).collect();
        for receipt in &receipts {
            progress.done(receipt, 0);
        }
        let size = || {
            let memory = progress.memory();
            memory.young.len() + memory.old.len()
        };
        assert_eq!(size(), 2 * GENERATION);
        // The latest batch is wholly remembered, also at the largest size.
        let batch = &receipts[2 * GENERATION..];
        assert!(batch.iter().all(|receipt| progress.is_done(receipt, 0)));
        assert_eq!(progress.checkpoint(batch), None);
        assert_eq!(size(), GENERATION);
        assert_eq!(progress.checkpoint(&receipts[..1]), Some(0), "forgotten is published again, never lost");
        // The same number in another shard is another record.
        progress.done(&receipts[0], 0);
        assert!(!progress.is_done(&unreadable(0, "other"), 0));
    }

    #[test]
    fn o6_a_channel_is_told_about_once_a_minute() {
        let progress = Progress::default();
        let at = |second| Timestamp::from_second(second).unwrap_or_default();
        let told: Vec<bool> = [0, 1, 59, 60, 61, 121].map(|second| progress.tells("bus", at(second))).into();
        assert_eq!(told, [true, false, false, true, false, true]);
        assert!(progress.tells("topic:stock", at(1)));
        for channel in 0..3 * TOLD {
            progress.tells(&channel.to_string(), at(2));
        }
        assert!(progress.memory().told.len() <= TOLD);
    }
}

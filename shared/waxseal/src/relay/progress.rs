//! The memory of a relay between its invocations: which emissions of an open batch are published.
//!
//! A stream gives the first record that is not wholly published, and all after it, again. Without a memory each of them would
//! be published again at every retry. The memory is the environment's: after a restart they are published once more, under
//! the same ids (O-3).

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::MutexGuard,
    time::Duration,
};

use crate::lock::Lock;
use crate::relay::publisher::Pending;
use waxseal_message::Timestamp;

/// Receipts in each of the two generations of the memory: a batch of a stream has 10,000 records at most.
const GENERATION: usize = 10_000;
/// How often a channel that does not exist is told about.
const TELL_EVERY: Duration = Duration::from_secs(60);
/// Channels that are told about apart.
const TOLD: usize = 100;

/// The emissions that a relay's environment has published of receipts that come again, of the last 10,000 to 20,000. An
/// environment keeps one for all its invocations.
#[derive(Debug, Default)]
pub struct Progress(Lock<Memory>);

#[derive(Debug, Default)]
struct Memory {
    /// The marks of each record's emissions. Records lie in one of both generations; the old one is dropped when the young
    /// one is full.
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

    /// Whether the emission of that position is published or a dead letter.
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

    /// The index of the first receipt that is not wholly published: it and all after it come again. Those before it do not,
    /// and are forgotten. To be called as well where [`publish`](super::publish) was dropped before its end.
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

    /// Whether the log is to be told about a channel now: at first, and then once a minute.
    pub(super) fn tells(&self, channel: &str, now: Timestamp) -> bool {
        let told = &mut self.memory().told;
        if told.get(channel).is_some_and(|last| since(*last, now) < TELL_EVERY) {
            return false;
        }
        if told.len() >= TOLD {
            told.clear();
        }
        told.insert(channel.to_owned(), now);
        true
    }
}

/// How long ago `then` was; nothing where it is yet to come.
pub(super) fn since(then: Timestamp, now: Timestamp) -> Duration {
    now.saturating_duration_since(then)
}

/// Tells an emission from another one under the same record and position.
fn mark(receipt: &Pending, position: usize) -> u64 {
    let mut hasher = DefaultHasher::new();
    match &receipt.emissions {
        Ok(emissions) => {
            let emission = emissions.get(position);
            emission.map(|emission| (&emission.channel, emission.envelope.get())).hash(&mut hasher);
        }
        Err(_) => receipt.body.hash(&mut hasher),
    }
    hasher.finish()
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
        // The latest batch is wholly remembered, however large a batch may be.
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

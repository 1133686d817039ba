//! The times of an item: when it is to be woken, and when it may be forgotten.

use crate::table::{Item, Key, attribute};
use waxseal_message::Timestamp;

/// The number of shards of the index of timers. A throttled index refuses writes to its table, so its
/// writes are spread.
pub const SHARDS: u8 = 16;

/// The times of an item.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Times {
    /// The time from which on it is to be woken.
    pub(crate) wake: Option<Timestamp>,
    /// The time after which it counts as absent.
    pub(crate) expires: Option<Timestamp>,
}

impl Times {
    /// Writes the times on an item.
    pub(crate) fn on(self, mut item: Item) -> Item {
        if let Some(wake) = self.wake {
            let shard = shard(&item.key);
            item = item.text(attribute::WAKE_SHARD, shard).number(attribute::WAKE_AT, milliseconds_up(wake));
        }
        match self.expires {
            Some(expires) => item.number(attribute::EXPIRES, seconds_up(expires)),
            None => item,
        }
    }

    /// Whether the item is to be woken at this time, to the millisecond.
    pub(crate) fn wakes_at(self, time: Timestamp) -> bool {
        self.wake.is_some_and(|wake| milliseconds_up(wake) == milliseconds_up(time))
    }

    /// The time at which an item is to be woken.
    pub(crate) fn wake_of(item: &Item) -> Option<Timestamp> {
        Timestamp::from_millisecond(item.get_number(attribute::WAKE_AT)?).ok()
    }
}

/// The seconds of the TTL, rounded up, so that an item never lives shorter than it must (S-9).
pub(crate) fn seconds_up(time: Timestamp) -> i64 {
    time.as_second() + i64::from(time.subsec_nanosecond() > 0)
}

/// Rounded up, so that an item is never woken before its time.
fn milliseconds_up(time: Timestamp) -> i64 {
    time.as_millisecond() + i64::from(!time.subsec_nanosecond().is_multiple_of(1_000_000))
}

/// The shard of an item in the index of timers, by a hash of its partition key (FNV-1a).
#[must_use]
pub fn shard(key: &Key) -> String {
    let hash = key.partition.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    // The last bytes of a key hardly reach the upper bits by themselves.
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd) >> 33;
    shard_name(u8::try_from(hash % u64::from(SHARDS)).unwrap_or_default())
}

/// The name of the shard of this number, from 0: two digits.
#[must_use]
pub fn shard_name(number: u8) -> String {
    format!("{number:02}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn s69_shards_share_the_items_evenly() {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for order in 0..16_000 {
            *counts.entry(shard(&Key::of("fulfilment", &[&format!("o-{order}")], "state"))).or_default() += 1;
        }
        assert_eq!(counts.len(), usize::from(SHARDS));
        assert!(counts.values().all(|count| (800..1200).contains(count)), "{counts:?}");
    }

    #[test]
    fn s69_no_item_is_woken_before_its_time() {
        let time = Timestamp::new(1_795_253_401, 1).unwrap();
        let item =
            Times { wake: Some(time), expires: Some(time) }.on(Item::new(Key::of("a", &["1"], "state")));
        assert!(Times::wake_of(&item).unwrap() > time);
        assert!(!item.is_expired(time));
    }
}

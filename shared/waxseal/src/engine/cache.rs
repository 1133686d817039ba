//! The warm cache: completed receipts of this process, so that a duplicate costs no request (S-15).

use std::{collections::VecDeque, time::Duration};

use foldhash::{HashMap, HashMapExt as _};

use crate::table::Key;
use waxseal_message::Timestamp;

/// The time for which a cached receipt is used without a request.
const FRESH: Duration = Duration::from_secs(300);

/// The keys of completed receipts with the payload's version and hash. Leases are never cached.
#[derive(Debug)]
pub(crate) struct Cache {
    seen: HashMap<Key, Seen>,
    /// The keys, oldest first. It may hold keys that were renewed since.
    order: VecDeque<(Timestamp, Key)>,
    capacity: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) hash: String,
    pub(crate) version: u16,
    at: Timestamp,
    /// The time after which the receipt itself may be forgotten (S-9).
    expires: Timestamp,
}

impl Cache {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { seen: HashMap::new(), order: VecDeque::new(), capacity }
    }

    pub(crate) fn get(&self, key: &Key, now: Timestamp) -> Option<&Seen> {
        self.seen.get(key).filter(|seen| seen.is_fresh(now))
    }

    pub(crate) fn insert(
        &mut self,
        key: Key,
        hash: String,
        version: u16,
        now: Timestamp,
        expires: Timestamp,
    ) {
        if self.capacity == 0 {
            return;
        }
        while self.order.front().is_some_and(|(at, key)| {
            self.order.len() >= self.capacity
                || self.seen.get(key).is_none_or(|seen| seen.at != *at || !seen.is_fresh(now))
        }) {
            if let Some((at, key)) = self.order.pop_front()
                && self.seen.get(&key).is_some_and(|seen| seen.at == at)
            {
                self.seen.remove(&key);
            }
        }
        self.order.push_back((now, key.clone()));
        self.seen.insert(key, Seen { hash, version, at: now, expires });
    }
}

impl Seen {
    fn is_fresh(&self, now: Timestamp) -> bool {
        now < self.expires && now.checked_duration_since(self.at).is_some_and(|age| age < FRESH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn it_forgets_after_five_minutes_and_beyond_its_capacity() {
        let mut cache = Cache::new(3);
        for n in 0..5 {
            cache.insert(Key::of("receipt", &[&n.to_string()], ""), n.to_string(), 1, at(n), at(1000));
        }
        let key = |n: i64| Key::of("receipt", &[&n.to_string()], "");
        assert!(cache.get(&key(1), at(5)).is_none());
        assert!(cache.get(&key(4), at(303)).is_some());
        assert!(cache.get(&key(4), at(304)).is_none());
        for _ in 0..100 {
            cache.insert(key(9), String::new(), 1, at(10), at(100));
        }
        assert!(cache.seen.len() <= 3 && cache.order.len() <= 3);
        assert!(cache.get(&key(9), at(99)).is_some());
        assert!(cache.get(&key(9), at(100)).is_none(), "no longer than the receipt itself (S-9)");
    }
}

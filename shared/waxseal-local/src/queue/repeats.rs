//! The memory of a FIFO queue for deduplication ids.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use waxseal::Timestamp;

/// SQS remembers a deduplication id for five minutes.
const REMEMBERED: Duration = Duration::from_secs(300);

/// The deduplication ids of the last five minutes.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    seen: BTreeMap<String, Timestamp>,
    /// The same, oldest first. An id that was seen again stands in it twice.
    oldest: VecDeque<(Timestamp, String)>,
}

impl Repeats {
    /// Whether `id` was seen within five minutes. It is remembered for five minutes from now on.
    pub(super) fn is_repeat(&mut self, id: &str, now: Timestamp) -> bool {
        while self.oldest.front().is_some_and(|(at, _)| *at + REMEMBERED <= now) {
            if let Some((at, id)) = self.oldest.pop_front()
                && self.seen.get(&id) == Some(&at)
            {
                self.seen.remove(&id);
            }
        }
        self.oldest.push_back((now, id.to_owned()));
        self.seen.insert(id.to_owned(), now).is_some()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The model looks at everything that was ever seen.
        #[test]
        fn an_id_is_a_repeat_for_five_minutes(steps in proptest::collection::vec((0..4_u32, 0..200_i64), 0..60)) {
            let (mut repeats, mut model) = (Repeats::default(), Vec::<(u32, i64)>::new());
            let mut now = 0;
            for (id, later) in steps {
                now += later;
                let is_repeat = model.iter().any(|(seen, at)| *seen == id && at + 300 > now);
                model.push((id, now));
                let at = Timestamp::from_second(now).unwrap();
                prop_assert_eq!(repeats.is_repeat(&id.to_string(), at), is_repeat);
                prop_assert!(repeats.oldest.iter().all(|(at, _)| at.as_second() + 300 > now), "it forgets");
            }
        }
    }
}

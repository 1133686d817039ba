//! Hints as a run stages them, and the key that a hint names.

use crate::{
    emission::LONGEST_SEND_DELAY,
    handler::unit::Run,
    hint::{hint, hinted},
    table::Key,
};
use waxseal_message::{Raw, Timestamp};

/// The key in a hint; `None` where the payload names none.
pub(crate) fn key(hint: &Raw) -> Option<Key> {
    let row = hinted(hint)?;
    Some(Key { partition: row.pk.into(), sort: row.sk.into() })
}

impl Run<'_> {
    /// Stages a hint for a timer that is due within the longest delay of a queue. A later one waits
    /// for the tick.
    pub(super) fn hint(&mut self, key: &Key, wake: Timestamp) {
        if self.replay.is_none() && wake.saturating_duration_since(self.now) <= LONGEST_SEND_DELAY {
            let row = (&*key.partition, &*key.sort);
            self.staged.emitted.push(hint(self.service, row, wake, self.now));
        }
    }
}

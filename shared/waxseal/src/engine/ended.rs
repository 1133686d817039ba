//! The memory of an environment: the runs that ended although their markers stayed (S-28).

use std::{collections::VecDeque, sync::MutexGuard};

use crate::{lock::Lock, table::Key, token::Token};

/// The largest number of remembered markers. Beyond it the oldest is forgotten, and counts as one
/// of a run that never ended.
const MOST: usize = 1000;

/// Markers that could not be removed yet, although their runs ended in this process.
#[derive(Debug, Default)]
pub(crate) struct Ended(Lock<VecDeque<(Key, Token)>>);

impl Ended {
    fn markers(&self) -> MutexGuard<'_, VecDeque<(Key, Token)>> {
        self.0.lock()
    }

    pub(crate) fn remember(&self, key: Key, token: Token) {
        let mut markers = self.markers();
        if markers.len() >= MOST {
            markers.pop_front();
        }
        markers.push_back((key, token));
    }

    /// Whether the marker of this writer belongs to a run that ended here.
    pub(crate) fn knows(&self, key: &Key, owner: &str) -> bool {
        self.markers().iter().any(|(known, token)| known == key && token.to_string() == owner)
    }

    /// Takes all of them, to be removed now.
    pub(crate) fn take(&self) -> Vec<(Key, Token)> {
        std::mem::take(&mut *self.markers()).into()
    }

    /// Forgets the markers of a key that has another marker now.
    pub(crate) fn forget(&self, key: &Key) {
        self.markers().retain(|(known, _)| known != key);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.markers().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s28_what_is_remembered_is_bounded() {
        let ended = Ended::default();
        let key = |n: u128| Key::of("marker", &[&n.to_string()], "marker");
        for n in 0..2000 {
            ended.remember(key(n), Token(n));
        }
        let knows = |n: u128| ended.knows(&key(n), &Token(n).to_string());
        assert!(!knows(999) && knows(1000) && knows(1999));
        assert!(!ended.knows(&key(1999), &Token(1).to_string()), "another run's marker");
        ended.forget(&key(1999));
        assert!(!knows(1999));
        assert_eq!(ended.take().len(), 999);
        assert!(ended.is_empty());
    }
}

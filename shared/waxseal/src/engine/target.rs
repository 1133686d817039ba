//! The target of a message: the entity that the message alone names.

use crate::{
    claim_check,
    engine::{guard::Guard, handle::Engine},
    handler::{Decoded, Route, wake},
    row::state,
    table::Key,
};
use waxseal_message::{Raw, UNDOES};

/// The entity that an event concerns, where the event alone names it.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) key: Key,
    /// Whether its only reaction is an aggregate on that entity.
    pub(crate) can_fold: bool,
    /// Its number in a sequence; 0 where its handler follows none.
    pub(crate) number: u64,
    /// The event, decoded as that reaction's type.
    pub(crate) decoded: Option<Decoded>,
}

impl Engine {
    /// The item that the reaction to `raw` reads and writes, where the event alone names it.
    /// Records about one entity run one after another.
    pub(crate) fn target(&self, raw: &Raw) -> Option<Target> {
        if self.is_hint(raw) {
            return Some(Target { key: wake::key(raw)?, can_fold: false, number: 0, decoded: None });
        }
        let mut routes = self.wanting(raw)?;
        // A handler that follows a sequence needs its events one after another.
        let guard = |route: &Route| self.inner.guard(route, raw, route.replay(raw)).ok().flatten();
        if let Some(Guard { key, number, .. }) = routes.clone().find_map(guard) {
            return Some(Target { key, can_fold: false, number, decoded: None });
        }
        // A claim's payload is fetched later, so until then the event has no target.
        if claim_check::is_claim(raw) {
            return None;
        }
        let is_only = routes.clone().nth(1).is_none();
        let (key, decoded) = routes.find_map(|route| route.entity(raw))?;
        // An event with one reaction, and a key that a table takes, can be folded with others. An undo
        // is judged by the receipt of its command, which may be in the same batch, so it has a commit of
        // its own.
        let can_fold = is_only && state::check_key(&key).is_ok() && !raw.metadata.contains_key(UNDOES);
        Some(Target { key, can_fold, number: 0, decoded: Some(decoded) })
    }
}

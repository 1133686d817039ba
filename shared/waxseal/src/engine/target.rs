//! The entity that a message is about, as the message alone tells it.

use crate::{
    claim_check,
    engine::{guard::Guard, handle::Engine},
    handler::{Decoded, Route},
    row::state,
    table::Key,
};
use waxseal_message::Raw;

/// What an event is about, as the event alone tells it.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) key: Key,
    /// Whether its only reaction is the pure one on that entity.
    pub(crate) chains: bool,
    /// Its number in a sequence that is followed, 0 elsewhere.
    pub(crate) number: u64,
    /// The event in that reaction's own type.
    pub(crate) decoded: Option<Decoded>,
}

impl Engine {
    /// The item that `raw`'s reaction reads and writes, where the event alone tells it: records about one entity are
    /// run one after another.
    pub(crate) fn target(&self, raw: &Raw) -> Option<Target> {
        let routes = self.inner.service.routes.get(raw.name.as_str())?;
        // Whoever follows a sequence wants its events one after another.
        let guard = |route: &Route| self.inner.guard(route, raw, route.replay(raw)).ok().flatten();
        if let Some(Guard { key, number, .. }) = routes.iter().find_map(guard) {
            return Some(Target { key, chains: false, number, decoded: None });
        }
        // What a claim stands for is fetched later: until then it is about nothing.
        if claim_check::is_claim(raw) {
            return None;
        }
        let (key, decoded) = routes.iter().find_map(|route| route.entity(raw))?;
        // With one reaction, and a key that a table takes, it can join others in a chain.
        let chains = routes.len() == 1 && state::check_key(&key).is_ok();
        Some(Target { key, chains, number: 0, decoded: Some(decoded) })
    }
}

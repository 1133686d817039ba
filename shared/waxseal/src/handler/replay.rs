//! Replays: the events of an archive, delivered again (S-40).

use waxseal_message::Envelope;

/// The treatment of events that EventBridge replays from an archive (S-40).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Replay {
    /// Replayed events count as the original ones: those that took effect are duplicates, and the
    /// others take effect now.
    #[default]
    Suppressed,
    /// The handler rebuilds. Receipts, cursors and state have a namespace for each replay, apart
    /// from the live ones, and emissions are not published. A replay that is delivered twice still
    /// takes effect once in its namespace. [`Engine::read_replayed`](crate::Engine::read_replayed)
    /// reads the rebuilt state.
    Rebuild,
}

impl Replay {
    /// The namespace in which a handler of this kind handles `envelope`.
    pub(crate) fn namespace<D>(self, envelope: &Envelope<D>) -> Option<&str> {
        match self {
            Self::Suppressed => None,
            Self::Rebuild => envelope.replay(),
        }
    }
}

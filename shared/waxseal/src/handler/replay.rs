//! Replays: the events of an archive once more (S-40).

use waxseal_message::Envelope;

/// What a handler makes of events that EventBridge replays from an archive (S-40).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Replay {
    /// They are the events that they were: those that took effect are duplicates, those that did not take effect now.
    #[default]
    Suppressed,
    /// The handler rebuilds: receipts, cursors and state have a namespace for each replay, apart from the live ones, and
    /// nothing that it emits is published. A replay delivered twice still takes effect once in its namespace. What was rebuilt
    /// is read with [`Engine::read_replayed`](crate::Engine::read_replayed).
    Rebuild,
}

impl Replay {
    /// The namespace that a handler of this kind handles `envelope` in.
    pub(crate) fn namespace<D>(self, envelope: &Envelope<D>) -> Option<&str> {
        match self {
            Self::Suppressed => None,
            Self::Rebuild => envelope.replay(),
        }
    }
}

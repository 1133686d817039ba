//! The permits of a record while it runs, and the errors of its commit.

use async_lock::{SemaphoreGuard, SemaphoreGuardArc};

use crate::table::{Key, WriteError};

/// The reason why a commit was not applied.
#[derive(Debug)]
pub(crate) enum CommitError {
    Write(WriteError),
    /// Another record of the batch wrote these items meanwhile, so no request was sent.
    ConflictInBatch(Vec<Key>),
}

/// The invocation ends, so the handler was dropped.
#[derive(Debug)]
pub(crate) struct Stopped;

/// The number of requests of the batch that had written when a run began.
#[derive(Clone, Copy)]
pub(crate) struct WriteEpoch(pub(super) u64);

/// A permit to run one handler body.
pub(crate) struct Slot<'a>(
    #[expect(dead_code, reason = "held, not read")] pub(super) Option<SemaphoreGuard<'a>>,
);

/// The right to decide on some items. While it is held, no other record of the batch decides on
/// them.
#[derive(Default)]
pub(crate) struct EntityLock(
    #[expect(dead_code, reason = "held, not read")] pub(super) Vec<SemaphoreGuardArc>,
);

//! What a record of a batch holds while it runs, and how its commit ends.

use async_lock::{MutexGuardArc, SemaphoreGuard};

use crate::table::{Key, WriteError};

/// Why a commit was not applied.
#[derive(Debug)]
pub(crate) enum CommitError {
    Write(WriteError),
    /// Another record of the batch wrote these items meanwhile, so the table was not asked.
    ConflictInBatch(Vec<Key>),
}

/// The invocation ends, so the handler was given up.
#[derive(Debug)]
pub(crate) struct Stopped;

/// How many requests of the batch had written when a run began.
#[derive(Clone, Copy)]
pub(crate) struct WriteEpoch(pub(super) u64);

/// A permit to run one handler body.
pub(crate) struct Slot<'a>(
    #[expect(dead_code, reason = "held, not read")] pub(super) Option<SemaphoreGuard<'a>>,
);

/// The right to decide on some items: no other record of the batch decides on them while it is held.
#[derive(Default)]
pub(crate) struct EntityLock(
    #[expect(dead_code, reason = "held, not read")] pub(super) Vec<MutexGuardArc<()>>,
);

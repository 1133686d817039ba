//! A held service: its mappings take nothing, as a disabled event source mapping does.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use crate::signal::Signal;

/// Whether the mappings of a service are held. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hold {
    is_on: Arc<AtomicBool>,
    changed: Signal,
}

impl Hold {
    pub(crate) fn set(&self, is_on: bool) {
        self.is_on.store(is_on, Ordering::Relaxed);
        self.changed.notify();
    }

    pub(crate) fn is_on(&self) -> bool {
        self.is_on.load(Ordering::Relaxed)
    }

    /// Waits for as long as they are held.
    pub(crate) async fn passed(&self) {
        loop {
            let changed = self.changed.changed();
            if !self.is_on() {
                return;
            }
            changed.await;
        }
    }
}

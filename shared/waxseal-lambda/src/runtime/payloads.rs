//! Payloads on their way past `lambda_runtime`.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use lambda_runtime::LambdaInvocation;
use serde::Deserialize;

/// Payloads that are laid aside. `lambda_runtime` would scan and copy each one before it hands it over, and it would refuse
/// a whole payload for one record that is not UTF-8 (S-3). It gets a slot number instead.
#[derive(Clone, Default)]
pub(super) struct Payloads(Arc<Mutex<BTreeMap<u64, Bytes>>>);

/// The number of a payload that is laid aside.
#[derive(Deserialize)]
pub(super) struct PayloadSlot(u64);

impl Payloads {
    /// Puts a slot number in the payload's place.
    pub(super) fn lay_aside(&self, mut invocation: LambdaInvocation) -> LambdaInvocation {
        let mut payloads = self.lock();
        let slot = payloads.last_key_value().map_or(0, |(last, _)| last + 1);
        let payload = std::mem::replace(&mut invocation.body, slot.to_string().into());
        payloads.insert(slot, payload);
        invocation
    }

    /// The payload of a slot. Each is taken once.
    pub(super) fn take(&self, PayloadSlot(slot): PayloadSlot) -> Bytes {
        self.lock().remove(&slot).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Bytes>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

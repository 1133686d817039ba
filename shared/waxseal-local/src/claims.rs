//! A store of checked-in payloads: [`waxseal::claim_check::Claims`] in memory, with time and faults
//! (S-42).

use std::{
    collections::BTreeMap,
    sync::{Arc, MutexGuard},
};

use waxseal::{
    claim_check::{Claims, StoreError},
    lock::Lock,
};

use crate::world::World;

/// A bucket. Clones are the same one; [`Local::create_claims`](crate::Local::create_claims) makes
/// them.
///
/// ```
/// use waxseal::{Raw, claim_check::ClaimCheck};
/// use waxseal_local::Local;
///
/// let local = Local::builder().build();
/// let store = local.create_claims("catalog-claims");
/// let claims = ClaimCheck::new(store.clone());
/// let event = Raw::parse(r#"{"eventId":"e1","eventType":"catalog.imported","eventVersion":1,"source":"catalog",
///     "timestamp":"2026-11-21T09:30:00Z","data":{"rows":"…"}}"#).unwrap();
///
/// let claim = local.executor().block_on(async move { claims.check_in(event).await.unwrap() });
/// let location = store.locations().remove(0);
/// assert!(location.starts_with("s3://catalog-claims/") && claim.data.get().contains(&location));
/// ```
#[derive(Clone)]
pub struct ClaimStore {
    inner: Arc<Inner>,
}

struct Inner {
    bucket: String,
    world: World,
    objects: Lock<BTreeMap<String, Vec<u8>>>,
}

impl std::fmt::Debug for ClaimStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClaimStore").field("bucket", &self.inner.bucket).finish_non_exhaustive()
    }
}

impl ClaimStore {
    pub(crate) fn new(bucket: &str, world: World) -> Self {
        Self { inner: Arc::new(Inner { bucket: bucket.to_owned(), world, objects: Lock::default() }) }
    }

    fn objects(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.inner.objects.lock()
    }

    /// The locations of all payloads, in order.
    #[must_use]
    pub fn locations(&self) -> Vec<String> {
        self.objects().keys().cloned().collect()
    }

    /// Takes a payload away, as a lifecycle rule does, to test its readers. `None` where there is
    /// none.
    pub fn lose(&self, location: &str) -> Option<Vec<u8>> {
        self.objects().remove(location)
    }

    /// Puts any bytes at a location, to test a payload that was replaced or that comes late.
    pub fn replace(&self, location: &str, bytes: impl Into<Vec<u8>>) {
        self.objects().insert(location.to_owned(), bytes.into());
    }
}

impl Claims for ClaimStore {
    async fn get(&self, location: &str, most: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.world.simulate_latency().await;
        if !location.starts_with(&format!("s3://{}/", self.inner.bucket)) {
            return Err(StoreError::Refused(format!("it is not in the bucket {}", self.inner.bucket)));
        }
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        Ok(self
            .objects()
            .get(location)
            .map(|found| found[..found.len().min(most.saturating_add(1))].to_vec()))
    }

    async fn put(&self, key: &str, payload: &[u8]) -> Result<String, StoreError> {
        self.inner.world.simulate_latency().await;
        let location = format!("s3://{}/{key}", self.inner.bucket);
        self.objects().insert(location.clone(), payload.to_vec());
        let world = &self.inner.world;
        // The payload is stored, and its writer does not learn it. The rerun stores it again under
        // the same key.
        if world.injects(world.faults.lost_answer) {
            return Err(StoreError::Unavailable("the connection was closed before the answer came".into()));
        }
        Ok(location)
    }
}

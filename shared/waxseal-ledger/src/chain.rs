//! Digests of the ledger's objects, chained.
//!
//! A digest names every object that no digest before it names, with its SHA-256, and the SHA-256 of the
//! digest before. So an object that is edited, removed or swapped with another no longer fits its
//! digest, and a digest that is edited no longer fits the next one. Who can rewrite every digest can
//! rewrite the past: the last one's hash is to be kept elsewhere, too.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use waxseal::Timestamp;

use crate::{
    object::hex_digest,
    store::{LedgerStore, Put, StoreError},
};

/// A digest of the objects since the one before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Digest {
    /// Its number, from 1.
    pub number: u64,
    /// The time at which it was written.
    pub at: Timestamp,
    /// The SHA-256 of the digest before, as it is stored; empty in the first.
    pub previous: String,
    /// The objects by name, with the SHA-256 of each.
    pub objects: BTreeMap<String, String>,
}

fn objects_prefix(service: &str) -> String {
    format!("{service}/entries/")
}

fn digests_prefix(service: &str) -> String {
    format!("{service}/digests/")
}

fn digest_name(service: &str, number: u64) -> String {
    format!("{}{number:010}.json", digests_prefix(service))
}

/// What became of a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sealed {
    /// It is written: its number, and its hash, which is to be kept elsewhere, too.
    New {
        /// The number.
        number: u64,
        /// The SHA-256 of the digest as it is stored.
        hash: String,
        /// The number of objects in it.
        objects: usize,
    },
    /// There is no object that no digest names.
    Nothing,
    /// Another writer has added the digest of this number. The next one holds what that one lacks.
    Other,
}

/// Adds a digest of the objects that none names yet.
///
/// # Errors
/// Where the store cannot be reached.
pub async fn seal(store: &impl LedgerStore, service: &str, now: Timestamp) -> Result<Sealed, StoreError> {
    let names = store.list(&digests_prefix(service)).await?;
    let (mut previous, mut named) = (String::new(), BTreeSet::new());
    for name in &names {
        let body = store.get(name).await?.unwrap_or_default();
        previous = hex_digest(&body);
        // A digest that cannot be read is a finding of `verify`. Its objects are named again.
        if let Ok(digest) = serde_json::from_slice::<Digest>(&body) {
            named.extend(digest.objects.into_keys());
        }
    }
    let mut objects = BTreeMap::new();
    for name in store.list(&objects_prefix(service)).await? {
        if !named.contains(&name)
            && let Some(body) = store.get(&name).await?
        {
            objects.insert(name, hex_digest(&body));
        }
    }
    if objects.is_empty() {
        return Ok(Sealed::Nothing);
    }
    let number = u64::try_from(names.len()).unwrap_or(u64::MAX).saturating_add(1);
    let count = objects.len();
    let digest = Digest { number, at: now, previous, objects };
    let body = serde_json::to_vec(&digest).map_err(|error| StoreError::new("put", service, error))?;
    let hash = hex_digest(&body);
    match store.put(&digest_name(service, number), body).await? {
        Put::New => Ok(Sealed::New { number, hash, objects: count }),
        Put::Known => Ok(Sealed::Other),
    }
}

/// Something that is not as the digests say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Finding {
    /// A digest is missing.
    #[error("digest {number} is missing")]
    DigestMissing {
        /// Its number.
        number: u64,
    },
    /// A digest is not the one that the next one knows, or that is expected as the last.
    #[error("digest {number} was changed: the next one knows another")]
    DigestChanged {
        /// Its number.
        number: u64,
    },
    /// A digest cannot be read.
    #[error("digest {number} cannot be read")]
    DigestUnreadable {
        /// Its number.
        number: u64,
    },
    /// An object is missing.
    #[error("object {name} is missing: digest {number} names it")]
    ObjectMissing {
        /// Its name.
        name: String,
        /// The number of the digest.
        number: u64,
    },
    /// An object is not the one that its digest names.
    #[error("object {name} was changed: it is not the one that digest {number} names")]
    ObjectChanged {
        /// Its name.
        name: String,
        /// The number of the digest.
        number: u64,
    },
}

/// Compares every object and every digest with the chain (E-12). `last` is the hash of the last digest, where it
/// was kept elsewhere: without it a removal of the last digests is not seen.
///
/// # Errors
/// Where the store cannot be reached.
pub async fn verify(
    store: &impl LedgerStore,
    service: &str,
    last: Option<&str>,
) -> Result<Vec<Finding>, StoreError> {
    let mut findings = Vec::new();
    let names = store.list(&digests_prefix(service)).await?;
    let numbers: BTreeSet<u64> = names
        .iter()
        .filter_map(|name| name.strip_prefix(&digests_prefix(service))?.strip_suffix(".json")?.parse().ok())
        .collect();
    let end = numbers.last().copied().unwrap_or_default();
    let mut previous = Some(String::new());
    for number in 1..=end {
        let Some(body) = store.get(&digest_name(service, number)).await? else {
            findings.push(Finding::DigestMissing { number });
            previous = None;
            continue;
        };
        let Ok(digest) = serde_json::from_slice::<Digest>(&body) else {
            findings.push(Finding::DigestUnreadable { number });
            previous = Some(hex_digest(&body));
            continue;
        };
        if digest.number != number {
            findings.push(Finding::DigestChanged { number });
        }
        if previous.is_some_and(|previous| previous != digest.previous) {
            findings.push(Finding::DigestChanged { number: number.saturating_sub(1) });
        }
        for (name, hash) in digest.objects {
            match store.get(&name).await? {
                None => findings.push(Finding::ObjectMissing { name, number }),
                Some(body) if hex_digest(&body) != hash => {
                    findings.push(Finding::ObjectChanged { name, number })
                }
                Some(_) => {}
            }
        }
        previous = Some(hex_digest(&body));
    }
    if let Some(last) = last
        && previous.as_deref() != Some(last)
    {
        findings.push(Finding::DigestChanged { number: end });
    }
    Ok(findings)
}

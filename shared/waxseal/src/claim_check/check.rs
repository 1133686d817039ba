//! Claims, and the check that makes and redeems them.

use std::{borrow::Cow, fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};
use sha2::{Digest as _, Sha256};

use crate::{
    claim_check::{
        error::ClaimError,
        store::{AnyClaims, Claims},
    },
    emission::Emission,
    fault::Fault,
};
use waxseal_message::{
    Raw,
    hash::{self, Comparison, PayloadHash},
    hex,
};

/// The metadata member that marks an envelope's `data` as a claim.
const MARK: &str = "waxsealclaim";

/// The location of a payload, and its properties.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Claim {
    /// The store's name for the location: `s3://bucket/key`.
    pub location: String,
    /// The SHA-256 of the payload's bytes, 64 lower-case hex digits.
    pub sha256: String,
    /// The number of bytes.
    pub bytes: u64,
    /// The hash of the payload's JSON in [algorithm 1](crate::hash), which every build reads. Where
    /// the payload has no such hash, it is the exact one.
    pub hash: String,
    /// The [`payload_hash`](crate::payload_hash) of the payload. Builds before algorithm 2 neither
    /// write nor read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash2: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    claim_check: Claim,
}

/// Limits that an environment may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The largest payload that is stored or fetched, in bytes; 10 MiB by default. Each concurrent
    /// handler may hold one in memory.
    pub bytes: u64,
    /// The receive at which a missing payload becomes a permanent error; before that, it may still
    /// be on its way. The default is 3. Sources that do not count receives retry by their own rules
    /// and never reach it.
    pub receives: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 10 * 1024 * 1024, receives: 3 }
    }
}

impl Claim {
    /// The claim to a payload that is stored at `location`.
    ///
    /// # Errors
    /// Where `payload` is not JSON.
    pub fn to(location: impl Into<String>, payload: &str) -> Result<Self, serde_json::Error> {
        let exact = waxseal_message::payload_hash(payload)?;
        Ok(Self {
            location: location.into(),
            sha256: sha256(payload.as_bytes()),
            bytes: payload.len() as u64,
            hash: match hash::first_hash(payload) {
                Some(first) => first,
                None => exact.clone(),
            },
            hash2: Some(exact),
        })
    }

    /// The claim that an envelope carries; `None` where its `data` is the payload itself.
    ///
    /// # Errors
    /// [`ClaimError::Unreadable`] where `data` is marked as a claim and is none.
    pub fn of(raw: &Raw) -> Result<Option<Self>, ClaimError> {
        if !is_claim(raw) {
            return Ok(None);
        }
        let unreadable = |what| ClaimError::Unreadable { what };
        let Wire { claim_check: claim } = serde_json::from_str(raw.data.get())
            .map_err(|_| unreadable("it must be {\"claimCheck\":{location, sha256, bytes, hash}}"))?;
        let is_hex = |text: &str, digits| {
            text.len() == digits && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        if !is_hex(&claim.sha256, 64) {
            return Err(unreadable("sha256 must be 64 lower-case hex digits"));
        }
        let is_exact = |hash: &str| hash.strip_prefix("2:").is_some_and(|hash| is_hex(hash, 32));
        if !is_hex(&claim.hash, 32) && !is_exact(&claim.hash) {
            return Err(unreadable("hash must be 32 lower-case hex digits"));
        }
        if claim.hash2.as_deref().is_some_and(|hash| !is_exact(hash)) {
            return Err(unreadable("hash2 must be 2: and 32 lower-case hex digits"));
        }
        // The location is printed in log lines and dead letters.
        if !(1..=2048).contains(&claim.location.len()) || claim.location.chars().any(char::is_control) {
            return Err(unreadable("location must be 1 to 2048 bytes without control characters"));
        }
        Ok(Some(claim))
    }

    /// The result of a fetch: the payload, or the reason why there is none.
    ///
    /// `found` holds the bytes that [`Claims::get`] gave; `receives` counts this delivery.
    ///
    /// # Errors
    /// [`ClaimError::Missing`], permanent from `limits.receives` on. Any difference from the claim
    /// is permanent at once.
    pub fn judge(
        &self,
        found: Option<Vec<u8>>,
        limits: Limits,
        receives: u32,
    ) -> Result<Box<RawValue>, ClaimError> {
        let location = || self.location.clone();
        let Some(found) = found else {
            return Err(ClaimError::Missing { location: location(), receives, most: limits.receives });
        };
        let length = found.len() as u64;
        if length != self.bytes {
            return Err(ClaimError::Length { location: location(), claimed: self.bytes, found: length });
        }
        let sha256 = sha256(&found);
        if sha256 != self.sha256 {
            return Err(ClaimError::Changed {
                location: location(),
                claimed: self.sha256.clone(),
                found: sha256,
            });
        }
        let not_json = || ClaimError::NotJson { location: location() };
        let payload = String::from_utf8(found).map_err(|_| not_json())?;
        let payload = RawValue::from_string(payload).map_err(|_| not_json())?;
        let hash = PayloadHash::of(payload.get()).map_err(|_| not_json())?;
        for claimed in self.hashes() {
            if let Comparison::Other { now: found } = hash.against(claimed) {
                return Err(ClaimError::Misnamed {
                    location: location(),
                    claimed: claimed.to_owned(),
                    found,
                });
            }
        }
        Ok(payload)
    }

    /// The payload's hashes, one in each algorithm.
    fn hashes(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&*self.hash).chain(self.hash2.as_deref())
    }

    /// Refuses a payload over the limit before it is fetched.
    ///
    /// # Errors
    /// [`ClaimError::TooLarge`].
    pub fn check_size(&self, limits: Limits) -> Result<(), ClaimError> {
        match self.bytes <= limits.bytes {
            true => Ok(()),
            false => Err(ClaimError::TooLarge {
                what: self.location.clone(),
                bytes: self.bytes,
                most: limits.bytes,
            }),
        }
    }
}

/// Whether an envelope's `data` is marked as a claim. The payload is then stored elsewhere, and
/// only its hash is known.
#[must_use]
pub fn is_claim(raw: &Raw) -> bool {
    raw.metadata.get(MARK) == Some(&Value::Bool(true))
}

/// The canonical hash of an envelope's payload (S-16) in the newest known algorithm. Where the
/// envelope carries a claim, the payload is not fetched.
///
/// # Errors
/// A permanent fault where `data` is neither JSON nor a claim.
pub fn payload_hash(raw: &Raw) -> Result<String, Fault> {
    hashes(raw).map(|hash| hash.newest().to_owned())
}

/// The same hash in every algorithm that a receipt may store.
pub(crate) fn hashes(raw: &Raw) -> Result<PayloadHash<'_>, Fault> {
    match Claim::of(raw)? {
        Some(claim) => Ok(PayloadHash::named(claim.hashes())),
        None => PayloadHash::of(raw.data.get())
            .map_err(|error| Fault::permanent(format!("data cannot be read as JSON: {error}"))),
    }
}

/// The claim check of an engine: a store with its limits, or none. It is cheap to clone.
///
/// ```
/// # use waxseal::{claim_check::{ClaimCheck, Claims, StoreError}, Raw};
/// # struct NoStore;
/// # impl Claims for NoStore {
/// #     async fn get(&self, _: &str, _: u64) -> Result<Option<Vec<u8>>, StoreError> { Ok(None) }
/// #     async fn put(&self, key: &str, _: &[u8]) -> Result<String, StoreError> { Ok(format!("s3://claims/{key}")) }
/// # }
/// # futures_util::FutureExt::now_or_never(async {
/// let claims = ClaimCheck::new(NoStore);
/// let envelope = Raw::parse(r#"{"eventId":"e1","eventType":"catalog.imported","eventVersion":1,"source":"catalog",
///     "timestamp":"2026-11-21T09:30:00Z","data":{"rows":"…"}}"#).unwrap();
/// let claim = claims.check_in(envelope).await.unwrap();
/// assert!(claim.data.get().starts_with(r#"{"claimCheck":{"location":"s3://claims/"#));
///
/// let fault = claims.redeem(&claim, 3).await.unwrap_err();
/// assert!(fault.is_permanent());
/// assert!(fault.to_string().ends_with("is missing, also at receive 3 of 3: it was deleted, expired or never stored"));
/// # }).unwrap();
/// ```
#[derive(Clone, Default)]
pub struct ClaimCheck {
    store: Option<Arc<dyn AnyClaims>>,
    limits: Limits,
}

impl fmt::Debug for ClaimCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClaimCheck")
            .field("store", &self.store.is_some())
            .field("limits", &self.limits)
            .finish()
    }
}

impl ClaimCheck {
    /// A claim check over `store`, within the default limits.
    pub fn new(store: impl Claims) -> Self {
        Self { store: Some(Arc::new(store)), limits: Limits::default() }
    }

    /// The same claim check within other limits.
    #[must_use]
    pub fn within(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The envelope with its payload. A claim is fetched and verified; an envelope without a claim
    /// is returned as it is. Handlers see no difference.
    ///
    /// # Errors
    /// A fault to retry where the payload may yet arrive or the store cannot be reached. A
    /// permanent fault where the payload can never match the claim. The reason is a [`ClaimError`].
    pub async fn redeem<'a>(&self, raw: &'a Raw, receives: u32) -> Result<Cow<'a, Raw>, Fault> {
        let Some(claim) = Claim::of(raw)? else { return Ok(Cow::Borrowed(raw)) };
        let store = self.store.as_ref().ok_or(ClaimError::NoStore)?;
        claim.check_size(self.limits)?;
        let found = match store.get(&claim.location, claim.bytes).await {
            Ok(found) => found,
            Err(error) => return Err(ClaimError::store("fetched from", &claim.location, error).into()),
        };
        let data = claim.judge(found, self.limits, receives)?;
        let mut metadata = raw.metadata.clone();
        metadata.remove(MARK);
        Ok(Cow::Owned(Raw {
            id: raw.id.clone(),
            name: raw.name.clone(),
            version: raw.version,
            timestamp: raw.timestamp,
            source: raw.source.clone(),
            correlation_id: raw.correlation_id.clone(),
            causation_id: raw.causation_id.clone(),
            data,
            metadata,
        }))
    }

    /// Stores the payload and puts the claim in its place. It must be called before the commit,
    /// since the payload of a published claim must exist. An envelope that already carries a claim
    /// stays as it is.
    ///
    /// # Errors
    /// A fault to retry where the store cannot be reached. A permanent fault where the payload is
    /// over the limit or the store refuses it.
    pub async fn check_in(&self, mut raw: Raw) -> Result<Raw, Fault> {
        if Claim::of(&raw)?.is_some() {
            return Ok(raw);
        }
        let store = self.store.as_ref().ok_or(ClaimError::NoStore)?;
        let payload = raw.data.get();
        let json = |error| Fault::permanent(format!("data of {} cannot be read as JSON: {error}", raw.name));
        let mut claim = Claim::to(String::new(), payload).map_err(json)?;
        if claim.bytes > self.limits.bytes {
            let (what, most) = (format!("{} {}", raw.name, raw.id), self.limits.bytes);
            return Err(ClaimError::TooLarge { what, bytes: claim.bytes, most }.into());
        }
        claim.location = match store.put(&claim.sha256, payload.as_bytes()).await {
            Ok(location) => location,
            Err(error) => return Err(ClaimError::store("stored under", &claim.sha256, error).into()),
        };
        raw.data = serde_json::value::to_raw_value(&Wire { claim_check: claim }).map_err(json)?;
        raw.metadata.insert(MARK.to_owned(), true.into());
        Ok(raw)
    }

    /// [`check_in`](Self::check_in) for the emissions at the indexes `to_check_in`, whose events
    /// asked for it.
    ///
    /// # Errors
    /// As [`check_in`](Self::check_in), naming the event.
    pub async fn check_in_emitted(
        &self,
        emitted: &mut [Emission],
        to_check_in: &[usize],
    ) -> Result<(), Fault> {
        for index in to_check_in {
            let Some(emission) = emitted.get_mut(*index) else { continue };
            let raw = Raw::parse(emission.envelope.get()).map_err(Fault::permanent)?;
            let claim = self.check_in(raw).await?;
            emission.envelope = serde_json::value::to_raw_value(&claim).map_err(Fault::permanent)?;
        }
        Ok(())
    }
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

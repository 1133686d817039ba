//! The errors of the claim check.

use crate::{
    claim_check::store::StoreError,
    fault::{BoxError, Fault, IntoFault},
};

/// The reason why a claim was not made or not redeemed. [`ClaimError::is_permanent`] says whether a
/// retry may help.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimError {
    /// The envelope is marked as a claim and holds none.
    #[error("data is marked as a claim check and is none: {what}")]
    Unreadable {
        /// The expected form.
        what: &'static str,
    },
    /// The function has no store. A deploy can add one, so the record is retried.
    #[error(
        "a payload is checked in to a store, and this function has none: give its engine a ClaimCheck (WAXSEAL_CLAIMS on AWS)"
    )]
    NoStore,
    /// The payload exceeds the limit; nothing was fetched or stored.
    #[error(
        "the payload of {what} has {bytes} bytes, {most} at most: raise the limit with the function's memory, or say less"
    )]
    TooLarge {
        /// The payload's location, or the event that carries it.
        what: String,
        /// The payload's size in bytes.
        bytes: u64,
        /// The limit in bytes.
        most: u64,
    },
    /// Nothing is stored at the location. The record is retried at first, since the payload may be
    /// on its way.
    #[error(
        "the payload at {location} is missing{}",
        if receives < most { format!(" at receive {receives} of {most}, comes again") }
        else { format!(", also at receive {receives} of {most}: it was deleted, expired or never stored") }
    )]
    Missing {
        /// The claim's location.
        location: String,
        /// The number of receives of the record.
        receives: u32,
        /// The receive at which the error becomes permanent.
        most: u32,
    },
    /// The length differs from the claim's.
    #[error(
        "the payload at {location} has {found} bytes or more, the claim says {claimed}: it was cut or replaced"
    )]
    Length {
        /// The payload's location.
        location: String,
        /// The length in the claim.
        claimed: u64,
        /// The length that was read.
        found: u64,
    },
    /// The bytes differ from the claim's.
    #[error("the payload at {location} has sha256 {found}, the claim says {claimed}: it was replaced")]
    Changed {
        /// The payload's location.
        location: String,
        /// The SHA-256 in the claim.
        claimed: String,
        /// The SHA-256 that was found.
        found: String,
    },
    /// The bytes match the claim and are no JSON.
    #[error(
        "the payload at {location} is what the claim says, but not JSON: its producer must check in JSON"
    )]
    NotJson {
        /// The payload's location.
        location: String,
    },
    /// The claim's canonical hash is not that of the payload.
    #[error(
        "the payload at {location} has the payload hash {found}, the claim says {claimed}: its producer miscounted"
    )]
    Misnamed {
        /// The payload's location.
        location: String,
        /// The hash in the claim.
        claimed: String,
        /// The hash that was found.
        found: String,
    },
    /// The store refuses permanently.
    #[error("the payload cannot be {action} {place}: {why}")]
    Refused {
        /// `fetched from` or `stored under`.
        action: &'static str,
        /// The location or the key.
        place: String,
        /// The store's reason.
        why: String,
    },
    /// The store could not be reached.
    #[error("the payload cannot be {action} {place} for now")]
    Unavailable {
        /// `fetched from` or `stored under`.
        action: &'static str,
        /// The location or the key.
        place: String,
        /// The cause.
        source: BoxError,
    },
}

impl ClaimError {
    pub(super) fn store(action: &'static str, place: &str, error: StoreError) -> Self {
        let place = place.to_owned();
        match error {
            StoreError::Refused(why) => Self::Refused { action, place, why },
            StoreError::Unavailable(source) => Self::Unavailable { action, place, source },
        }
    }

    /// Whether no retry can help.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::NoStore | Self::Unavailable { .. } => false,
            Self::Missing { receives, most, .. } => receives >= most,
            Self::Unreadable { .. }
            | Self::TooLarge { .. }
            | Self::Length { .. }
            | Self::Changed { .. }
            | Self::NotJson { .. }
            | Self::Misnamed { .. }
            | Self::Refused { .. } => true,
        }
    }
}

impl IntoFault for ClaimError {
    fn into_fault(self) -> Fault {
        if self.is_permanent() { Fault::permanent(self) } else { Fault::retry(self) }
    }
}

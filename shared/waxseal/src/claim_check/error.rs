//! Why a claim was not redeemed, or not given.

use crate::{
    claim_check::store::StoreError,
    fault::{BoxError, Fault},
};

/// Why a claim was not redeemed, or not given. [`ClaimError::is_permanent`] says whether a retry may help.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimError {
    /// The envelope is marked as a claim and holds none.
    #[error("data is marked as a claim check and is none: {what}")]
    Unreadable {
        /// What it must be.
        what: &'static str,
    },
    /// The function has no store. A deploy mends it, so it is retried.
    #[error(
        "a payload is checked in to a store, and this function has none: give its engine a ClaimCheck (WAXSEAL_CLAIMS on AWS)"
    )]
    NoStore,
    /// Larger than the limit: nothing was fetched or stored.
    #[error(
        "the payload of {what} has {bytes} bytes, {most} at most: raise the limit with the function's memory, or say less"
    )]
    TooLarge {
        /// Its location, or the event that it is to be of.
        what: String,
        /// Its size.
        bytes: u64,
        /// The limit.
        most: u64,
    },
    /// Nothing lies there: retried at first, since it may be on its way.
    #[error(
        "the payload at {location} is missing{}",
        if receives < most { format!(" at receive {receives} of {most}, comes again") }
        else { format!(", also at receive {receives} of {most}: it was deleted, expired or never stored") }
    )]
    Missing {
        /// Where it should be.
        location: String,
        /// How often the record was received.
        receives: u32,
        /// The receive at which it is given up.
        most: u32,
    },
    /// Another length than the claim's.
    #[error(
        "the payload at {location} has {found} bytes or more, the claim says {claimed}: it was cut or replaced"
    )]
    Length {
        /// Where it lies.
        location: String,
        /// What the claim says.
        claimed: u64,
        /// What was read.
        found: u64,
    },
    /// Other bytes than the claim's.
    #[error("the payload at {location} has sha256 {found}, the claim says {claimed}: it was replaced")]
    Changed {
        /// Where it lies.
        location: String,
        /// What the claim says.
        claimed: String,
        /// What was found.
        found: String,
    },
    /// The bytes are those of the claim, and no JSON.
    #[error(
        "the payload at {location} is what the claim says, but not JSON: its producer must check in JSON"
    )]
    NotJson {
        /// Where it lies.
        location: String,
    },
    /// The claim's canonical hash is not its payload's.
    #[error(
        "the payload at {location} has the payload hash {found}, the claim says {claimed}: its producer miscounted"
    )]
    Misnamed {
        /// Where it lies.
        location: String,
        /// What the claim says.
        claimed: String,
        /// What was found.
        found: String,
    },
    /// The store refuses for good.
    #[error("the payload cannot be {action} {place}: {why}")]
    Refused {
        /// `fetched from` or `stored under`.
        action: &'static str,
        /// The location or the key.
        place: String,
        /// What the store says.
        why: String,
    },
    /// The store could not be reached.
    #[error("the payload cannot be {action} {place} for now")]
    Unavailable {
        /// `fetched from` or `stored under`.
        action: &'static str,
        /// The location or the key.
        place: String,
        /// Why.
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

impl From<ClaimError> for Fault {
    fn from(error: ClaimError) -> Self {
        if error.is_permanent() { Self::permanent(error) } else { Self::retry(error) }
    }
}

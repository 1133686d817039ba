//! Payload hashes and their comparison.

use serde::de::Error as _;

use super::{v1, v2};

/// The hash of canonical JSON in the newest algorithm, such as
/// `2:44136fa355b3678a1146ad16f7e8649e`: The order of members, white space and the spelling of
/// numbers and strings do not count (S-16). The [module](super) defines it.
///
/// # Errors
/// Where `json` is not JSON, holds half of a surrogate pair, or is nested deeper than `serde_json`
/// reads.
///
/// ```
/// let hash = |json| waxseal_message::payload_hash(json).unwrap();
/// assert_eq!(hash(r#"{"a":100,"b":"é"}"#), hash(r#"{ "b": "\u00e9", "a": 1.0e2 }"#));
/// assert_ne!(hash(r#"{"a":18446744073709551617}"#), hash(r#"{"a":18446744073709551618}"#));
/// ```
pub fn payload_hash(json: &str) -> Result<String, serde_json::Error> {
    v2::hash(json).ok_or_else(|| {
        // serde's message states the place.
        match serde_json::from_str::<serde_json::Value>(json) {
            Err(error) => error,
            Ok(_) => serde_json::Error::custom("not JSON"),
        }
    })
}

/// The hash of one payload in every algorithm that a stored hash may name.
#[derive(Debug, Clone)]
pub struct PayloadHash<'a> {
    /// The hash in algorithm 2.
    exact: Option<String>,
    /// The hash in algorithm 1, where a claim states it.
    first: Option<String>,
    /// The payload, where it is at hand.
    payload: Option<&'a str>,
}

/// The result of comparing a payload's hash with a stored one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// The payload is the same.
    Same,
    /// The payload is another.
    Other {
        /// Its hash in the algorithm of the stored one.
        now: String,
    },
    /// The comparison is impossible: this build has no hash in the stored one's algorithm.
    Unknown,
}

impl<'a> PayloadHash<'a> {
    /// The hash of a payload at hand.
    ///
    /// # Errors
    /// As [`payload_hash`].
    pub fn of(payload: &'a str) -> Result<Self, serde_json::Error> {
        Ok(Self { exact: Some(payload_hash(payload)?), first: None, payload: Some(payload) })
    }

    /// The known hashes of a payload that is stored elsewhere, each under its algorithm's name.
    #[must_use]
    pub fn named<'h>(hashes: impl IntoIterator<Item = &'h str>) -> Self {
        let mut named = Self { exact: None, first: None, payload: None };
        for hash in hashes {
            match algorithm(hash) {
                "1" => named.first = Some(hash.to_owned()),
                "2" => named.exact = Some(hash.to_owned()),
                _ => {}
            }
        }
        named
    }

    /// The same hashes with the payload at hand.
    #[must_use]
    pub fn with<'b>(&self, payload: &'b str) -> PayloadHash<'b> {
        PayloadHash { exact: self.exact.clone(), first: self.first.clone(), payload: Some(payload) }
    }

    /// The form that a receipt stores: the known hash in the newest algorithm.
    #[must_use]
    pub fn newest(&self) -> &str {
        self.exact.as_deref().or(self.first.as_deref()).unwrap_or_default()
    }

    /// Compares with a stored hash in the stored hash's algorithm.
    #[must_use]
    pub fn against(&self, stored: &str) -> Comparison {
        if self.exact.as_deref() == Some(stored) || self.first.as_deref() == Some(stored) {
            return Comparison::Same;
        }
        let now = match algorithm(stored) {
            "1" => match (&self.first, self.payload) {
                (Some(first), _) => Ok(first.clone()),
                (None, Some(payload)) => v1::hash(payload).map_err(Some),
                (None, None) => Err(None),
            },
            "2" => match (&self.exact, self.payload) {
                (Some(exact), _) => Ok(exact.clone()),
                (None, Some(payload)) => payload_hash(payload).map_err(Some),
                (None, None) => Err(None),
            },
            _ => Err(None),
        };
        match now {
            Ok(now) if now == stored => Comparison::Same,
            Ok(now) => Comparison::Other { now },
            // The stored hash cannot be of this payload, which its algorithm refuses.
            Err(Some(_)) => Comparison::Other { now: self.newest().to_owned() },
            Err(None) => Comparison::Unknown,
        }
    }
}

/// The name before the colon; the first algorithm has none.
#[must_use]
pub fn algorithm(hash: &str) -> &str {
    hash.split_once(':').map_or("1", |(name, _)| name)
}

/// The hash in algorithm 1, which builds before algorithm 2 expect in a claim. `None` where the
/// payload has none.
#[must_use]
pub fn first_hash(json: &str) -> Option<String> {
    v1::hash(json).ok()
}

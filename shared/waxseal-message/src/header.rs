//! The header of a stored envelope.

use std::borrow::Cow;

use serde::Deserialize;

use crate::timestamp::Timestamp;

/// The members of an envelope that are shown outside of it, by its channel or by its dead letter.
/// The payload is not read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Header<'a> {
    /// The message's id.
    #[serde(borrow, rename = "eventId")]
    pub id: Cow<'a, str>,
    /// The message's name.
    #[serde(borrow, rename = "eventType")]
    pub name: Cow<'a, str>,
    /// The service that emitted it.
    #[serde(borrow)]
    pub source: Cow<'a, str>,
    /// The time at which it was emitted.
    pub timestamp: Timestamp,
}

impl<'a> Header<'a> {
    /// The header of an envelope in JSON.
    ///
    /// # Errors
    /// Where the JSON is no envelope.
    pub fn of(envelope: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(envelope)
    }
}

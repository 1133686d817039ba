//! A message in a receipt, as the relay publishes it.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::fault::Fault;
use waxseal_message::{Channel, Declared, Header, Raw, Tenant, Timestamp, tenant};

/// A message in a receipt: the exact bytes that the relay publishes, and where to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Emission {
    /// `bus`, `topic:<name>` or `queue:<name>`: the form of [`Channel`].
    pub channel: String,
    /// The envelope's JSON.
    pub envelope: Box<RawValue>,
    /// On whose behalf it travels: the `MessageGroupId` of standard queues and topics (S-48). Absent where there is none, and in
    /// the receipts of older builds.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "tenant::stored")]
    pub tenant: Option<Tenant>,
}

/// An emitted envelope that its channel does not take.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EmissionError {
    #[error("{name} cannot be written as JSON: {source}")]
    Json { name: String, source: serde_json::Error },
    #[error("{name} has {bytes} bytes, {channel} takes {limit} at most")]
    TooLarge { name: String, bytes: usize, channel: Channel, limit: usize },
}

impl Emission {
    /// A message as its event wants it to travel, without a tenant, and whether its payload must be
    /// [checked in](crate::claim_check::ClaimCheck::check_in_emitted) before the commit; its channel's limit then counts for the claim.
    ///
    /// # Errors
    /// Permanent, where its channel does not take it.
    pub fn staged(declared: &Declared, envelope: &Raw) -> Result<(Self, bool), Fault> {
        if declared.claim_check_over.is_none_or(|most| envelope.data.get().len() <= most) {
            return Self::new(declared.channel, envelope)
                .map(|emission| (emission, false))
                .map_err(Fault::permanent);
        }
        let json = |error| Fault::permanent(format!("{} cannot be written as JSON: {error}", envelope.name));
        let envelope = serde_json::value::to_raw_value(envelope).map_err(json)?;
        Ok((Self { channel: declared.channel.to_string(), envelope, tenant: None }, true))
    }

    pub(crate) fn new(channel: Channel, envelope: &Raw) -> Result<Self, EmissionError> {
        let json = serde_json::value::to_raw_value(envelope)
            .map_err(|source| EmissionError::Json { name: envelope.name.clone(), source })?;
        // SQS and EventBridge take 1 MiB since 2026, SNS 256 KiB; the receipt's own 400 KB is checked at the commit.
        let limit = match channel {
            Channel::Bus | Channel::Queue(_) => 1024 * 1024,
            Channel::Topic(_) => 256 * 1024,
        };
        let bytes = json.get().len();
        if bytes > limit {
            return Err(EmissionError::TooLarge { name: envelope.name.clone(), bytes, channel, limit });
        }
        Ok(Self { channel: channel.to_string(), envelope: json, tenant: None })
    }
}

impl Emission {
    /// The header of its envelope.
    ///
    /// # Errors
    /// Where the stored JSON is no envelope.
    pub fn header(&self) -> Result<Header<'_>, serde_json::Error> {
        Header::of(self.envelope.get())
    }

    /// When its envelope says that it was emitted; `None` where the envelope cannot be read.
    #[must_use]
    pub fn emitted_at(&self) -> Option<Timestamp> {
        self.header().ok().map(|header| header.timestamp)
    }
}

/// What [`attribute::EMITTED`](crate::table::attribute::EMITTED) holds.
#[must_use]
pub(crate) fn write_emissions(emissions: &[Emission]) -> String {
    // Texts and raw JSON only: this has no way to fail.
    serde_json::to_string(emissions).unwrap_or_default()
}

/// Reads [`attribute::EMITTED`](crate::table::attribute::EMITTED).
///
/// # Errors
/// Where it is not what [`Receipt::to_item`] wrote.
pub fn read_emissions(emitted: &str) -> Result<Vec<Emission>, serde_json::Error> {
    serde_json::from_str(emitted)
}

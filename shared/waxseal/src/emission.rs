//! A message in a receipt, in the form that the relay publishes.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::fault::Fault;
use waxseal_message::{Channel, Declared, Header, Raw, Tenant, Timestamp, tenant};

/// A message in a receipt: the exact bytes that the relay publishes, and their channel.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Emission {
    /// `bus`, `topic:<name>` or `queue:<name>`: the form of [`Channel`].
    pub channel: String,
    /// The envelope's JSON.
    pub envelope: Box<RawValue>,
    /// The tenant on whose behalf the message travels: the `MessageGroupId` of standard queues and
    /// topics (S-48). It is absent for a message without a tenant, and in the receipts of older
    /// builds.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "tenant::stored")]
    pub tenant: Option<Tenant>,
    /// The time before which its recipient does not see it; for commands to standard queues alone.
    /// It is absent for a message without a delay, and in the receipts of older builds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
}

impl Emission {
    /// An envelope for a channel, without a tenant and without a delay.
    pub fn new(channel: impl Into<String>, envelope: Box<RawValue>) -> Self {
        Self { channel: channel.into(), envelope, tenant: None, not_before: None }
    }
}

/// The longest delay of a message in a queue. Source: SQS API reference, `SendMessage`,
/// `DelaySeconds`.
pub const LONGEST_SEND_DELAY: Duration = Duration::from_secs(900);

/// The reason why a message cannot be delayed. Nothing is committed, and the record is
/// dead-lettered with this reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DelayError {
    /// Its channel has no delay for one message: the bus, a topic, a FIFO queue.
    #[error(
        "{name} travels by {channel}, which has no delay for one message: only a command to a standard queue has one"
    )]
    Channel {
        /// The message's name.
        name: &'static str,
        /// The channel.
        channel: Channel,
    },
    /// A queue delays a message by 15 minutes at most.
    #[error(
        "{name} is to wait {} s, and a queue holds a message back for 900 s at most: `.schedules_messages()` on the service lets it \
         wait longer",
        after.as_secs()
    )]
    TooLong {
        /// The message's name.
        name: &'static str,
        /// The requested delay.
        after: Duration,
    },
}

impl DelayError {
    /// Whether a message of this declaration can wait that long.
    pub(crate) fn check(declared: &Declared, after: Duration, schedules: bool) -> Result<(), Self> {
        let Declared { name, channel, .. } = *declared;
        match channel {
            Channel::Queue(_) if after > LONGEST_SEND_DELAY && !schedules => {
                Err(Self::TooLong { name, after })
            }
            Channel::Queue(_) => Ok(()),
            Channel::Bus | Channel::Topic(_) | Channel::Foreign(_) => Err(Self::Channel { name, channel }),
        }
    }
}

/// The error for an emitted envelope that its channel does not take.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EmissionError {
    #[error("{name} cannot be written as JSON: {source}")]
    Json { name: String, source: serde_json::Error },
    #[error("{name} has {bytes} bytes, {channel} takes {limit} at most")]
    TooLarge { name: String, bytes: usize, channel: Channel, limit: usize },
}

impl Emission {
    /// The form in which a message travels, without a tenant. The second value says whether the
    /// payload must be [checked in](crate::claim_check::ClaimCheck::check_in_emitted) before the
    /// commit; the channel's limit then counts for the claim.
    ///
    /// # Errors
    /// A permanent fault where the channel does not take the message.
    pub fn staged(declared: &Declared, envelope: &Raw) -> Result<(Self, bool), Fault> {
        if declared.claim_check_over.is_none_or(|most| envelope.data.get().len() <= most) {
            return Self::of(declared.channel, envelope)
                .map(|emission| (emission, false))
                .map_err(Fault::permanent);
        }
        let json = |error| Fault::permanent(format!("{} cannot be written as JSON: {error}", envelope.name));
        let envelope = serde_json::value::to_raw_value(envelope).map_err(json)?;
        Ok((Self::new(declared.channel.to_string(), envelope), true))
    }

    /// An envelope that its channel takes.
    pub(crate) fn of(channel: Channel, envelope: &Raw) -> Result<Self, EmissionError> {
        let json = serde_json::value::to_raw_value(envelope)
            .map_err(|source| EmissionError::Json { name: envelope.name.clone(), source })?;
        // SQS and EventBridge take 1 MiB since 2026, SNS takes 256 KiB. The commit checks the
        // receipt's own limit of 400 KB.
        let limit = match channel {
            Channel::Bus | Channel::Queue(_) | Channel::Foreign(_) => 1024 * 1024,
            Channel::Topic(_) => 256 * 1024,
        };
        let bytes = json.get().len();
        if bytes > limit {
            return Err(EmissionError::TooLarge { name: envelope.name.clone(), bytes, channel, limit });
        }
        Ok(Self::new(channel.to_string(), json))
    }
}

impl Emission {
    /// The header of the envelope.
    ///
    /// # Errors
    /// Where the stored JSON is no envelope.
    pub fn header(&self) -> Result<Header<'_>, serde_json::Error> {
        Header::of(self.envelope.get())
    }

    /// The delay in its channel from `now` on, in whole seconds; none once its time has come. A
    /// relay computes it at each publication, so that a late message waits no longer than it must.
    #[must_use]
    pub fn delay(&self, now: Timestamp) -> Duration {
        let left = self.not_before.map_or(Duration::ZERO, |time| time.saturating_duration_since(now));
        let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        Duration::from_secs(seconds).min(LONGEST_SEND_DELAY)
    }

    /// The time of emission in the envelope; `None` where the envelope cannot be read.
    #[must_use]
    pub fn emitted_at(&self) -> Option<Timestamp> {
        self.header().ok().map(|header| header.timestamp)
    }
}

/// The text of [`attribute::EMITTED`](crate::table::attribute::EMITTED).
#[must_use]
pub(crate) fn write_emissions(emissions: &[Emission]) -> String {
    // The value holds only texts and raw JSON, so this cannot fail.
    serde_json::to_string(emissions).unwrap_or_default()
}

/// Reads [`attribute::EMITTED`](crate::table::attribute::EMITTED).
///
/// # Errors
/// Where [`Receipt::to_item`](crate::row::Receipt::to_item) cannot have written the text.
pub fn read_emissions(emitted: &str) -> Result<Vec<Emission>, serde_json::Error> {
    serde_json::from_str(emitted)
}

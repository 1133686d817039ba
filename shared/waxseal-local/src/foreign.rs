//! Events of AWS services and partners, on the buses where they speak.

use serde::Deserialize;
use serde_json::value::RawValue;
use waxseal::Timestamp;

use crate::{bus::Bus, error::LocalError, local::Local, outbound::Channels};

impl Channels {
    /// The bus of a rule.
    pub(crate) fn bus_of(&self, bus: waxseal::Bus) -> &Bus {
        match bus {
            waxseal::Bus::Application => &self.bus,
            waxseal::Bus::Default => &self.default_bus,
            waxseal::Bus::Partner(_) => &self.partner_bus,
        }
    }
}

/// The members that an event has at least. Source: EventBridge user guide, "Event structure".
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Event<'a> {
    #[serde(rename = "id")]
    _id: String,
    #[serde(rename = "detail-type")]
    _detail_type: String,
    source: String,
    #[serde(rename = "time")]
    _time: Timestamp,
    #[serde(borrow)]
    detail: &'a RawValue,
}

impl Local {
    /// The account's default bus, where AWS services speak.
    #[must_use]
    pub fn default_bus(&self) -> &Bus {
        &self.channels.default_bus
    }

    /// Puts an event of an AWS service or of a partner, whole and in EventBridge's JSON, as its owner
    /// does. An event of a source that begins with `aws.partner/` goes to the partners' buses, which are
    /// one bus here. Every other one goes to the default bus (L-8).
    ///
    /// An event for the application's bus is put there with [`Local::bus`].
    ///
    /// # Errors
    /// Where it is no event of EventBridge.
    pub fn put_foreign(&self, event: &str) -> Result<(), LocalError> {
        let parsed: Event<'_> = serde_json::from_str(event).map_err(LocalError::NoEvent)?;
        let bus = match parsed.source.starts_with("aws.partner/") {
            true => &self.channels.partner_bus,
            false => &self.channels.default_bus,
        };
        bus.route(event, parsed.detail.get());
        Ok(())
    }
}

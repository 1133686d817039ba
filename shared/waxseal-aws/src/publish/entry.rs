//! One emission on its way to a channel.

use std::time::Duration;

use waxseal::{Header, Tenant};

use super::channel::Service;

/// The attribute that SNS filter policies match on.
pub(super) const EVENT_TYPE: &str = "eventType";
pub(super) const STRING: &str = "String";

/// One emission on its way.
#[derive(Debug, Clone)]
pub(super) struct Entry<'a> {
    /// Its position among what was given.
    pub(super) index: usize,
    pub(super) header: Header<'a>,
    pub(super) json: &'a str,
    pub(super) tenant: Option<&'a Tenant>,
    /// The time for which SQS is to hold it back.
    pub(super) delay: Duration,
}

impl Entry<'_> {
    /// Its bytes as the service counts them.
    pub(super) fn size(&self, service: Service) -> usize {
        let own = self.json.len();
        match service {
            // `Time` counts 14.
            Service::EventBridge => own + self.header.source.len() + self.header.name.len() + 14,
            Service::Sns => own + EVENT_TYPE.len() + STRING.len() + self.header.name.len(),
            Service::Sqs => own,
        }
    }

    /// `DelaySeconds`, where it waits.
    pub(super) fn delay_seconds(&self) -> Option<i32> {
        i32::try_from(self.delay.as_secs()).ok().filter(|seconds| *seconds > 0)
    }

    /// Its message group, which names its tenant. The API references count no bytes for it.
    pub(super) fn group(&self) -> Option<String> {
        self.tenant.map(ToString::to_string)
    }

    /// Whether a permission to put one event is a permission to put the other.
    pub(super) fn is_allowed_as(&self, other: &Entry<'_>) -> bool {
        self.header.source == other.header.source && self.header.name == other.header.name
    }
}

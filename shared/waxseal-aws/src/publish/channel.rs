//! The channels that a relay publishes to, by the names that receipts store: `bus`, `topic:<name>`, `queue:<name>`.

use std::collections::BTreeMap;

use waxseal::{Destination, relay::PublishError, sqs};
use waxseal_catalog::settings::{QUEUES, TOPICS};

use super::chunks::Limits;
use crate::{call::Target, code::Code};

/// The recipient of entries.
#[derive(Debug, Clone)]
pub(super) struct Recipient {
    pub(super) service: Service,
    /// Bus name, topic ARN or queue URL.
    pub(super) address: String,
    pub(super) target: Target,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    EventBridge,
    Sns,
    Sqs,
}

impl Service {
    /// Sources: EventBridge user guide, "Quotas" and "Calculating entry size" (1 MiB since 2026, and less than it); SNS API
    /// reference, `PublishBatch` (262,144 bytes for all messages); SQS API reference, `SendMessageBatch` (1 MiB for all).
    pub(super) fn limits(self) -> Limits {
        match self {
            Self::EventBridge => Limits { count: 10, bytes: 1024 * 1024 - 1 },
            Self::Sns => Limits { count: 10, bytes: 256 * 1024 },
            Self::Sqs => Limits { count: 10, bytes: sqs::LARGEST },
        }
    }

    pub(super) fn action(self) -> &'static str {
        match self {
            Self::EventBridge => "events:PutEvents",
            Self::Sns => "sns:Publish",
            Self::Sqs => "sqs:SendMessage",
        }
    }
}

/// The channels that the environment names.
#[derive(Debug, Clone)]
pub(crate) struct Channels {
    bus: Recipient,
    /// Topics and queues by their variables.
    named: BTreeMap<String, Recipient>,
}

impl Channels {
    pub(crate) fn new(bus: String, target: Target) -> Self {
        Self {
            bus: Recipient { service: Service::EventBridge, address: bus, target },
            named: BTreeMap::new(),
        }
    }

    /// Adds the topic or queue that `variable` names.
    pub(crate) fn add(&mut self, variable: String, address: String, target: Target) {
        let service = if address.starts_with("arn:") { Service::Sns } else { Service::Sqs };
        self.named.insert(variable, Recipient { service, address, target });
    }

    /// Where a stored channel leads.
    ///
    /// A channel without a variable is one that does not exist for this relay: the next deploy may set the variable, so the
    /// event waits for that as long as it may (O-6). A channel of no known form is refused: no variable can name it.
    pub(super) fn find(&self, channel: &str) -> Result<&Recipient, PublishError> {
        let to = Destination::try_from(channel)
            .map_err(|error| PublishError::refused(format!("{error} ({})", Code::NoEnvelope)))?;
        let (family, name, what) = match to {
            Destination::Bus => return Ok(&self.bus),
            Destination::Topic(name) => (&TOPICS, name, "the ARN of the topic"),
            Destination::Queue(name) => (&QUEUES, name, "the URL of the queue"),
        };
        let variable = family.member(name);
        self.named.get(&variable).ok_or_else(|| {
            PublishError::no_channel(format!(
                "{variable} is not set: set it to {what} `{name}` ({})",
                Code::NoChannel
            ))
        })
    }
}

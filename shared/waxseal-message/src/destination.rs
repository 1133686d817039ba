//! The channel of a message as text: `bus`, `topic:packages`, `queue:inventory`.

use std::fmt;

use crate::{bus::Bus, text::clip};

/// The channel on which a committed message travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// The EventBridge bus: the default of events.
    Bus,
    /// An SNS topic, for events with very many readers.
    Topic(&'static str),
    /// The SQS queue of the one recipient: commands only.
    Queue(&'static str),
    /// No channel of the application: a [foreign event](crate::foreign) comes from this bus.
    /// `None` where it comes in a queue, from a topic or in a stream. It is never published.
    Foreign(Option<Bus>),
}

impl Channel {
    /// The destination of a message on this channel; `None` for a foreign event.
    #[must_use]
    pub fn destination(self) -> Option<Destination<'static>> {
        match self {
            Self::Bus => Some(Destination::Bus),
            Self::Topic(name) => Some(Destination::Topic(name)),
            Self::Queue(name) => Some(Destination::Queue(name)),
            Self::Foreign(_) => None,
        }
    }
}

impl fmt::Display for Channel {
    /// The form that is stored beside an emitted envelope: `bus`, `topic:packages`,
    /// `queue:inventory`. A foreign event has none, and is shown by its bus.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.destination(), self) {
            (Some(destination), _) => destination.fmt(f),
            (None, Self::Foreign(Some(bus))) => write!(f, "foreign ({bus})"),
            (None, _) => f.write_str("foreign"),
        }
    }
}

/// A [`Channel`] whose name may have been read from a receipt.
///
/// ```
/// use waxseal_message::{Channel, Destination};
/// assert_eq!(Channel::Topic("packages").to_string(), "topic:packages");
/// assert_eq!(Destination::try_from("topic:packages"), Ok(Destination::Topic("packages")));
/// assert!(Destination::try_from("topic:").is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Destination<'a> {
    /// The EventBridge bus.
    Bus,
    /// The SNS topic of this name.
    Topic(&'a str),
    /// The SQS queue that takes the commands for this service.
    Queue(&'a str),
}

/// A text that names no destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownDestination(String);

impl fmt::Display for UnknownDestination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no channel: known are bus, topic:<name> and queue:<name>", self.0)
    }
}

impl std::error::Error for UnknownDestination {}

impl fmt::Display for Destination<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bus => f.write_str("bus"),
            Self::Topic(name) => write!(f, "topic:{name}"),
            Self::Queue(name) => write!(f, "queue:{name}"),
        }
    }
}

impl<'a> TryFrom<&'a str> for Destination<'a> {
    type Error = UnknownDestination;

    fn try_from(text: &'a str) -> Result<Self, Self::Error> {
        match text.split_once(':') {
            None if text == "bus" => Ok(Self::Bus),
            Some(("topic", name)) if !name.is_empty() => Ok(Self::Topic(name)),
            Some(("queue", name)) if !name.is_empty() => Ok(Self::Queue(name)),
            Some(_) | None => Err(UnknownDestination(clip(text, 256).into_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_is_read_as_it_was_written() {
        for channel in [Channel::Bus, Channel::Topic("packages"), Channel::Queue("inventory")] {
            let text = channel.to_string();
            assert_eq!(Destination::try_from(&*text), Ok(channel.destination().unwrap()));
        }
        for channel in
            [None, Some(Bus::Default), Some(Bus::Partner("aws.partner/x.com"))].map(Channel::Foreign)
        {
            assert_eq!(channel.destination(), None);
            assert!(Destination::try_from(&*channel.to_string()).is_err(), "{channel}");
        }
        for text in ["", "bus:", "bus:shop", "topic", "topic:", "queue:", "stream:orders"] {
            let error = Destination::try_from(text).unwrap_err();
            assert!(error.to_string().starts_with(&format!("`{text}` is no channel")), "{error}");
        }
    }
}

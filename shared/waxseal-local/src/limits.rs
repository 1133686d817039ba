//! The limits of EventBridge, SNS and SQS: sizes, characters, names.
//!
//! The codes and words are those of the services, so that a function meets the same errors here as
//! on AWS.

use std::time::Duration;

use waxseal::{
    LONGEST_SEND_DELAY, Tenant, Timestamp,
    sqs::{self, LARGEST, MOST_ATTRIBUTES},
};

use crate::{entry::Entry, message::NewMessage};

/// The refusal of a channel: the service's code, and the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {what}")]
pub struct Refused {
    code: &'static str,
    what: String,
}

impl Refused {
    fn new(code: &'static str, what: impl Into<String>) -> Self {
        Self { code, what: what.into() }
    }

    /// The service's error code, such as `InvalidMessageContents`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }
}

const MIB: usize = 1024 * 1024;
/// Source: EventBridge user guide, "Calculating `PutEvents` event entry size": less than 1 MiB.
const ENTRY: usize = MIB - 1;
/// The bytes that `Time` counts in an entry.
const TIME: usize = 14;
/// Source: EventBridge API reference, `PutEvents`.
const DEEPEST_DETAIL: usize = 1100;
/// Source: EventBridge API reference, `PutEventsRequestEntry`.
const LONGEST_DETAIL_TYPE: usize = 128;
/// Source: EventBridge Scheduler API reference, `EventBridgeParameters`, of the same parameter.
const LONGEST_SOURCE: usize = 256;
/// Source: SNS API reference, `Publish`: message and attributes.
const NOTIFICATION: usize = 256 * 1024;
/// Source: SQS API reference, `ChangeMessageVisibility`.
const LONGEST_VISIBILITY: Duration = Duration::from_hours(12);
/// The data type of every attribute here, which counts.
pub(crate) const STRING: &str = "String";

/// Refuses an entry as `PutEvents` does.
pub(crate) fn entry(entry: &Entry) -> Result<(), Refused> {
    let Entry { source, detail_type, detail } = entry;
    let invalid = |what: String| Err(Refused::new("InvalidArgument", what));
    if source.starts_with("aws.") {
        let what = "sources that begin with `aws.` are AWS's own: publish as the service that owns the event";
        return Err(Refused::new("NotAuthorizedForSourceException", what));
    }
    for (name, value, most) in
        [("Source", source, LONGEST_SOURCE), ("DetailType", detail_type, LONGEST_DETAIL_TYPE)]
    {
        let length = value.chars().count();
        if length == 0 || length > most {
            return invalid(format!("{name} has {length} characters, and 1 to {most} are taken"));
        }
    }
    let bytes = TIME + source.len() + detail_type.len() + detail.get().len();
    if bytes > ENTRY {
        return Err(Refused::new(
            "ValidationException",
            format!("the entry has {bytes} bytes, and {ENTRY} are taken: check its payload in as a claim"),
        ));
    }
    if !detail.get().trim_start().starts_with('{') {
        return Err(Refused::new("MalformedDetail", "Detail is not a JSON object"));
    }
    // Each level has a bracket.
    let depth = if detail.get().len() > DEEPEST_DETAIL { waxseal_pattern::depth(detail.get()) } else { 0 };
    if depth > DEEPEST_DETAIL {
        let what = format!("Detail is nested {depth} levels deep, and {DEEPEST_DETAIL} are taken");
        return Err(Refused::new("MalformedDetail", what));
    }
    Ok(())
}

/// Refuses, as SNS does, a message whose attributes count `attributes` bytes.
pub(crate) fn notification(message: &str, attributes: usize) -> Result<(), Refused> {
    let bytes = message.len() + attributes;
    if message.is_empty() {
        return Err(Refused::new("InvalidParameter", "the message is empty"));
    }
    if bytes > NOTIFICATION {
        return Err(Refused::new(
            "InvalidParameter",
            format!(
                "the message has {bytes} bytes, and {NOTIFICATION} are taken: check its payload in as a claim"
            ),
        ));
    }
    Ok(())
}

/// Refuses a message group as SQS and SNS do, with their codes.
pub(crate) fn group(code: &'static str, group: &str) -> Result<(), Refused> {
    // A group has the characters of a tenant on every kind of queue.
    let what = |error| Refused::new(code, format!("MessageGroupId: {error}"));
    Tenant::new(group).map(drop).map_err(what)
}

/// Refuses a message as SQS does; `fifo` says of which kind the queue is.
pub(crate) fn message(message: &NewMessage, fifo: bool) -> Result<(), Refused> {
    let NewMessage { body, attributes, group, deduplication, delay } = message;
    let invalid = |what: String| Err(Refused::new("InvalidParameterValue", what));
    if body.is_empty() {
        return Err(Refused::new("MissingParameter", "the body is empty"));
    }
    let size = |(name, value): (&String, &String)| name.len() + STRING.len() + value.len();
    let bytes = body.len() + attributes.iter().map(size).sum::<usize>();
    if bytes > LARGEST {
        return invalid(format!(
            "the message has {bytes} bytes, and {LARGEST} are taken: check its payload in as a claim"
        ));
    }
    if attributes.len() > MOST_ATTRIBUTES {
        return invalid(format!("{} attributes, and {MOST_ATTRIBUTES} are taken", attributes.len()));
    }
    if let Some((name, _)) = attributes.iter().find(|(name, value)| name.is_empty() || value.is_empty()) {
        return invalid(format!("the attribute `{name}` has no name or no value"));
    }
    if let Some(refused) =
        [body].into_iter().chain(attributes.values()).find_map(|text| sqs::refused_character(text))
    {
        let what =
            format!("the character {} is none that XML 1.0 has: encode the text", refused.escape_unicode());
        return Err(Refused::new("InvalidMessageContents", what));
    }
    if let Some(group) = group {
        self::group("InvalidParameterValue", group)?;
    }
    if *delay > LONGEST_SEND_DELAY || fifo && !delay.is_zero() {
        return Err(Refused::new(
            "InvalidParameterValue",
            format!(
                "DelaySeconds is {}: a standard queue takes 0 to 900, a FIFO queue none",
                delay.as_secs()
            ),
        ));
    }
    if !fifo && deduplication.is_some() {
        return invalid("MessageDeduplicationId is a parameter of FIFO queues alone".to_owned());
    }
    if fifo && group.is_none() {
        return Err(Refused::new("MissingParameter", "a message to a FIFO queue has a message group"));
    }
    if fifo && deduplication.is_none() {
        let what = "a message to a FIFO queue without ContentBasedDeduplication has a MessageDeduplicationId";
        return invalid(what.to_owned());
    }
    Ok(())
}

/// Refuses, as SQS does, a visibility until `until` for a message that was received at `received`.
pub(crate) fn visibility(received: Timestamp, until: Timestamp) -> Result<(), Refused> {
    if until > received + LONGEST_VISIBILITY {
        let what = "a message is hidden for 12 hours after its receive at most";
        return Err(Refused::new("InvalidParameterValue", what));
    }
    Ok(())
}

//! The shapes of JSON objects: envelopes, CloudEvents events, notifications, records of destinations.

use serde_json::value::RawValue;
use waxseal::{Malformed, Timestamp, cloudevents};

use crate::json::{self, Object};

/// Whether an object is an envelope: it has all required members. Everything else is foreign, and keeps its members.
pub(crate) fn is_envelope(object: &Object<'_>) -> bool {
    // `null` is a payload, and no other member.
    let has_data = || object.members().any(|name| name == "data");
    waxseal::REQUIRED.iter().all(|name| object.has(name) || (*name == "data" && has_data()))
}

/// Whether an object is a CloudEvents event: it has all required members. An envelope with such members stays one.
pub(crate) fn is_cloud_event(object: &Object<'_>) -> bool {
    cloudevents::REQUIRED.iter().all(|name| object.has(name))
}

/// Whether an object is an SNS notification.
pub(crate) fn is_notification(object: &Object<'_>) -> bool {
    // An envelope's data never stands at this level, so nothing else has all three.
    object.has("Type") && object.has("MessageId") && object.has("TopicArn")
}

/// Whether an object is the record of a Lambda destination: of an asynchronous invocation, or of a batch of a stream.
/// Source: Lambda developer guide, "Capturing records of Lambda asynchronous invocations" and "Retaining discarded batches".
pub(crate) fn is_destination(object: &Object<'_>) -> bool {
    object.has("requestContext") && DESTINATION.iter().any(|name| object.has(name))
}

/// The members that the record of a Lambda destination has beside `requestContext`, and that no HTTP request has.
pub(crate) const DESTINATION: [&str; 5] =
    ["requestPayload", "responseContext", "responsePayload", "DDBStreamBatchInfo", "KinesisBatchInfo"];

/// The longest name, source and id: each may become part of a receipt's key.
pub(crate) const LONGEST: usize = 256;

/// A member that becomes part of a receipt's key, as in an envelope. `of` names the object.
pub(crate) fn identifier(
    object: &Object<'_>,
    of: &str,
    name: &str,
    missing: &str,
) -> Result<String, Malformed> {
    let wrong = |what: &str| Malformed::new(format!("{of} whose {name} {what}"));
    let raw = object.get(name).ok_or_else(|| wrong(missing))?;
    match json::string(raw) {
        Some(text) if text.is_empty() => Err(wrong("is empty")),
        Some(text) if text.len() > LONGEST => Err(wrong("has more than 256 bytes")),
        Some(text) => Ok(text.into_owned()),
        None => Err(wrong("is not a string")),
    }
}

/// A time in seconds since 1970, with or without a fraction, as streams write it.
pub(crate) fn seconds(raw: &RawValue) -> Option<Timestamp> {
    let seconds: f64 = raw.get().parse().ok()?;
    let milliseconds = seconds * 1000.0;
    // Nine thousand years of milliseconds are exact in 53 bits; anything else is no time of a record.
    #[allow(clippy::cast_possible_truncation, reason = "checked by the range")]
    (0.0..2.6e14).contains(&milliseconds).then(|| Timestamp::from_millisecond(milliseconds as i64).ok())?
}

/// A member that is an RFC 3339 time.
pub(crate) fn time(object: &Object<'_>, name: &str) -> Option<Timestamp> {
    object.string(name)?.parse().ok()
}

//! What EventBridge says about an AWS service's event beside its payload.

use serde_json::Value;
use waxseal_message::Envelope;

/// The account that the event is of.
#[must_use]
pub fn account<D>(event: &Envelope<D>) -> Option<&str> {
    event.metadata.get("account").and_then(Value::as_str)
}

/// The region that the event is of.
#[must_use]
pub fn region<D>(event: &Envelope<D>) -> Option<&str> {
    event.metadata.get("region").and_then(Value::as_str)
}

/// The ARNs that the event is about: of a schedule, of a bucket, of an alarm.
pub fn resources<D>(event: &Envelope<D>) -> impl Iterator<Item = &str> {
    event.metadata.get("resources").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

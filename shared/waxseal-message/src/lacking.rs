//! The members that a payload lacks to be an envelope. They point to a mistake of the publisher.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::value::RawValue;

use crate::{cloudevents, envelope::REQUIRED};

/// The required members that a payload lacks, where it has two or more of an envelope's or of a
/// CloudEvents event's. The reason of a dead letter states them. A foreign payload may have one
/// such member by chance, so one is not enough.
///
/// ```
/// assert_eq!(
///     waxseal_message::lacking(r#"{"eventId":"e1","eventType":"order.placed","data":{}}"#).unwrap(),
///     "it has eventId, eventType, data of an envelope and lacks eventVersion, timestamp, source"
/// );
/// assert_eq!(waxseal_message::lacking(r#"{"eventVersion":2,"sku":"hat"}"#), None);
/// ```
#[must_use]
pub fn lacking(json: &str) -> Option<String> {
    let members: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(json).ok()?;
    // `null` is a payload; for every other member it means absent.
    let has = |name: &str| members.get(name).is_some_and(|raw| name == "data" || raw.get() != "null");
    let forms = [("an envelope", &REQUIRED[..]), ("a CloudEvents event", &cloudevents::REQUIRED[..])];
    let reasons: Vec<String> = forms
        .into_iter()
        .filter_map(|(form, required)| {
            let (there, missing): (Vec<&str>, Vec<&str>) = required.iter().partition(|name| has(name));
            (there.len() >= 2 && !missing.is_empty())
                .then(|| format!("it has {} of {form} and lacks {}", there.join(", "), missing.join(", ")))
        })
        .collect();
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

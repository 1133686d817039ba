//! Hints: messages that say that a row may have a timer that is due. A hint has no receipt: early,
//! late, twice or lost, it does no harm (S-69).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::emission::Emission;
use waxseal_message::{Channel, Raw, Timestamp, derived_id};

/// The name of a hint.
pub const WAKE: &str = "waxseal.wake";

/// The row that a hint names, by its partition key and its sort key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HintedRow {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

/// A hint for the service of this name about the row under a key, seen at `at`.
///
/// Its id is a function of row and time. No receipt depends on it.
#[must_use]
pub fn hint(service: &str, (partition, sort): (&str, &str), at: Timestamp, now: Timestamp) -> Emission {
    let null = || RawValue::NULL.to_owned();
    let row = HintedRow { pk: partition.to_owned(), sk: sort.to_owned() };
    let data = serde_json::value::to_raw_value(&row).unwrap_or_else(|_| null());
    let id = derived_id(partition, &format!("{sort} {at}"), WAKE, 0);
    let envelope = Raw {
        correlation_id: id.clone(),
        id,
        name: WAKE.to_owned(),
        version: 1,
        timestamp: now,
        source: service.to_owned(),
        causation_id: None,
        data,
        metadata: BTreeMap::new(),
    };
    // `Channel::Queue` holds a static name, and a service's is not.
    let channel = format!("{}{service}", Channel::Queue(""));
    let json = serde_json::value::to_raw_value(&envelope).unwrap_or_else(|_| null());
    Emission { not_before: Some(at), ..Emission::new(channel, json) }
}

/// The row that a hint names; `None` where its payload names none.
pub(crate) fn hinted(hint: &Raw) -> Option<HintedRow> {
    serde_json::from_str(hint.data.get()).ok()
}

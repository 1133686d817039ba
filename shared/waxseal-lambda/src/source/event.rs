//! Foreign events whose transport names them: an entry of S3, a change of a table, the record of an invocation.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use waxseal::{Envelope, Malformed, Timestamp, batch::Content};

use super::shape::LONGEST;

/// An event with its name, its source and its id, which starts a flow.
pub(super) fn content(
    (name, source, id): (&str, &str, &str),
    time: Option<Timestamp>,
    data: Box<RawValue>,
) -> Content {
    let malformed = |what: &str| Content::Malformed(Malformed::new(what));
    let Some(timestamp) = time else {
        return malformed("an event whose time is missing, or is no RFC 3339 time");
    };
    if [name, source, id].iter().any(|part| part.is_empty() || part.len() > LONGEST) {
        return malformed("an event whose name, source or id is empty or has more than 256 bytes");
    }
    Content::Message(Box::new(Envelope {
        id: id.to_owned(),
        name: name.to_owned(),
        version: 1,
        timestamp,
        source: source.to_owned(),
        correlation_id: id.to_owned(),
        causation_id: None,
        data,
        metadata: BTreeMap::new(),
    }))
}

//! EventBridge events, delivered directly or as a body.
//!
//! Precedence (S-35): an envelope in `detail` counts whole. Its id, type and time win over EventBridge's, since the
//! publisher wrote them, and every other way of delivery shows them (S-37). The two sources must agree: an IAM condition
//! on EventBridge's source says who may publish under it, and an envelope with another source would get around that. A
//! plain payload has no id, type and time of its own, so it takes EventBridge's:
//!
//! | envelope | plain payload |
//! |---|---|
//! | id, correlation | EventBridge's `id`: the flow starts here |
//! | name | `detail-type` |
//! | version | 1: an `eventVersion` in `detail` is the payload's own, as all of `CloudTrail` says `"1.08"` there |
//! | timestamp, source | `time`, `source` |
//! | data | the whole `detail` |
//!
//! A CloudEvents event in `detail` is an envelope in this (S-46), EventBridge's `time` where it says none.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;
use waxseal::{
    Envelope, Malformed, Raw,
    batch::{Content, Record},
    cloudevents,
};

use super::shape::{self, Sent};
use crate::{
    json::{self, Object, kind},
    trace,
};

/// The event as a record: direct deliveries have one. `trace` is the invocation's.
pub(crate) fn record(event: &Object<'_>, text: &str, trace: Option<&str>) -> Record {
    let id = event.string("id").filter(|id| !id.is_empty());
    let content = match read(event, &|| None) {
        Ok(raw) => Content::Message(Box::new(raw)),
        Err(malformed) => Content::Malformed(malformed),
    };
    let id = id.map_or_else(|| "event".to_owned(), Cow::into_owned);
    Record::new(id, text.as_bytes().to_vec(), trace::continued(content, trace))
}

/// An event around an envelope, as nearly every event is. It is read in one pass.
#[derive(Deserialize)]
struct FastPath<'a> {
    #[serde(borrow, rename = "detail-type")]
    _detail_type: Cow<'a, str>,
    #[serde(borrow)]
    source: Cow<'a, str>,
    detail: Raw,
    #[serde(borrow, rename = "replay-name")]
    replay: Option<Cow<'a, str>>,
    // Each of these would make the event something else.
    #[serde(rename = "Type")]
    kind: Option<IgnoredAny>,
    #[serde(rename = "eventId")]
    id: Option<IgnoredAny>,
    data: Option<IgnoredAny>,
    specversion: Option<IgnoredAny>,
}

/// The envelope in an event, in one pass. `None` where anything is unusual: [`read`] then says what that is. Both give the
/// same for an ordinary event.
pub(crate) fn fast_path(text: &str) -> Option<Raw> {
    // Other bodies need not be read to their end to tell.
    if !text.contains("\"detail-type\"") {
        return None;
    }
    let FastPath {
        source, detail: mut raw, replay, kind: None, id: None, data: None, specversion: None, ..
    } = serde_json::from_str(text).ok()?
    else {
        return None;
    };
    if source != raw.source {
        return None;
    }
    raw.set_replay(replay.map(Cow::into_owned));
    Some(raw)
}

/// The envelope in an EventBridge event.
pub(crate) fn read(event: &Object<'_>, sent: Sent<'_>) -> Result<Raw, Malformed> {
    let Some(detail) = event.get("detail") else {
        return Err(Malformed::new(
            "looks like an EventBridge event without detail: the rule's InputPath or input transformer must keep it",
        ));
    };
    let mut raw = match Raw::parse(detail.get()) {
        Ok(raw) => raw,
        Err(malformed) => match Object::parse(detail.get()) {
            Some(members) if shape::is_envelope(&members) => {
                return Err(malformed.within("an EventBridge event whose detail is no envelope: "));
            }
            Some(members) if shape::is_cloud_event(&members) => {
                let time = shape::time(event, "time").or_else(sent);
                cloudevents::read(detail.get(), time).map_err(|malformed| {
                    malformed.within("an EventBridge event whose detail is not readable: ")
                })?
            }
            Some(_) => plain(event, detail)?,
            None => {
                return Err(Malformed::new(format!(
                    "an EventBridge event whose detail is {}, not an object",
                    kind(detail.get())
                )));
            }
        },
    };
    if let Some(source) = event.string("source").filter(|source| *source != raw.source) {
        return Err(Malformed::new(format!(
            "an EventBridge event from source {source} whose detail says source {}: a publisher speaks for its own alone",
            raw.source
        )));
    }
    // A replay is visible to the handler (S-40), as EventBridge says and nobody else.
    raw.set_replay(event.string("replay-name").map(Cow::into_owned));
    Ok(raw)
}

fn plain(event: &Object<'_>, detail: &RawValue) -> Result<Raw, Malformed> {
    let id = identifier(event, "id")?;
    Ok(Envelope {
        correlation_id: id.clone(),
        id,
        name: identifier(event, "detail-type")?,
        version: 1,
        timestamp: shape::time(event, "time")
            .ok_or_else(|| Malformed::new("an EventBridge event whose time is no RFC 3339 time"))?,
        source: identifier(event, "source")?,
        causation_id: None,
        data: detail.to_owned(),
        metadata: BTreeMap::new(),
    })
}

/// As in an envelope: these become part of a receipt's key.
fn identifier(event: &Object<'_>, name: &str) -> Result<String, Malformed> {
    const LONGEST: usize = 256;
    let wrong = |what: &str| Malformed::new(format!("an EventBridge event whose {name} {what}"));
    let raw = event.get(name).ok_or_else(|| wrong("is missing: the rule must deliver the whole event"))?;
    match json::string(raw) {
        Some(text) if text.is_empty() => Err(wrong("is empty")),
        Some(text) if text.len() > LONGEST => Err(wrong("has more than 256 bytes")),
        Some(text) => Ok(text.into_owned()),
        None => Err(wrong("is not a string")),
    }
}

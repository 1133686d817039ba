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
//! | metadata | of an AWS service `account`, `region` and `resources` |
//!
//! A CloudEvents event in `detail` is an envelope in this (S-46), EventBridge's `time` where it says none.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, value::RawValue};
use waxseal::{
    Envelope, Malformed, Raw, Service, Transport,
    batch::{Content, Record},
    cloudevents,
};

use super::{
    delivery::{Delivery, Sent},
    shape,
};
use crate::{
    json::{self, Object, kind},
    trace,
};

/// The event as a record: direct deliveries have one. `trace` is the invocation's.
pub(crate) fn record(
    event: &Object<'_>,
    text: &str,
    trace: Option<&str>,
    service: Option<&Service>,
) -> Record {
    let id = event.string("id").filter(|id| !id.is_empty());
    let delivery = Delivery::by(Transport::Bus { source: "", detail_type: "" }, service);
    let content = match read(event, &delivery) {
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
pub(crate) fn read(event: &Object<'_>, delivery: &Delivery<'_>) -> Result<Raw, Malformed> {
    let Some(detail) = event.get("detail") else {
        return Err(Malformed::new(
            "looks like an EventBridge event without detail: the rule's InputPath or input transformer must keep it",
        ));
    };
    let scheduled = scheduled(event, detail);
    let detail = scheduled.as_deref().unwrap_or(detail);
    let mut raw = match enveloped(event, detail, delivery.sent)? {
        Some(raw) => raw,
        None => plain(event, detail, delivery)?,
    };
    // A replay is visible to the handler (S-40), as EventBridge says and nobody else.
    raw.set_replay(event.string("replay-name").map(Cow::into_owned));
    Ok(raw)
}

/// The envelope that `detail` is; `None` where it is a plain payload.
fn enveloped(event: &Object<'_>, detail: &RawValue, sent: Sent<'_>) -> Result<Option<Raw>, Malformed> {
    let raw = match Raw::parse(detail.get()) {
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
            Some(_) => return Ok(None),
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
    Ok(Some(raw))
}

/// The detail of a schedule without an input: EventBridge Scheduler writes it as a text, `"{}"`.
fn scheduled(event: &Object<'_>, detail: &RawValue) -> Option<Box<RawValue>> {
    if event.string("source").as_deref() != Some("aws.scheduler") {
        return None;
    }
    let text = json::string(detail)?;
    Object::parse(&text)?;
    RawValue::from_string(text.into_owned()).ok()
}

/// A foreign event. One that no handler takes may be another to the service's adapter.
fn plain(event: &Object<'_>, detail: &RawValue, delivery: &Delivery<'_>) -> Result<Raw, Malformed> {
    let id = identifier(event, "id")?;
    let raw = Envelope {
        correlation_id: id.clone(),
        id,
        name: identifier(event, "detail-type")?,
        version: 1,
        timestamp: shape::time(event, "time")
            .ok_or_else(|| Malformed::new("an EventBridge event whose time is no RFC 3339 time"))?,
        source: identifier(event, "source")?,
        causation_id: None,
        data: detail.to_owned(),
        metadata: circumstances(event),
    };
    if delivery.takes(&raw.name, &raw.source) {
        return Ok(raw);
    }
    let transport = Transport::Bus { source: &raw.source, detail_type: &raw.name };
    let within = Delivery { transport, id: &raw.id, sent: &|| Some(raw.timestamp), ..*delivery };
    within.adapted(detail.get()).unwrap_or(Ok(raw))
}

/// What the event of an AWS service says beside its detail. A schedule says nothing else.
fn circumstances(event: &Object<'_>) -> BTreeMap<String, Value> {
    if !event.string("source").is_some_and(|source| source.starts_with("aws.")) {
        return BTreeMap::new();
    }
    let member = |name: &&str| Some(((*name).to_owned(), serde_json::from_str(event.get(name)?.get()).ok()?));
    ["account", "region", "resources"].iter().filter_map(member).collect()
}

fn identifier(event: &Object<'_>, name: &str) -> Result<String, Malformed> {
    shape::identifier(
        event,
        "an EventBridge event",
        name,
        "is missing: the rule must deliver the whole event",
    )
}

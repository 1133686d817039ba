//! An envelope, written as a CloudEvents event.

use std::{collections::BTreeMap, error::Error, fmt};

use serde::Serialize;
use serde_json::{Value, value::RawValue};

use crate::envelope::Raw;

use super::rules::*;

/// The reason why an envelope has no CloudEvents form: it holds a value that CloudEvents does not
/// take. Nothing is written, since an event with a replaced value would be another event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    id: String,
    field: &'static str,
    why: &'static str,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, field, why } = self;
        write!(f, "event {id} has no CloudEvents form: its {field} {why}")
    }
}

impl Error for Refused {}

/// The members in the order in which people read them.
#[derive(Serialize)]
struct Written<'a> {
    specversion: &'static str,
    id: &'a str,
    source: &'a str,
    r#type: &'a str,
    time: String,
    datacontenttype: &'a str,
    eventversion: u16,
    correlationid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    causationid: Option<&'a str>,
    #[serde(flatten)]
    extensions: BTreeMap<&'a str, &'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waxsealmetadata: Option<String>,
    data: &'a RawValue,
}

/// Writes an envelope as a CloudEvents event in structured JSON (`application/cloudevents+json`).
/// [`read`](super::read()) gives the same envelope back, `data` byte for byte.
///
/// # Errors
/// [`Refused`] where an id or a name holds a control character, or the source is no URI reference.
///
/// ```
/// use waxseal_message::{Raw, cloudevents};
/// let envelope = Raw::parse(r#"{"eventId":"e1","eventType":"order.placed","eventVersion":2,"source":"orders",
///     "timestamp":"2026-11-21T09:30:00.123Z","correlationId":"c1","data":{"total":12.50},"metadata":{"tenantId":"zürich"}}"#).unwrap();
/// let json = cloudevents::write(&envelope).unwrap();
/// assert_eq!(json, r#"{"specversion":"1.0","id":"e1","source":"orders","type":"order.placed","time":"2026-11-21T09:30:00.123Z","datacontenttype":"application/json","eventversion":2,"correlationid":"c1","waxsealmetadata":"{\"tenantId\":\"zürich\"}","data":{"total":12.50}}"#);
/// ```
pub fn write(envelope: &Raw) -> Result<String, Refused> {
    let refuse =
        |field, why| Refused { id: envelope.id.chars().filter(|c| allowed(*c)).collect(), field, why };
    for (field, text) in [
        ("eventId", Some(&envelope.id)),
        ("eventType", Some(&envelope.name)),
        ("correlationId", Some(&envelope.correlation_id)),
        ("causationId", envelope.causation_id.as_ref()),
    ] {
        match text {
            Some(text) if text.is_empty() => return Err(refuse(field, "is empty")),
            Some(text) if !text.chars().all(allowed) => {
                return Err(refuse(field, "holds a control character or another that no attribute may hold"));
            }
            Some(_) | None => {}
        }
    }
    if !is_uri_reference(&envelope.source) {
        return Err(refuse("source", "is no URI reference: letters, digits and -._~:/?#[]@!$&'()*+,;=%"));
    }
    let time = envelope.timestamp.to_string();
    let (mut content_type, mut extensions, mut rest) = (JSON, BTreeMap::new(), BTreeMap::new());
    for (name, value) in &envelope.metadata {
        match (name.as_str(), value) {
            ("datacontenttype", Value::String(text)) if text != JSON && is_json(text) && fits(value) => {
                content_type = text;
            }
            ("dataschema", Value::String(text)) if is_uri(text) => {
                extensions.insert(name.as_str(), value);
            }
            ("datacontenttype" | "dataschema", _) | ("subject", Value::Bool(_) | Value::Number(_)) => {
                rest.insert(name, value);
            }
            (name, value) if is_extension(name) && fits(value) => {
                extensions.insert(name, value);
            }
            (_, value) => {
                rest.insert(name, value);
            }
        }
    }
    let written = Written {
        specversion: SPECVERSION,
        id: &envelope.id,
        source: &envelope.source,
        r#type: &envelope.name,
        time,
        datacontenttype: content_type,
        eventversion: envelope.version,
        correlationid: &envelope.correlation_id,
        causationid: envelope.causation_id.as_deref(),
        extensions,
        waxsealmetadata: (!rest.is_empty())
            .then(|| ascii_controls(&Value::from_iter(rest_of(rest)).to_string())),
        data: &envelope.data,
    };
    // Strings, numbers and finished JSON cannot fail to serialize.
    serde_json::to_string(&written).map_err(|_| refuse("data", "cannot be written as JSON"))
}

fn rest_of<'a>(rest: BTreeMap<&'a String, &'a Value>) -> impl Iterator<Item = (String, Value)> + 'a {
    rest.into_iter().map(|(name, value)| (name.clone(), value.clone()))
}

/// JSON text in which escapes stand for the characters that no String may hold. Outside of its
/// strings JSON has none of them.
fn ascii_controls(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if allowed(c) {
            text.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    text
}

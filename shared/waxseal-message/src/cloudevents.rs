//! CloudEvents 1.0 in structured JSON, in and out (S-46).
//!
//! Other teams speak CloudEvents. Our own envelope is smaller and states what CloudEvents leaves
//! open: the version of `data`, the flow and the cause. This module therefore maps one text to the
//! other. An event that is read becomes a [`Raw`] like any other, and nothing in it tells that it
//! was CloudEvents.
//!
//! | envelope | CloudEvents | |
//! |---|---|---|
//! | `eventId` | `id` | |
//! | `eventType` | `type` | |
//! | `source` | `source` | a URI reference; `orders` is one |
//! | `timestamp` | `time` | read with any offset, written in UTC; where it is absent, the time at which the message was sent |
//! | `eventVersion` | `eventversion` | extension, Integer; 1 where it is absent, as of a plain EventBridge payload |
//! | `correlationId` | `correlationid` | extension "Correlation"; where it is absent the event starts a flow |
//! | `causationId` | `causationid` | extension "Correlation" |
//! | `data` | `data` | byte for byte; absent is `null`; `data_base64` is read where it holds JSON |
//! | `metadata.subject`, `.dataschema` | `subject`, `dataschema` | |
//! | `metadata.datacontenttype` | `datacontenttype` | `application/json` unless the metadata names another type of JSON |
//! | `metadata.<name>` | `<name>` | where name and value are what an extension may have: `traceparent`, `tracestate`, `tenant` |
//! | all other metadata | `waxsealmetadata` | one String: the JSON of an object |
//!
//! An extension's name is lower-case letters and digits, 20 at most; its value a Boolean, an
//! Integer of 32 bits or a String without control characters. `tenantId`, an object, a float or an
//! empty text therefore travel in `waxsealmetadata`, so that a strict reader takes the event and
//! nothing is lost on the way back. Extensions of others become metadata under their own names,
//! whatever their value. An extension wins over an entry of the same name in `waxsealmetadata`,
//! since a later hop wrote it.
//!
//! Sources: CloudEvents 1.0.2, "Context Attributes" and "Type System"; its JSON format, sections
//! 2.2 and 3.1; its extensions "Correlation" and "Distributed Tracing". Binary mode (attributes
//! beside the body) and batches are other formats.

use std::{collections::BTreeMap, error::Error, fmt};

use serde::Serialize;
use serde_json::{Value, value::RawValue};

use crate::{
    base64,
    envelope::{Envelope, LONGEST_ID, Malformed, Raw},
    timestamp::Timestamp,
};

/// The members without which an object is no CloudEvents event.
pub const REQUIRED: [&str; 4] = ["specversion", "id", "source", "type"];

/// The version of the specification that is read and written.
const SPECVERSION: &str = "1.0";
const JSON: &str = "application/json";
/// The extension for metadata that no attribute can hold.
const METADATA: &str = "waxsealmetadata";
const VERSION: &str = "eventversion";
const CORRELATION: &str = "correlationid";
const CAUSATION: &str = "causationid";

/// The attributes with a meaning of their own, which no metadata may replace. `data_base64` cannot
/// be an extension's name anyway.
const TAKEN: [&str; 10] =
    ["specversion", "id", "source", "type", "time", "data", VERSION, CORRELATION, CAUSATION, METADATA];

/// Reads an event in structured JSON. `sent` is the time at which the message was sent; it serves
/// an event without a `time`.
///
/// # Errors
/// [`Malformed`], naming the attribute, the cause and what to do; no value of `data` or of an
/// extension is quoted.
///
/// ```
/// let json = r#"{"specversion":"1.0","type":"com.github.push","source":"https://github.com/waxseal/waxseal",
///     "id":"A234","time":"2026-11-21T10:30:00+01:00","data":{"ref":"refs/heads/main"}}"#;
/// let event = waxseal::cloudevents::read(json, None).unwrap();
/// assert_eq!((&*event.name, event.version, event.data.get()), ("com.github.push", 1, r#"{"ref":"refs/heads/main"}"#));
/// assert_eq!(event.timestamp.to_string(), "2026-11-21T09:30:00Z");
///
/// let xml = json.replacen(r#""id""#, r#""datacontenttype":"text/xml","id""#, 1);
/// assert_eq!(
///     waxseal::cloudevents::read(&xml, None).unwrap_err().to_string(),
///     "a CloudEvents event whose datacontenttype is text/xml: handlers read JSON, so let the producer send \
///      application/json, or convert it on the way"
/// );
/// ```
pub fn read(json: &str, sent: Option<Timestamp>) -> Result<Raw, Malformed> {
    let mut event = Members::parse(json)?;
    match event.text("specversion")? {
        Some(version) if version == SPECVERSION => {}
        Some(version) => {
            return Err(wrong(
                "specversion",
                &format!("is {version:.20}: {SPECVERSION} is the one that is read"),
            ));
        }
        None => return Err(missing("specversion")),
    }
    let id = event.identifier("id")?.ok_or_else(|| missing("id"))?;
    let source = event.identifier("source")?.ok_or_else(|| missing("source"))?;
    let name = event.identifier("type")?.ok_or_else(|| missing("type"))?;
    let timestamp = match event.text("time")? {
        Some(time) => time.parse::<Timestamp>().map_err(|_| {
            wrong("time", "is no RFC 3339 time with an offset, such as 2026-11-21T09:30:00.123Z")
        })?,
        None => sent.ok_or_else(|| {
            wrong("time", "is missing, and its delivery says none either: let the producer set it")
        })?,
    };
    let version = event.version()?;
    let correlation_id = event.identifier(CORRELATION)?.unwrap_or_else(|| id.clone());
    let causation_id = event.identifier(CAUSATION)?;
    let content_type = event.text("datacontenttype")?;
    let data = event.data(content_type.as_deref())?;
    let mut metadata = event.metadata()?;
    if let Some(other) = content_type.filter(|content_type| content_type != JSON) {
        metadata.insert("datacontenttype".to_owned(), other.into());
    }
    for (name, raw) in event.0 {
        let value: Value = serde_json::from_str(raw.get())
            .map_err(|_| wrong(shown(&name), "is not JSON that can be read: a number out of range?"))?;
        metadata.insert(name, value);
    }
    Ok(Envelope { id, name, version, timestamp, source, correlation_id, causation_id, data, metadata })
}

/// The members that are not read yet. `null` counts as absent (JSON format, 2.2), except for
/// `data`.
struct Members<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> Members<'a> {
    fn parse(json: &'a str) -> Result<Self, Malformed> {
        let mut members: BTreeMap<String, &'a RawValue> =
            serde_json::from_str(json).map_err(|error| match error.classify() {
                serde_json::error::Category::Data => {
                    Malformed::new("not a CloudEvents event: it is JSON, but not an object")
                }
                _ => Malformed::new(format!("not JSON: {error}")),
            })?;
        members.retain(|name, raw| name == "data" || raw.get() != "null");
        Ok(Self(members))
    }

    fn text(&mut self, name: &str) -> Result<Option<String>, Malformed> {
        let Some(raw) = self.0.remove(name) else { return Ok(None) };
        match serde_json::from_str::<String>(raw.get()) {
            Ok(text) if text.is_empty() => Err(wrong(name, "is empty")),
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(wrong(name, "is not a string")),
        }
    }

    /// An attribute that becomes part of a receipt's key, or of the next event's; its length is
    /// bounded as in an envelope.
    fn identifier(&mut self, name: &str) -> Result<Option<String>, Malformed> {
        match self.text(name)? {
            Some(text) if text.len() > LONGEST_ID => {
                Err(wrong(name, &format!("has {} bytes: {LONGEST_ID} at most", text.len())))
            }
            text => Ok(text),
        }
    }

    /// An attribute may come as its native type or as its string encoding.
    fn version(&mut self) -> Result<u16, Malformed> {
        let Some(raw) = self.0.remove(VERSION) else { return Ok(1) };
        let text = serde_json::from_str::<String>(raw.get()).unwrap_or_else(|_| raw.get().to_owned());
        text.parse().ok().filter(|version| *version > 0).ok_or_else(|| {
            wrong(VERSION, "is no whole number from 1 to 65535: it is the schema version of data")
        })
    }

    fn data(&mut self, content_type: Option<&str>) -> Result<Box<RawValue>, Malformed> {
        let (plain, encoded) = (self.0.remove("data"), self.text("data_base64")?);
        if plain.is_none() && encoded.is_none() {
            return match self.0.contains_key("dataref") {
                true => Err(wrong(
                    "data",
                    "is missing and elsewhere, as dataref says: nothing tells whether what lies there is what was meant, \
                     so let the producer send data",
                )),
                // A message without fields has no data.
                false => Ok(RawValue::NULL.to_owned()),
            };
        }
        if let Some(other) = content_type.filter(|content_type| !is_json(content_type)) {
            return Err(wrong(
                "datacontenttype",
                &format!(
                    "is {}: handlers read JSON, so let the producer send {JSON}, or convert it on the way",
                    shown(other)
                ),
            ));
        }
        match (plain, encoded) {
            (Some(_), Some(_)) => Err(wrong(
                "data",
                "stands beside data_base64: an event has one of them, so which one counts?",
            )),
            (None, Some(text)) => {
                let bytes = base64::decode(&text).ok_or_else(|| {
                    wrong("data_base64", "is no base64 of RFC 4648: padded, or not, and without line breaks")
                })?;
                String::from_utf8(bytes).ok().and_then(|json| RawValue::from_string(json).ok()).ok_or_else(|| {
                    wrong(
                        "data_base64",
                        "holds no JSON, though its datacontenttype is or means application/json: let the producer name the \
                         type, and send JSON",
                    )
                })
            }
            (plain, None) => Ok(plain.unwrap_or(RawValue::NULL).to_owned()),
        }
    }

    fn metadata(&mut self) -> Result<BTreeMap<String, Value>, Malformed> {
        match self.text(METADATA)? {
            Some(text) => serde_json::from_str(&text).map_err(|_| {
                wrong(METADATA, "is not the JSON of an object: it holds the envelope's metadata")
            }),
            None => Ok(BTreeMap::new()),
        }
    }
}

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
/// [`read`] gives the same envelope back, `data` byte for byte.
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

/// Whether `name` may be an extension's name and has no meaning yet.
fn is_extension(name: &str) -> bool {
    (1..=20).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        && !TAKEN.contains(&name)
}

/// Whether the type system has such a value. An empty text has no form in other bindings, so it
/// travels apart.
fn fits(value: &Value) -> bool {
    match value {
        Value::Bool(_) => true,
        Value::Number(number) => number.as_i64().is_some_and(|integer| i32::try_from(integer).is_ok()),
        Value::String(text) => !text.is_empty() && text.chars().all(allowed),
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

/// No control characters, no noncharacters ("Type System", String).
fn allowed(c: char) -> bool {
    let code = u32::from(c);
    !c.is_control() && !(0xfdd0..=0xfdef).contains(&code) && code & 0xfffe != 0xfffe
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

/// Whether a text consists of RFC 3986's characters; the grammar refuses little beyond that.
fn is_uri_reference(text: &str) -> bool {
    let bytes = text.as_bytes();
    let hex = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_hexdigit);
    !bytes.is_empty()
        && bytes.iter().enumerate().all(|(at, byte)| match byte {
            b'%' => hex(at + 1) && hex(at + 2),
            byte => byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=".contains(byte),
        })
}

fn is_uri(text: &str) -> bool {
    let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        && is_uri_reference(text)
}

/// Whether a content type is `*/json` or `*/*+json`, with any parameters (JSON format, 3.1.1).
fn is_json(content_type: &str) -> bool {
    let media = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media
        .split_once('/')
        .is_some_and(|(kind, subtype)| !kind.is_empty() && (subtype == "json" || subtype.ends_with("+json")))
}

fn missing(name: &str) -> Malformed {
    let [first @ .., last] = REQUIRED;
    wrong(name, &format!("is missing: an event has {} and {last}", first.join(", ")))
}

fn wrong(name: &str, what: &str) -> Malformed {
    Malformed::new(format!("a CloudEvents event whose {name} {what}"))
}

/// A name or a media type, where it has the form of one. The text is checked because reasons are
/// logged.
fn shown(text: &str) -> &str {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"/.+-_;= ".contains(&byte);
    if text.len() <= 60 && text.bytes().all(is_word) { text } else { "(a text that is not shown)" }
}

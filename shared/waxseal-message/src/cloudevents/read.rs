//! A CloudEvents event, read as an envelope.

use std::collections::BTreeMap;

use serde_json::{Value, value::RawValue};

use crate::{
    base64,
    envelope::{Envelope, LONGEST_ID, Raw},
    malformed::Malformed,
    timestamp::Timestamp,
};

use super::rules::*;

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
/// let event = waxseal_message::cloudevents::read(json, None).unwrap();
/// assert_eq!((&*event.name, event.version, event.data.get()), ("com.github.push", 1, r#"{"ref":"refs/heads/main"}"#));
/// assert_eq!(event.timestamp.to_string(), "2026-11-21T09:30:00Z");
///
/// let xml = json.replacen(r#""id""#, r#""datacontenttype":"text/xml","id""#, 1);
/// assert_eq!(
///     waxseal_message::cloudevents::read(&xml, None).unwrap_err().to_string(),
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

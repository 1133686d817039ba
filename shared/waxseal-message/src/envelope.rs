//! The envelope: an event or command with its metadata, and its form on the wire.
//!
//! The form is our own, not that of `cloudevents-sdk`, which calls its API unstable. `data` stays
//! unparsed until the handler's type is known.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error as _, MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::{Value, value::RawValue};

use crate::{
    malformed::Malformed,
    message::{DecodeError, Message},
    timestamp::Timestamp,
};

/// An event or command with its metadata; `D` is the payload's type.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope<D> {
    /// Unique within [`source`](Self::source); with it, the identity that receipts remember (S-18).
    #[serde(rename = "eventId")]
    pub id: String,
    /// The catalog name: [`Message::NAME`].
    #[serde(rename = "eventType")]
    pub name: String,
    /// The schema version of `data`, from 1.
    #[serde(rename = "eventVersion")]
    pub version: u16,
    /// The time at which it happened.
    pub timestamp: Timestamp,
    /// The service that published it: the owner of the event.
    pub source: String,
    /// The id that all messages of one flow share: those that one first cause led to (S-44).
    pub correlation_id: String,
    /// The id of the message whose handling emitted this one; `None` at the start of a flow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub causation_id: Option<String>,
    /// The payload.
    pub data: D,
    /// The metadata that travels along: `traceparent`, `tracestate`, and entries of users.
    pub metadata: BTreeMap<String, Value>,
}

/// An envelope whose `data` is still the bytes that arrived.
pub type Raw = Envelope<Box<RawValue>>;

/// The members without which an object is no envelope.
pub const REQUIRED: [&str; 6] = ["eventId", "eventType", "eventVersion", "timestamp", "source", "data"];

/// The longest id and the longest source, in bytes. Both are part of a DynamoDB key of at most
/// 2,048 bytes, and escaping turns a byte into up to three.
pub const LONGEST_ID: usize = 256;

// Every field is optional and unparsed, so that each error can name its field. Unknown fields are
// ignored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    #[serde(borrow)]
    event_id: Option<&'a RawValue>,
    #[serde(borrow)]
    event_type: Option<&'a RawValue>,
    #[serde(borrow)]
    event_version: Option<&'a RawValue>,
    #[serde(borrow)]
    timestamp: Option<&'a RawValue>,
    #[serde(borrow)]
    source: Option<&'a RawValue>,
    #[serde(borrow)]
    correlation_id: Option<&'a RawValue>,
    #[serde(borrow)]
    causation_id: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "given")]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    metadata: Option<&'a RawValue>,
}

/// A deserialized `null` is a payload, that of a message without fields.
fn given<'de: 'a, 'a, D: Deserializer<'de>>(json: D) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(json).map(Some)
}

impl Raw {
    /// Reads an envelope from JSON.
    ///
    /// # Errors
    /// [`Malformed`], naming the field; the payload is not quoted.
    ///
    /// ```
    /// use waxseal_message::Raw;
    /// let json = r#"{"eventId":"e1","eventType":"order.placed","eventVersion":2,"source":"orders",
    ///     "timestamp":"2026-11-21T09:30:00.123Z","correlationId":"c1","data":{"sku":"hat"},"later":true}"#;
    /// let envelope = Raw::parse(json).unwrap();
    /// assert_eq!((envelope.version, envelope.data.get()), (2, r#"{"sku":"hat"}"#));
    ///
    /// let error = Raw::parse(r#"{"eventType":"order.placed"}"#).unwrap_err();
    /// assert_eq!(error.to_string(), "eventId is missing: an envelope has eventId, eventType, eventVersion, timestamp, source and data");
    /// ```
    pub fn parse(json: &str) -> Result<Self, Malformed> {
        // serde would read a list as a struct, field by field.
        let is_list = json.trim_start().starts_with('[');
        let no_object = || Malformed::new("not an envelope: it is JSON, but not an object");
        let wire: Wire<'_> = serde_json::from_str(json).map_err(|error| match error.classify() {
            serde_json::error::Category::Data if is_list => no_object(),
            serde_json::error::Category::Data => {
                Malformed::new(format!("not an envelope: {}", shape(&error)))
            }
            serde_json::error::Category::Syntax
            | serde_json::error::Category::Eof
            | serde_json::error::Category::Io => Malformed::new(format!("not JSON: {error}")),
        })?;
        if is_list {
            return Err(no_object());
        }
        wire.try_into()
    }

    /// The same envelope with `data` read as `M`, lifted to its newest version.
    ///
    /// # Errors
    /// As [`Message::decode`].
    pub fn decode<M: Message>(&self) -> Result<Envelope<M>, DecodeError> {
        let data = M::decode(self.version, &self.data)?;
        Ok(Envelope {
            id: self.id.clone(),
            name: self.name.clone(),
            version: M::VERSION,
            timestamp: self.timestamp,
            source: self.source.clone(),
            correlation_id: self.correlation_id.clone(),
            causation_id: self.causation_id.clone(),
            data,
            metadata: self.metadata.clone(),
        })
    }
}

impl TryFrom<Wire<'_>> for Raw {
    type Error = Malformed;

    fn try_from(wire: Wire<'_>) -> Result<Self, Malformed> {
        let id = identifier("eventId", wire.event_id)?;
        let correlation_id = match present(wire.correlation_id) {
            Some(raw) => identifier("correlationId", Some(raw))?,
            // An envelope that names no flow starts one.
            None => id.clone(),
        };
        Ok(Self {
            name: identifier("eventType", wire.event_type)?,
            version: typed("eventVersion", wire.event_version, "a whole number from 1 to 65535").and_then(
                |version: u16| match version {
                    0 => Err(Malformed::new("eventVersion is 0: versions start at 1")),
                    version => Ok(version),
                },
            )?,
            timestamp: timestamp(wire.timestamp)?,
            source: identifier("source", wire.source)?,
            correlation_id,
            causation_id: match present(wire.causation_id) {
                Some(raw) => Some(identifier("causationId", Some(raw))?),
                None => None,
            },
            data: wire.data.ok_or_else(|| missing("data"))?.to_owned(),
            metadata: match present(wire.metadata) {
                Some(raw) => typed("metadata", Some(raw), "an object")?,
                None => BTreeMap::new(),
            },
            id,
        })
    }
}

/// Reads envelopes inside of other JSON. [`Raw::parse`] gives better errors.
impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Raw;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an envelope")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Raw, A::Error> {
                let wire = Wire::deserialize(MapAccessDeserializer::new(map))?;
                wire.try_into().map_err(A::Error::custom)
            }
        }
        deserializer.deserialize_map(Members)
    }
}

impl<M: Message> Envelope<M> {
    /// An envelope that starts a flow: it has no cause and is correlated with itself. It is meant
    /// for HTTP handlers and tests.
    pub fn starting(id: impl Into<String>, source: impl Into<String>, timestamp: Timestamp, data: M) -> Self {
        let id = id.into();
        Self {
            correlation_id: id.clone(),
            id,
            name: M::NAME.to_owned(),
            version: M::VERSION,
            timestamp,
            source: source.into(),
            causation_id: None,
            data,
            metadata: BTreeMap::new(),
        }
    }

    /// The wire form with `data` as JSON.
    ///
    /// # Errors
    /// Where `data` has no JSON form, such as a map whose keys are not strings.
    pub fn into_raw(self) -> Result<Raw, serde_json::Error> {
        Ok(Envelope {
            data: serde_json::value::to_raw_value(&self.data)?,
            id: self.id,
            name: self.name,
            version: self.version,
            timestamp: self.timestamp,
            source: self.source,
            correlation_id: self.correlation_id,
            causation_id: self.causation_id,
            metadata: self.metadata,
        })
    }
}

impl<D> Envelope<D> {
    /// The W3C trace context that travels along.
    #[must_use]
    pub fn traceparent(&self) -> Option<&str> {
        self.metadata.get("traceparent").and_then(Value::as_str)
    }
}

fn present(raw: Option<&RawValue>) -> Option<&RawValue> {
    raw.filter(|raw| raw.get() != "null")
}

fn missing(field: &str) -> Malformed {
    let [first @ .., last] = REQUIRED;
    Malformed::new(format!("{field} is missing: an envelope has {} and {last}", first.join(", ")))
}

fn typed<'a, T: Deserialize<'a>>(
    field: &str,
    raw: Option<&'a RawValue>,
    expected: &str,
) -> Result<T, Malformed> {
    let raw = present(raw).ok_or_else(|| missing(field))?;
    serde_json::from_str(raw.get()).map_err(|_| Malformed::new(format!("{field} must be {expected}")))
}

fn timestamp(raw: Option<&RawValue>) -> Result<Timestamp, Malformed> {
    const EXPECTED: &str = "an RFC 3339 time such as 2026-11-21T09:30:00.123Z";
    let quoted = raw.and_then(|raw| raw.get().strip_prefix('"')?.strip_suffix('"'));
    let text = match quoted {
        Some(text) if !text.contains('\\') => Cow::Borrowed(text),
        _ => Cow::Owned(typed("timestamp", raw, EXPECTED)?),
    };
    text.parse().map_err(|_| Malformed::new(format!("timestamp must be {EXPECTED}")))
}

fn identifier(field: &str, raw: Option<&RawValue>) -> Result<String, Malformed> {
    let text: String = typed(field, raw, "a string")?;
    match text.len() {
        0 => Err(Malformed::new(format!("{field} is empty"))),
        1..=LONGEST_ID => Ok(text),
        length => Err(Malformed::new(format!("{field} has {length} bytes: {LONGEST_ID} at most"))),
    }
}

/// serde's message without the value that it may quote.
fn shape(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.split_once("invalid type: ") {
        Some(_) => "it is JSON, but not an object".to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(field: &str, value: &str) -> String {
        let mut fields = BTreeMap::from([
            ("eventId", r#""e1""#),
            ("eventType", r#""order.placed""#),
            ("eventVersion", "2"),
            ("timestamp", r#""2026-11-21T10:30:00+01:00""#),
            ("source", r#""orders""#),
            ("data", "{}"),
        ]);
        fields.insert(field, value);
        let fields: Vec<_> = fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", fields.join(","))
    }

    #[test]
    fn each_error_names_its_field() {
        for (field, value, error) in [
            ("eventId", "7", "eventId must be a string"),
            ("eventId", r#""""#, "eventId is empty"),
            ("eventVersion", "0", "eventVersion is 0: versions start at 1"),
            ("eventVersion", "65536", "eventVersion must be a whole number from 1 to 65535"),
            (
                "timestamp",
                r#""yesterday""#,
                "timestamp must be an RFC 3339 time such as 2026-11-21T09:30:00.123Z",
            ),
            ("metadata", "[]", "metadata must be an object"),
            (
                "source",
                "null",
                "source is missing: an envelope has eventId, eventType, eventVersion, timestamp, source and data",
            ),
        ] {
            assert_eq!(Raw::parse(&envelope(field, value)).unwrap_err().to_string(), error);
        }
        let long = format!("\"{}\"", "é".repeat(129));
        assert_eq!(
            Raw::parse(&envelope("eventId", &long)).unwrap_err().to_string(),
            "eventId has 258 bytes: 256 at most"
        );
        assert!(Raw::parse("{").unwrap_err().to_string().starts_with("not JSON: EOF"));
        assert_eq!(
            Raw::parse("\"secret\"").unwrap_err().to_string(),
            "not an envelope: it is JSON, but not an object"
        );
    }

    #[test]
    fn a_missing_correlation_starts_a_flow_and_offsets_are_understood() {
        let raw = Raw::parse(&envelope("correlationId", "null")).unwrap();
        assert_eq!(raw.correlation_id, "e1");
        assert_eq!(raw.timestamp.to_string(), "2026-11-21T09:30:00Z");
    }

    #[test]
    fn what_is_written_is_read_back() {
        let raw = Raw::parse(&envelope("metadata", r#"{"traceparent":"00-a-b-01","ünï":[1.50]}"#)).unwrap();
        let again = Raw::parse(&serde_json::to_string(&raw).unwrap()).unwrap();
        assert_eq!(serde_json::to_value(&raw).unwrap(), serde_json::to_value(&again).unwrap());
        assert_eq!(again.traceparent(), Some("00-a-b-01"));
    }
}

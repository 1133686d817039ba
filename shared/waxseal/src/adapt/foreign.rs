//! A record as its transport delivered it.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::dead_letter::Attribute;
use waxseal_message::{Malformed, Timestamp};

/// A record whose body is JSON, and neither an envelope nor an event that Waxseal knows.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Foreign<'a> {
    /// The JSON, as it came.
    pub json: &'a str,
    /// The innermost transport: of a topic's message in a queue, the topic.
    pub transport: Transport<'a>,
    /// The transport's id: SQS's or SNS's message id, EventBridge's event id, a record's place in its
    /// stream or topic.
    pub id: &'a str,
    /// The time at which the transport took it.
    pub time: Option<Timestamp>,
    /// The message attributes; of Kafka, the headers.
    pub attributes: &'a [Attribute],
}

/// The transport of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Transport<'a> {
    /// The SQS queue of this ARN.
    Queue(&'a str),
    /// The SNS topic of this ARN.
    Topic(&'a str),
    /// The stream of this ARN.
    Stream(&'a str),
    /// The topic of Kafka, as `kafka/orders`.
    Kafka(&'a str),
    /// A bus: the JSON is the event's `detail`.
    Bus {
        /// `source`.
        source: &'a str,
        /// `detail-type`.
        detail_type: &'a str,
    },
}

impl<'a> Transport<'a> {
    /// The source of an event that tells none: the ARN, Kafka's topic, or EventBridge's `source`.
    #[must_use]
    pub fn source(self) -> &'a str {
        match self {
            Self::Queue(name) | Self::Topic(name) | Self::Stream(name) | Self::Kafka(name) => name,
            Self::Bus { source, .. } => source,
        }
    }
}

impl<'a> Foreign<'a> {
    /// A record without attributes and without a time, for sources and for the tests of adapters.
    #[must_use]
    pub fn new(json: &'a str, transport: Transport<'a>, id: &'a str) -> Self {
        Self { json, transport, id, time: None, attributes: &[] }
    }

    /// With the time at which the transport took it.
    #[must_use]
    pub fn sent(mut self, time: Option<Timestamp>) -> Self {
        self.time = time;
        self
    }

    /// With message attributes.
    #[must_use]
    pub fn with_attributes(mut self, attributes: &'a [Attribute]) -> Self {
        self.attributes = attributes;
        self
    }

    /// The value at a JSON pointer.
    ///
    /// # Errors
    /// Where there is none.
    pub fn at(&self, pointer: &str) -> Result<&'a RawValue, Malformed> {
        waxseal_message::pointer(self.json, pointer).ok_or_else(|| wrong(pointer, "is missing"))
    }

    /// The text at a JSON pointer, or the digits of a number.
    ///
    /// # Errors
    /// Where there is none.
    pub fn text_at(&self, pointer: &str) -> Result<String, Malformed> {
        let raw = self.at(pointer)?.get();
        match raw.as_bytes().first() {
            Some(b'"') => serde_json::from_str(raw).map_err(|_| wrong(pointer, "is no UTF-8 text")),
            Some(b'-' | b'0'..=b'9') => Ok(raw.to_owned()),
            _ => Err(wrong(pointer, "is neither a text nor a number")),
        }
    }

    /// The time at a JSON pointer: an RFC 3339 text, or the seconds since 1970. A number from 10^11 on
    /// is milliseconds.
    ///
    /// # Errors
    /// Where there is none.
    pub fn time_at(&self, pointer: &str) -> Result<Timestamp, Malformed> {
        const MILLISECONDS: f64 = 1e11;
        let text = self.text_at(pointer)?;
        let time = match text.parse::<f64>().ok().filter(|number| number.is_finite()) {
            // A whole number keeps every digit.
            #[allow(clippy::cast_possible_truncation, reason = "beyond the range of times it is refused")]
            Some(number) => {
                let scale = if number.abs() < MILLISECONDS { 1000.0 } else { 1.0 };
                Timestamp::from_millisecond((number * scale).round() as i64).ok()
            }
            None => text.parse().ok(),
        };
        time.ok_or_else(|| wrong(pointer, "is no RFC 3339 time, nor a number of seconds or milliseconds"))
    }

    /// The text of a message attribute.
    ///
    /// # Errors
    /// Where there is none.
    pub fn attribute(&self, name: &str) -> Result<&'a str, Malformed> {
        let attribute = self.attributes.iter().find(|attribute| attribute.name == name);
        attribute
            .and_then(Attribute::as_text)
            .ok_or_else(|| Malformed::new(format!("the message attribute {name} is missing, or no text")))
    }

    /// The whole JSON as a type.
    ///
    /// # Errors
    /// Where it does not fit.
    pub fn parse<T: Deserialize<'a>>(&self) -> Result<T, Malformed> {
        Ok(serde_json::from_str(self.json)?)
    }
}

fn wrong(pointer: &str, what: &str) -> Malformed {
    Malformed::new(format!("the value at {pointer:?} {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(json: &str) -> Foreign<'_> {
        Foreign::new(json, Transport::Queue("arn"), "m1")
    }

    #[test]
    fn s51_identity_and_time_are_told_by_pointers_and_attributes() {
        let attributes = [Attribute::text("eventId", "e-1")];
        let json = r#"{"id":7,"name":"a","at":[1795253401,1795253401512,"2026-11-21T09:30:01Z",1e400,true]}"#;
        let record = record(json).with_attributes(&attributes);
        assert_eq!(record.text_at("/id").unwrap(), "7");
        assert_eq!(record.text_at("/name").unwrap(), "a");
        assert_eq!(record.attribute("eventId").unwrap(), "e-1");
        let times: Vec<_> = (0..5).map(|index| record.time_at(&format!("/at/{index}"))).collect();
        let shown: Vec<_> = times
            .iter()
            .map(|time| time.as_ref().map_or_else(ToString::to_string, ToString::to_string))
            .collect();
        assert_eq!(shown[0], "2026-11-21T09:30:01Z");
        assert_eq!(shown[1], "2026-11-21T09:30:01.512Z");
        assert_eq!(shown[2], "2026-11-21T09:30:01Z");
        assert_eq!(
            shown[3],
            r#"the value at "/at/3" is no RFC 3339 time, nor a number of seconds or milliseconds"#
        );
        assert_eq!(shown[4], r#"the value at "/at/4" is neither a text nor a number"#);
        assert_eq!(record.at("/none").unwrap_err().to_string(), r#"the value at "/none" is missing"#);
        assert!(record.attribute("none").is_err());
    }

    #[test]
    fn s27_a_value_that_does_not_fit_stands_in_the_dead_letter_alone() {
        let error = record(r#""anna@example.com""#).parse::<u32>().unwrap_err();
        assert!(!error.to_string().contains("anna") && error.whole().contains("anna"), "{error:?}");
    }
}

//! The attribute [`waxseal`](super::ATTRIBUTE): written on a dead letter, and read when the dead
//! letter is redriven.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::dead_letter::definition::{DeadLetter, FailedHandler};
use waxseal_message::base64;

/// The content of a dead letter's attribute. The [module](super) gives the meaning of each member.
///
/// ```
/// use waxseal::dead_letter::Note;
/// let note = Note::read(r#"{"code":"WX0006","reason":"the card is unknown","service":"payment"}"#).unwrap();
/// assert_eq!((note.code.as_deref(), &*note.reason), (Some("WX0006"), "the card is unknown"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Note<'a> {
    /// The ARN of the queue that delivered the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<Cow<'a, str>>,
    /// The kind of failure, as a [`Code`](crate::Code).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Cow<'a, str>>,
    /// The reason.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub reason: Cow<'a, str>,
    /// The time at which the record was dead-lettered, in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Cow<'a, str>>,
    /// The service that dead-lettered the record.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub service: Cow<'a, str>,
    /// The record's id.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub record: Cow<'a, str>,
    /// The envelope's source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Cow<'a, str>>,
    /// The envelope's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Cow<'a, str>>,
    /// The envelope's name.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub name: Option<Cow<'a, str>>,
    /// The handler that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handler: Option<Cow<'a, str>>,
    /// The effects that failed for good.
    #[serde(default, skip_serializing_if = "<[FailedHandler]>::is_empty")]
    pub handlers: Cow<'a, [FailedHandler]>,
    /// The encoding of the body; `None` where it is verbatim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
}

/// The encoding of a dead letter's body, where the queue does not take the body as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Encoding {
    /// Standard base64, for bytes that are no UTF-8 or hold characters that the queue refuses.
    Base64,
    /// A `-` stands for a body without bytes, which SQS refuses.
    Empty,
}

impl<'a> Note<'a> {
    /// Reads the attribute's value; `None` where it is no such JSON.
    #[must_use]
    pub fn read(note: &str) -> Option<Note<'static>> {
        serde_json::from_str(note).ok()
    }

    /// The note with every member but the reason.
    pub(super) fn whole(dead_letter: &'a DeadLetter, encoding: Option<Encoding>) -> Self {
        Self {
            queue: dead_letter.queue.as_deref().map(Cow::Borrowed),
            code: Some(dead_letter.code.to_string().into()),
            time: Some(dead_letter.time.to_string().into()),
            service: (&*dead_letter.service).into(),
            record: (&*dead_letter.record).into(),
            name: dead_letter.name.as_deref().map(Cow::Borrowed),
            handler: dead_letter.handler.as_deref().map(Cow::Borrowed),
            ..Self::of_identity(dead_letter, encoding)
        }
    }

    /// As [`Note::least`], with the identity: a redriven dead letter of an adapted record keeps it.
    pub(super) fn of_identity(dead_letter: &'a DeadLetter, encoding: Option<Encoding>) -> Self {
        Self {
            source: dead_letter.identity.as_ref().map(|(source, _)| (&**source).into()),
            id: dead_letter.identity.as_ref().map(|(_, id)| (&**id).into()),
            ..Self::least(dead_letter, encoding)
        }
    }

    /// The note with the members that are needed to read the dead letter and to release its
    /// effects.
    pub(super) fn least(dead_letter: &'a DeadLetter, encoding: Option<Encoding>) -> Self {
        Self { handlers: Cow::Borrowed(&dead_letter.handlers), encoding, ..Self::default() }
    }

    /// The note with the members that are needed to read the body.
    pub(super) fn of_encoding(encoding: Option<Encoding>) -> Self {
        Self { encoding, ..Self::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.code.is_none() && self.id.is_none() && self.handlers.is_empty() && self.encoding.is_none()
    }

    /// The JSON of the note; characters that the queue refuses are escaped.
    pub(super) fn json(&self, takes: impl Fn(&str) -> bool) -> String {
        // The value holds only texts, so this cannot fail.
        let json = serde_json::to_string(self).unwrap_or_default();
        if takes(&json) {
            return json;
        }
        let mut escaped = String::with_capacity(json.len() * 2);
        for character in json.chars() {
            if character.is_ascii() {
                escaped.push(character);
                continue;
            }
            for unit in character.encode_utf16(&mut [0; 2]) {
                escaped.push_str(&format!("\\u{unit:04x}"));
            }
        }
        escaped
    }
}

/// A redriven dead letter, read from its attribute.
///
/// ```
/// use waxseal::dead_letter::Returned;
/// let note = r#"{"code":"WX0006","handlers":[{"name":"charge-card","token":"018f"}]}"#;
/// let returned = Returned::read(note).unwrap();
/// assert_eq!(returned.token("charge-card"), Some("018f"));
/// assert_eq!(returned.token("refund-charge"), None);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Deserialize)]
pub struct Returned {
    #[serde(default)]
    handlers: Vec<FailedHandler>,
    #[serde(default)]
    encoding: Option<Encoding>,
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    id: Option<String>,
}

impl Returned {
    /// Reads the attribute's value. `None` where it is no such JSON: another program's attribute of
    /// that name releases nothing.
    #[must_use]
    pub fn read(note: &str) -> Option<Self> {
        serde_json::from_str(note).ok()
    }

    /// The body of the record that was dead-lettered. A body that does not fit the stated encoding
    /// stays as it is.
    #[must_use]
    pub fn body(&self, body: String) -> Vec<u8> {
        match self.encoding {
            Some(Encoding::Base64) => base64::decode(&body).unwrap_or_else(|| body.into_bytes()),
            Some(Encoding::Empty) => Vec::new(),
            None => body.into_bytes(),
        }
    }

    /// Source and id of the message that was dead-lettered, where it had them. A record of somebody
    /// else's JSON keeps them, since the queue has given it another message id.
    #[must_use]
    pub fn identity(&self) -> Option<(&str, &str)> {
        Some((self.source.as_deref()?, self.id.as_deref()?))
    }

    /// The token that releases a handler's failure, where the dead letter names the handler.
    #[must_use]
    pub fn token(&self, handler: &str) -> Option<&str> {
        self.handlers.iter().find(|failed| failed.name == handler).map(|failed| &*failed.token)
    }
}

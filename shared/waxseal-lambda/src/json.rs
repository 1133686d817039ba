//! JSON that may be wrong anywhere without being wrong everywhere (S-3).
//!
//! One record whose body is not UTF-8, or not even a string, must not fail the parse of its siblings. So objects are read
//! as members whose values stay raw until they are asked for. Bytes that are no UTF-8 become escapes that no string may hold:
//! the payload as a whole can then be read, and the string that holds them cannot.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use waxseal::is_plain_name;

/// The payload as text: each byte that is not UTF-8 becomes the escape `\udcXX`, a lone surrogate. (Python calls the
/// same mapping `surrogateescape`.)
pub(crate) fn text(payload: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(payload) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(payload.len() + 64);
    for chunk in payload.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // After an open backslash the escape is completed instead of the backslash being escaped.
            let open = text.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1;
            text.push_str(if open { "udc" } else { "\\udc" });
            text.push(char::from(HEX[usize::from(byte >> 4)]));
            text.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    Cow::Owned(text)
}

/// The text without the byte order mark that some writers put before it.
pub(crate) fn unmarked(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

const HEX: [u8; 16] = *b"0123456789abcdef";

/// The members of an object in their order, with unparsed values.
#[derive(Debug, Default)]
pub(crate) struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Object<'a> {
    /// `None` where it is JSON of another kind, or none at all.
    pub(crate) fn parse(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// The value of a member. Of repeated members the last counts, and `null` counts as absent.
    pub(crate) fn get(&self, name: &str) -> Option<&'a RawValue> {
        let found = self.0.iter().rev().find(|(member, _)| member == name)?.1;
        (found.get() != "null").then_some(found)
    }

    /// A member that is an object.
    pub(crate) fn object(&self, name: &str) -> Option<Object<'a>> {
        Object::parse(self.get(name)?.get())
    }

    /// A member that is a string.
    pub(crate) fn string(&self, name: &str) -> Option<Cow<'a, str>> {
        string(self.get(name)?)
    }

    /// A member of a person's request that is a text with content; else the problem.
    pub(crate) fn text(&self, name: &str) -> Result<String, String> {
        match self.string(name) {
            Some(text) if !text.is_empty() => Ok(text.into_owned()),
            _ => {
                let found = self.get(name).map_or("missing", |value| match kind(value.get()) {
                    "a string" => "empty",
                    other => other,
                });
                Err(format!("is {found}, not a text"))
            }
        }
    }

    /// The names and values of its members, repeated ones too.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0.iter().map(|(name, value)| (&**name, *value))
    }

    /// The object as JSON again.
    pub(crate) fn written(&self) -> String {
        self.replaced(None)
    }

    /// The object as JSON, with another value of a member that it has.
    pub(crate) fn with(&self, name: &str, value: &str) -> String {
        self.replaced(Some((name, value)))
    }

    fn replaced(&self, other: Option<(&str, &str)>) -> String {
        let mut json = String::from("{");
        for (place, (member, own)) in self.entries().enumerate() {
            if place > 0 {
                json.push(',');
            }
            json.push_str(&serde_json::Value::from(member).to_string());
            json.push(':');
            json.push_str(other.filter(|(name, _)| *name == member).map_or(own.get(), |(_, value)| value));
        }
        json.push('}');
        json
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Refuses members that would be ignored, with the problem.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), String> {
        match self.members().find(|name| !known.contains(name)) {
            None => Ok(()),
            Some(name) => {
                let name: String = name.chars().take(40).collect();
                Err(format!("has a member {name:?}, where only {} can be", known.join(", ")))
            }
        }
    }

    /// The names of its members, repeated ones too.
    pub(crate) fn members(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| &**name)
    }

    /// The names of the first members, for errors. Names tell the kind of an object, and values never stand in a log. A name
    /// that is not plain may be personal data, as in a map by address, so it is counted and not shown.
    pub(crate) fn names(&self) -> String {
        const SHOWN: usize = 8;
        if self.0.is_empty() {
            return "an empty object".to_owned();
        }
        let plain = self.members().filter(|name| is_plain_name(name));
        let names: Vec<&str> = plain.take(SHOWN).collect();
        match (names.join(", "), self.0.len() - names.len()) {
            (names, 0) => format!("an object with {names}"),
            (none, more) if none.is_empty() => format!("an object with {more} members of other names"),
            (names, more) => format!("an object with {names} and {more} more"),
        }
    }

    /// All names, where [`Object::names`] keeps some back.
    pub(crate) fn withheld(&self) -> Option<String> {
        let is_withheld = self.members().any(|name| !is_plain_name(name));
        is_withheld.then(|| self.members().collect::<Vec<_>>().join(", "))
    }
}

/// A value that is a string of characters. Borrowed where it holds no escape.
pub(crate) fn string(raw: &RawValue) -> Option<Cow<'_, str>> {
    struct Text;
    impl<'de> Visitor<'de> for Text {
        type Value = Cow<'de, str>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }
        fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
            Ok(Cow::Borrowed(text))
        }
        fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
            Ok(Cow::Owned(text.to_owned()))
        }
    }
    serde_json::Deserializer::from_str(raw.get()).deserialize_str(Text).ok()
}

/// The bytes of a string. Bytes that [`text`] escaped are as they were; other lone surrogates become three bytes each. A
/// value that is no string gives its JSON.
pub(crate) fn bytes(raw: &RawValue) -> Vec<u8> {
    struct Bytes;
    impl Visitor<'_> for Bytes {
        type Value = Vec<u8>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }
        fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Self::Value, E> {
            Ok(bytes.to_vec())
        }
    }
    let json = raw.get();
    let Ok(bytes) = serde_json::Deserializer::from_str(json).deserialize_bytes(Bytes) else {
        return json.as_bytes().to_vec();
    };
    unescape(&bytes)
}

/// U+DC80 to U+DCFF, as `serde_json` encodes lone surrogates (ED B2 80 to ED B3 BF), back to the bytes 80 to FF.
fn unescape(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&first, tail)) = rest.split_first() {
        match rest {
            [0xed, high @ (0xb2 | 0xb3), low @ 0x80..=0xbf, ..] => {
                plain.push((high - 0xb2) << 6 | (low & 0x3f) | 0x80);
                rest = &rest[3..];
            }
            _ => {
                plain.push(first);
                rest = tail;
            }
        }
    }
    plain
}

/// The kind of JSON that a value is, for errors.
pub(crate) fn kind(json: &str) -> &'static str {
    match json.trim_start().as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        Some(b'-' | b'0'..=b'9') => "a number",
        Some(_) => "not JSON",
        None => "empty",
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Object<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(12);
                while let Some(name) = map.next_key_seed(Name)? {
                    members.push((name, map.next_value()?));
                }
                Ok(Object(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// A member's name. A name that is not UTF-8 is an unknown name.
pub(crate) struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }
    fn visit_borrowed_bytes<E>(self, name: &'de [u8]) -> Result<Self::Value, E> {
        Ok(String::from_utf8_lossy(name))
    }
    fn visit_bytes<E>(self, name: &[u8]) -> Result<Self::Value, E> {
        Ok(Cow::Owned(String::from_utf8_lossy(name).into_owned()))
    }
}

/// An array of objects.
#[derive(serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct Objects<'a>(#[serde(borrow)] pub(crate) Vec<Object<'a>>);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn raw(json: &str) -> Box<RawValue> {
        RawValue::from_string(json.to_owned()).unwrap()
    }

    #[test]
    fn bytes_that_are_no_utf8_spoil_only_their_own_string() {
        let payload =
            b"{\"good\":\"h\xc3\xa9llo\",\"bad\":\"a\xffb\",\"open\":\"x\\\xfe\",\"half\":\"\xc3\"}";
        let text = text(payload);
        let object = Object::parse(&text).unwrap();
        assert_eq!(object.string("good").as_deref(), Some("héllo"));
        for (name, was) in [("bad", &b"a\xffb"[..]), ("open", b"x\xfe"), ("half", b"\xc3")] {
            assert_eq!(object.string(name), None, "{name}");
            assert_eq!(bytes(object.get(name).unwrap()), was, "{name}");
        }
    }

    #[test]
    fn a_lone_surrogate_is_no_string_but_still_bytes() {
        let lone = raw(r#""a\ud800b""#);
        assert_eq!(string(&lone), None);
        assert_eq!(bytes(&lone), b"a\xed\xa0\x80b");
        assert_eq!(bytes(&raw("[1, 2]")), b"[1, 2]");
    }

    #[test]
    fn the_last_of_repeated_members_counts_and_null_is_absent() {
        let object = Object::parse(r#"{"a":1,"a":2,"b":null,"\u0063":"x"}"#).unwrap();
        assert_eq!(object.get("a").unwrap().get(), "2");
        assert!(!object.has("b"));
        assert_eq!(object.string("c").as_deref(), Some("x"));
        assert_eq!(object.names(), "an object with a, a, b, c");
        assert_eq!(object.withheld(), None);
    }

    #[test]
    fn s27_names_that_may_be_personal_data_are_counted() {
        let object = Object::parse(r#"{"anna@example.com":1,"detail-type":2,"+49 30 123":3}"#).unwrap();
        assert_eq!(object.names(), "an object with detail-type and 2 more");
        assert_eq!(object.withheld().as_deref(), Some("anna@example.com, detail-type, +49 30 123"));
        let map = Object::parse(r#"{"anna@example.com":1}"#).unwrap();
        assert_eq!(map.names(), "an object with 1 members of other names");
    }

    proptest! {
        #[test]
        fn any_bytes_in_a_string_come_back(content in proptest::collection::vec(any::<u8>(), 0..64)) {
            // Quotes, backslashes and control characters would need escaping by the sender.
            let content: Vec<u8> = content.into_iter().filter(|byte| *byte >= 0x20 && !b"\"\\".contains(byte)).collect();
            let payload = [b"\"", &content[..], b"\""].concat();
            let text = text(&payload);
            let raw: &RawValue = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(bytes(raw), content);
        }
    }
}

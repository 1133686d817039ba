//! JSON text as AWS's rule engine sees it: numbers as they are written, members in their order,
//! repeated ones included.
//!
//! `serde_json::Value` would round the numbers beyond 64 bits, and refuse half of a surrogate pair;
//! an event that holds one must be matched all the same.

use std::borrow::Cow;

use serde_json::value::RawValue;

/// A value as a whole: for patterns, which are small.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json<'a> {
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
    Array(Vec<Json<'a>>),
    Text(Cow<'a, str>),
    /// A number as it is written.
    Number(&'a str),
    /// `true`, `false` or `null`.
    Word(&'a str),
}

impl<'a> Json<'a> {
    /// Reads a text.
    ///
    /// # Errors
    /// Where it is not JSON, or nested deeper than `deepest`.
    pub(crate) fn parse(text: &'a str, deepest: usize) -> Result<Self, String> {
        check(text).map_err(|error| format!("it is not JSON: {error}"))?;
        Self::read(&mut Scanner::new(text), deepest)
            .ok_or_else(|| format!("it is nested deeper than {deepest} levels"))
    }

    fn read(scan: &mut Scanner<'a>, deepest: usize) -> Option<Self> {
        Some(match scan.kind() {
            Kind::Object => {
                let (mut members, deeper) = (Vec::new(), deepest.checked_sub(1)?);
                scan.enter();
                while let Some(name) = scan.next_member() {
                    members.push((name, Self::read(scan, deeper)?));
                }
                Self::Object(members)
            }
            Kind::Array => {
                let (mut elements, deeper) = (Vec::new(), deepest.checked_sub(1)?);
                scan.enter();
                while scan.next_element() {
                    elements.push(Self::read(scan, deeper)?);
                }
                Self::Array(elements)
            }
            Kind::Text => Self::Text(scan.text()),
            Kind::Number => Self::Number(scan.literal()),
            Kind::Word => Self::Word(scan.literal()),
        })
    }
}

/// Checks that a text is JSON, of any depth and with numbers of any size.
pub(crate) fn check(text: &str) -> Result<(), serde_json::Error> {
    serde_json::from_str::<&RawValue>(text).map(drop)
}

/// How deep arrays and objects stand in one another in the text of a JSON value; 0 for a plain
/// value.
#[must_use]
pub fn depth(json: &str) -> usize {
    let (mut deepest, mut depth, mut scan) = (0, 0_usize, Scanner::new(json));
    while let Some(byte) = scan.bytes().get(scan.at) {
        match byte {
            b'"' => scan.pass_text(),
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
                scan.at += 1;
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                scan.at += 1;
            }
            _ => scan.at += 1,
        }
    }
    deepest
}

/// The next token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Object,
    Array,
    Text,
    Number,
    Word,
}

/// Walks over JSON text that [`check`] has passed. There, commas and colons count as white space.
pub(crate) struct Scanner<'a> {
    json: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(json: &'a str) -> Self {
        Self { json, at: 0 }
    }

    fn bytes(&self) -> &'a [u8] {
        self.json.as_bytes()
    }

    /// The next byte that is no space.
    fn peek(&mut self) -> u8 {
        let spaces = self.bytes()[self.at..]
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | b',' | b':'));
        self.at += spaces.count();
        self.bytes().get(self.at).copied().unwrap_or_default()
    }

    pub(crate) fn kind(&mut self) -> Kind {
        match self.peek() {
            b'{' => Kind::Object,
            b'[' => Kind::Array,
            b'"' => Kind::Text,
            b'-' | b'0'..=b'9' => Kind::Number,
            _ => Kind::Word,
        }
    }

    /// Steps into the next object or array.
    pub(crate) fn enter(&mut self) {
        self.peek();
        self.at += 1;
    }

    /// The name of the next member, whose value comes then; `None` behind the last.
    pub(crate) fn next_member(&mut self) -> Option<Cow<'a, str>> {
        self.next_element().then(|| self.text())
    }

    /// Whether an element comes; otherwise the scanner has left the array.
    pub(crate) fn next_element(&mut self) -> bool {
        let ends = matches!(self.peek(), b'}' | b']' | 0);
        self.at = (self.at + usize::from(ends)).min(self.json.len());
        !ends
    }

    /// The next number or word.
    pub(crate) fn literal(&mut self) -> &'a str {
        self.peek();
        let start = self.at;
        let length = self.bytes()[start..]
            .iter()
            .take_while(|byte| matches!(byte, b'-' | b'+' | b'.' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z'))
            .count();
        // Every call steps forward.
        self.at = (start + length.max(1)).min(self.json.len());
        &self.json[start..start + length]
    }

    /// The next string.
    pub(crate) fn text(&mut self) -> Cow<'a, str> {
        self.peek();
        let start = self.at;
        self.pass_text();
        let raw = self.json.get(start + 1..self.at.saturating_sub(1)).unwrap_or_default();
        if raw.contains('\\') { Cow::Owned(unescaped(raw)) } else { Cow::Borrowed(raw) }
    }

    /// Steps over the string that begins here.
    fn pass_text(&mut self) {
        let mut at = self.at + 1;
        while let Some(byte) = self.bytes().get(at) {
            match byte {
                b'"' => break,
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
        self.at = (at + 1).min(self.json.len());
    }

    /// Steps over the next value.
    pub(crate) fn skip(&mut self) {
        let mut depth = 0_usize;
        loop {
            match self.peek() {
                b'"' => self.pass_text(),
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.saturating_sub(1);
                    self.at += 1;
                }
                0 => return,
                _ => drop(self.literal()),
            }
            if depth == 0 {
                return;
            }
        }
    }
}

/// A string without its escapes; half of a surrogate pair, which is no character, becomes the
/// replacement character.
fn unescaped(raw: &str) -> String {
    let mut units = Vec::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        let unit = match c {
            '\\' => match chars.next() {
                Some('b') => 8,
                Some('f') => 12,
                Some('n') => 10,
                Some('r') => 13,
                Some('t') => 9,
                Some('u') => {
                    let digits: String = chars.by_ref().take(4).collect();
                    u16::from_str_radix(&digits, 16).unwrap_or(0xfffd)
                }
                Some(other) => other as u16,
                None => u16::from(b'\\'),
            },
            plain => {
                units.extend_from_slice(plain.encode_utf16(&mut [0; 2]));
                continue;
            }
        };
        units.push(unit);
    }
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l2_numbers_and_members_are_kept_as_they_are_written() {
        let read = |text| Json::parse(text, 9).unwrap();
        let text = |text: &str| Json::Text(Cow::Owned(text.to_owned()));
        let object = r#" {"a" : 1e400 ,"a":[ -0.10,true,null, {}, "\u00e9\ud83c\udfa9\n\"" ] } "#;
        let elements = vec![
            Json::Number("-0.10"),
            Json::Word("true"),
            Json::Word("null"),
            Json::Object(vec![]),
            text("é🎩\n\""),
        ];
        assert_eq!(
            read(object),
            Json::Object(vec![("a".into(), Json::Number("1e400")), ("a".into(), Json::Array(elements))])
        );
        assert_eq!(read(r#""x\ud800y""#), text("x\u{fffd}y"));
        assert!(Json::parse("[[[]]]", 2).unwrap_err().contains("deeper than 2"));
        assert!(Json::parse("[1,]", 9).unwrap_err().starts_with("it is not JSON"));
    }

    #[test]
    fn l2_a_value_is_stepped_over_as_a_whole() {
        for value in ["1", "\"a]}\\\"\"", "[]", "{\"a\":[{\"b\":\"}\"}]}", "null"] {
            let array = format!("[{value}, 7]");
            let mut scan = Scanner::new(&array);
            scan.enter();
            assert!(scan.next_element());
            scan.skip();
            assert!(scan.next_element(), "{array}");
            assert_eq!(scan.literal(), "7", "{array}");
            assert!(!scan.next_element());
        }
        assert_eq!(depth(r#"{"a":"[[[","b":[{}]}"#), 3);
    }
}

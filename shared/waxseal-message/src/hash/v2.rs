//! Algorithm 2: the canonical form of JSON in one pass over its text, with numbers by their exact
//! decimal value.
//!
//! `serde_json` gives a number as a 64-bit integer or float, which loses digits; hence this
//! scanner. It refuses everything that `serde_json` refuses, except numbers beyond a float, which a
//! handler may skip.

use sha2::{Digest as _, Sha256};

use super::number;
use crate::id::hex;

/// The deepest nesting of arrays and objects; `serde_json` has the same bound.
const DEEPEST: u8 = 127;

/// The hash of canonical JSON with the algorithm's name before it; `None` where `json` is not JSON
/// or too deep.
pub(super) fn hash(json: &str) -> Option<String> {
    let canonical = canonical(json)?;
    let mut hash = String::with_capacity(34);
    hash.push_str("2:");
    hash.push_str(&hex(&Sha256::digest(&canonical)[..16]));
    Some(hash)
}

/// The canonical form.
pub(super) fn canonical(json: &str) -> Option<Vec<u8>> {
    let out = Vec::with_capacity(json.len());
    let (members, scratch) = (Vec::with_capacity(8), Vec::new());
    let mut scan = Scan { json: json.as_bytes(), at: 0, out, members, scratch, depth: 0 };
    scan.value()?;
    scan.space();
    (scan.at == scan.json.len()).then_some(scan.out)
}

/// The bytes that end a run of a string's plain characters: quotes, backslashes, controls.
const ENDS_RUN: [bool; 256] = {
    let mut ends = [false; 256];
    let mut control = 0;
    while control < 0x20 {
        ends[control] = true;
        control += 1;
    }
    ends[b'"' as usize] = true;
    ends[b'\\' as usize] = true;
    ends
};

struct Scan<'a> {
    json: &'a [u8],
    at: usize,
    out: Vec<u8>,
    /// The members of all open objects, innermost last.
    members: Vec<Member>,
    /// Space for sorting members.
    scratch: Vec<u8>,
    depth: u8,
}

/// The place of a member in `out`: its name in quotes, `:`, its value, `,`.
#[derive(Clone, Copy)]
struct Member {
    begin: usize,
    name_end: usize,
    end: usize,
}

impl Member {
    /// Its name, without the quotes.
    fn name(self, out: &[u8]) -> &[u8] {
        &out[self.begin + 1..self.name_end - 1]
    }
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.json.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\t' | b'\r')) {
            self.at += 1;
        }
    }

    /// Takes `byte` after white space, where it comes next.
    fn takes(&mut self, byte: u8) -> bool {
        self.space();
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn value(&mut self) -> Option<()> {
        self.space();
        match self.peek()? {
            b'"' => self.string(),
            b'{' => self.nested(Self::object),
            b'[' => self.nested(Self::array),
            b'n' => self.word(b"null"),
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            _ => {
                self.at += number::write(&self.json[self.at..], &mut self.out)?;
                Some(())
            }
        }
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        self.json[self.at..].starts_with(word).then(|| {
            self.at += word.len();
            self.out.extend_from_slice(word);
        })
    }

    fn nested(&mut self, inside: fn(&mut Self) -> Option<()>) -> Option<()> {
        if self.depth == DEEPEST {
            return None;
        }
        self.depth += 1;
        self.at += 1;
        inside(self)?;
        self.depth -= 1;
        Some(())
    }

    fn array(&mut self) -> Option<()> {
        self.out.push(b'[');
        if !self.takes(b']') {
            loop {
                self.value()?;
                if self.takes(b']') {
                    break;
                }
                self.takes(b',').then(|| self.out.push(b','))?;
            }
        }
        self.out.push(b']');
        Some(())
    }

    fn object(&mut self) -> Option<()> {
        self.out.push(b'{');
        let (start, first) = (self.out.len(), self.members.len());
        if !self.takes(b'}') {
            loop {
                self.member()?;
                if self.takes(b'}') {
                    break;
                }
                self.takes(b',').then_some(())?;
            }
        }
        let is_sorted =
            self.members[first..].is_sorted_by(|one, next| one.name(&self.out) < next.name(&self.out));
        if !is_sorted {
            self.sort(start, first);
        }
        self.members.truncate(first);
        // The comma after the last member, where there is one.
        if self.out.len() > start {
            self.out.pop();
        }
        self.out.push(b'}');
        Some(())
    }

    fn member(&mut self) -> Option<()> {
        self.space();
        let begin = self.out.len();
        (self.peek() == Some(b'"')).then_some(())?;
        self.string()?;
        let name_end = self.out.len();
        self.takes(b':').then(|| self.out.push(b':'))?;
        self.value()?;
        self.out.push(b',');
        self.members.push(Member { begin, name_end, end: self.out.len() });
        Some(())
    }

    /// Sorts the members from `first` on, written from `start` on, by their names. Of a repeated
    /// name the last one counts, as it does for a reader of maps.
    fn sort(&mut self, start: usize, first: usize) {
        let Self { out, members, scratch, .. } = self;
        let members = &mut members[first..];
        members.sort_by(|one, next| one.name(out).cmp(next.name(out)));
        scratch.clear();
        for (at, member) in members.iter().enumerate() {
            let next = members.get(at + 1);
            if next.is_none_or(|next| next.name(out) != member.name(out)) {
                scratch.extend_from_slice(&out[member.begin..member.end]);
            }
        }
        out.truncate(start);
        out.extend_from_slice(scratch);
    }

    /// A string in quotes: its characters as they are, with `"` and `\` behind a backslash.
    fn string(&mut self) -> Option<()> {
        self.at += 1;
        self.out.push(b'"');
        loop {
            let rest = &self.json[self.at..];
            let run = rest.iter().position(|byte| ENDS_RUN[usize::from(*byte)])?;
            self.out.extend_from_slice(&rest[..run]);
            self.at += run + 1;
            match rest[run] {
                b'"' => break,
                b'\\' => self.escape()?,
                _ => return None,
            }
        }
        self.out.push(b'"');
        Some(())
    }

    fn escape(&mut self) -> Option<()> {
        let letter = self.peek()?;
        self.at += 1;
        let plain = match letter {
            b'"' | b'\\' | b'/' => letter,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => return self.unicode(),
            _ => return None,
        };
        self.push(char::from(plain));
        Some(())
    }

    fn unicode(&mut self) -> Option<()> {
        let unit = self.unit()?;
        let rest = &self.json[self.at..];
        if (0xd800..0xdc00).contains(&unit) && rest.starts_with(b"\\u") {
            self.at += 2;
            let low = self.unit()?;
            self.push(char::decode_utf16([unit, low]).next()?.ok()?);
            return Some(());
        }
        // Half of a pair is no character.
        self.push(char::from_u32(unit.into())?);
        Some(())
    }

    fn unit(&mut self) -> Option<u16> {
        let digits = self.json.get(self.at..self.at + 4)?;
        let mut unit = 0;
        for digit in digits {
            unit = unit << 4 | u16::try_from(char::from(*digit).to_digit(16)?).ok()?;
        }
        self.at += 4;
        Some(unit)
    }

    fn push(&mut self, letter: char) {
        if matches!(letter, '"' | '\\') {
            self.out.push(b'\\');
        }
        self.out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(json: &str) -> String {
        String::from_utf8(canonical(json).unwrap()).unwrap()
    }

    #[test]
    fn s16_the_canonical_form_is_what_its_description_says() {
        for (json, expected) in [
            (r#" { "b" : [ 1.0 , true , null ] , "a" : { } } "#, r#"{"a":{},"b":[1,true,null]}"#),
            (r#"{"a":1,"b":2,"a":3}"#, r#"{"a":3,"b":2}"#),
            (
                r#"{"b":{"d":1,"c":2,"d":[]},"a":[{"z":0,"y":1}]}"#,
                r#"{"a":[{"y":1,"z":0}],"b":{"c":2,"d":[]}}"#,
            ),
            (r#"{"\u0062":1,"a!":2,"a":3}"#, r#"{"a":3,"a!":2,"b":1}"#),
            (r#""\u00e9\/\"\\\u0022\ud83c\udfa9""#, r#""é/\"\\\"🎩""#),
            (r#""\b\f\n\r\t""#, "\"\u{8}\u{c}\n\r\t\""),
            (r#""\uD83C\uDFA9\\ud800""#, r#""🎩\\ud800""#),
            ("[]", "[]"),
            ("[[],[{}]]", "[[],[{}]]"),
        ] {
            assert_eq!(form(json), expected, "{json}");
        }
    }

    #[test]
    fn what_is_not_json_has_no_form() {
        for json in [
            "",
            " ",
            "nul",
            "truex",
            "[1,]",
            "[,1]",
            "[1 2]",
            "{,}",
            r#"{"a":1,}"#,
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{a:1}"#,
            r#"{1:1}"#,
            r#"{"a":1 "b":2}"#,
            "\"a",
            "\"a\nb\"",
            r#""\x""#,
            r#""\u12g4""#,
            r#""\u12"#,
            r#""\ud800\u""#,
            r#""\ud800""#,
            r#""\udc00""#,
            r#""\ud800\ud800""#,
            "1 2",
            "[1]]",
            "{}{}",
            "\"a\\",
        ] {
            assert_eq!(canonical(json), None, "{json}");
        }
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(canonical(&nested(127)).is_some() && canonical(&nested(128)).is_none());
        assert!(serde_json::from_str::<serde_json::Value>(&nested(127)).is_ok());
        assert!(serde_json::from_str::<serde_json::Value>(&nested(128)).is_err());
    }
}

//! Algorithm 1: the canonical form of older builds, kept only to compare with the hashes that they
//! stored.
//!
//! It holds a number as a 64-bit integer or float, so integers beyond 64 bits share a hash. It
//! makes no new hash, except beside the exact one in a claim, for readers of those builds.

use std::{borrow::Cow, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use sha2::{Digest as _, Sha256};

use crate::id::hex;

/// The hash of canonical JSON, 32 hex digits.
///
/// # Errors
/// Where `json` is not JSON, or holds a number that no 64-bit float holds.
pub(super) fn hash(json: &str) -> Result<String, serde_json::Error> {
    // Names and short values grow by their tags and sizes.
    let mut canonical = Vec::with_capacity(2 * json.len());
    let mut json = serde_json::Deserializer::from_str(json);
    Canonical(&mut canonical).deserialize(&mut json)?;
    json.end()?;
    Ok(hex(&Sha256::digest(&canonical)[..16]))
}

/// Writes any JSON value in canonical form, in one pass and without building the value, since every
/// record is hashed.
///
/// Every value starts with a tag and every variable length with its size, so that no two shapes
/// give the same bytes.
struct Canonical<'a>(&'a mut Vec<u8>);

/// The name of a number's only member, which `serde_json` uses where another crate turns its
/// `arbitrary_precision` on.
const NUMBER: &str = "$serde_json::private::Number";

impl Canonical<'_> {
    fn text(&mut self, tag: u8, text: &str) {
        self.0.push(tag);
        self.size(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    fn size(&mut self, size: usize) {
        self.0.extend_from_slice(&(size as u64).to_be_bytes());
    }

    /// Writes a size that is known only after all of its parts.
    fn patch(&mut self, at: usize, size: usize) {
        self.0[at..at + 8].copy_from_slice(&(size as u64).to_be_bytes());
    }

    fn integer(&mut self, integer: i128) {
        self.0.push(b'i');
        self.0.extend_from_slice(&integer.to_be_bytes());
    }

    fn number(&mut self, number: &serde_json::Number) {
        match number.as_i128() {
            Some(integer) => self.integer(integer),
            None => self.float(number.as_f64().unwrap_or(f64::NAN)),
        }
    }

    fn float(&mut self, float: f64) {
        // 2^64: above it a float's neighbours are more than 1 apart, and integers that are spelled
        // as floats stay floats.
        if float.fract() == 0.0 && float.abs() < 18_446_744_073_709_551_616.0 {
            self.integer(float as i128);
        } else {
            self.0.push(b'd');
            self.0.extend_from_slice(&float.to_bits().to_be_bytes());
        }
    }
}

impl<'de> DeserializeSeed<'de> for Canonical<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Canonical<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.0.push(b'n');
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.0.push(if value { b't' } else { b'f' });
        Ok(())
    }

    fn visit_str<E>(mut self, text: &str) -> Result<(), E> {
        self.text(b's', text);
        Ok(())
    }

    fn visit_u64<E>(mut self, integer: u64) -> Result<(), E> {
        self.integer(integer.into());
        Ok(())
    }

    fn visit_i64<E>(mut self, integer: i64) -> Result<(), E> {
        self.integer(integer.into());
        Ok(())
    }

    fn visit_f64<E>(mut self, float: f64) -> Result<(), E> {
        self.float(float);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        self.0.push(b'a');
        let (at, mut count) = (self.0.len(), 0);
        self.size(0);
        while items.next_element_seed(Canonical(self.0))?.is_some() {
            count += 1;
        }
        self.patch(at, count);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        self.0.push(b'o');
        let at = self.0.len();
        self.size(0);
        let start = self.0.len();
        // Each member's name, and the place where the bytes of name and value begin.
        let mut members: Vec<(Cow<'de, str>, usize)> = Vec::with_capacity(8);
        while let Some(name) = map.next_key_seed(Name)? {
            if name == NUMBER && members.is_empty() {
                let number: serde_json::Number =
                    map.next_value::<String>()?.parse().map_err(A::Error::custom)?;
                self.0.truncate(at - 1);
                self.number(&number);
                return Ok(());
            }
            let begin = self.0.len();
            self.text(b'k', &name);
            map.next_value_seed(Canonical(self.0))?;
            members.push((name, begin));
        }
        if !members.is_sorted_by(|(one, _), (next, _)| one < next) {
            sort(self.0, start, &mut members);
        }
        self.patch(at, members.len());
        Ok(())
    }
}

/// Sorts the members that were written from `start` on by their names; of a repeated name the last
/// one counts.
fn sort(canonical: &mut Vec<u8>, start: usize, members: &mut Vec<(Cow<'_, str>, usize)>) {
    let written = canonical.split_off(start);
    let ends: Vec<usize> =
        members.iter().skip(1).map(|(_, begin)| begin - start).chain([written.len()]).collect();
    let mut spans: Vec<_> =
        members.drain(..).zip(ends).map(|((name, begin), end)| (name, begin, begin - start..end)).collect();
    spans.sort_by(|(one, ..), (next, ..)| one.cmp(next));
    for (at, (name, begin, span)) in spans.iter().enumerate() {
        if spans.get(at + 1).is_none_or(|(next, ..)| next != name) {
            canonical.extend_from_slice(&written[span.clone()]);
            members.push((name.clone(), *begin));
        }
    }
}

/// A member's name, borrowed where it holds no escape.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }
    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }
    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

//! Ids that are a function of their cause (S-45), and payload hashes (S-16).

use std::fmt;

use serde_json::Value;
use sha2::{Digest, Sha256};

/// What nobody else has: marks the writes of one commit, so that its own late echo is told from a rival (C-2).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token(pub u128);

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The id of the `index`-th message that `consumer` emits about one cause: a UUID of version 8 (S-45).
///
/// A second run gives the same ids. Every part is length-prefixed, so different parts never hash alike.
///
/// ```
/// let id = waxseal::derived_id("orders", "key-1", "inventory/reserve-stock", 0);
/// assert_eq!(id, waxseal::derived_id("orders", "key-1", "inventory/reserve-stock", 0));
/// assert_ne!(id, waxseal::derived_id("orders", "key-1", "inventory/reserve-stock", 1));
/// assert_eq!(id.as_bytes()[14], b'8');
/// ```
#[must_use]
pub fn derived_id(cause_source: &str, cause_id: &str, consumer: &str, index: u32) -> String {
    uuid8(&["emit", cause_source, cause_id, consumer], index)
}

/// The key for the `index`-th outside effect of one event: the same on every attempt, never an emitted id.
#[must_use]
pub(crate) fn effect_key(source: &str, id: &str, consumer: &str, index: u32) -> String {
    uuid8(&["effect", source, id, consumer], index)
}

fn uuid8(parts: &[&str], index: u32) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.update(index.to_be_bytes());
    let digest = hasher.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex(&bytes);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// The hash of canonical JSON, 32 hex digits: order of members, white space and the spelling of numbers do not
/// count (S-16).
///
/// Numbers are equal when they are the same 64-bit float or the same 64-bit integer: `1`, `1.0` and `1e0` are one.
///
/// # Errors
/// Where `json` is not JSON.
///
/// ```
/// let hash = |json| waxseal::payload_hash(json).unwrap();
/// assert_eq!(hash(r#"{"a":1,"b":"é"}"#), hash(r#"{ "b": "\u00e9", "a": 1.0 }"#));
/// assert_ne!(hash(r#"{"a":1}"#), hash(r#"{"a":2}"#));
/// ```
pub fn payload_hash(json: &str) -> Result<String, serde_json::Error> {
    let value: Value = serde_json::from_str(json)?;
    let mut hasher = Sha256::new();
    digest(&value, &mut hasher);
    Ok(hex(&hasher.finalize()[..16]))
}

// Every value starts with a tag and every variable length with its size, so that no two shapes hash alike.
fn digest(value: &Value, hasher: &mut Sha256) {
    let text = |tag: u8, text: &str, hasher: &mut Sha256| {
        hasher.update([tag]);
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text.as_bytes());
    };
    match value {
        Value::Null => hasher.update(b"n"),
        Value::Bool(false) => hasher.update(b"f"),
        Value::Bool(true) => hasher.update(b"t"),
        Value::String(string) => text(b's', string, hasher),
        Value::Number(number) => match canonical(number) {
            Whole::Integer(integer) => {
                hasher.update(b"i");
                hasher.update(integer.to_be_bytes());
            }
            Whole::Float(float) => {
                hasher.update(b"d");
                hasher.update(float.to_bits().to_be_bytes());
            }
        },
        Value::Array(items) => {
            hasher.update(b"a");
            hasher.update((items.len() as u64).to_be_bytes());
            items.iter().for_each(|item| digest(item, hasher));
        }
        Value::Object(members) => {
            hasher.update(b"o");
            hasher.update((members.len() as u64).to_be_bytes());
            // Sorted here: whether serde_json's map keeps input order depends on features that others may set.
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            for (name, member) in members {
                text(b'k', name, hasher);
                digest(member, hasher);
            }
        }
    }
}

enum Whole {
    Integer(i128),
    Float(f64),
}

fn canonical(number: &serde_json::Number) -> Whole {
    if let Some(integer) = number.as_i128() {
        return Whole::Integer(integer);
    }
    let float = number.as_f64().unwrap_or(f64::NAN);
    // 2^64: above it a float's integers are further apart than 1, and spelled as floats they stay floats.
    if float.fract() == 0.0 && float.abs() < 18_446_744_073_709_551_616.0 {
        Whole::Integer(float as i128)
    } else {
        Whole::Float(float)
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

//! Names, attributes and characters that CloudEvents takes.

use serde_json::Value;

/// The members without which an object is no CloudEvents event.
pub const REQUIRED: [&str; 4] = ["specversion", "id", "source", "type"];

/// The version of the specification that is read and written.
pub(super) const SPECVERSION: &str = "1.0";
pub(super) const JSON: &str = "application/json";
/// The extension for metadata that no attribute can hold.
pub(super) const METADATA: &str = "waxsealmetadata";
pub(super) const VERSION: &str = "eventversion";
pub(super) const CORRELATION: &str = "correlationid";
pub(super) const CAUSATION: &str = "causationid";

/// The attributes with a meaning of their own, which no metadata may replace. `data_base64` cannot
/// be an extension's name anyway.
pub(super) const TAKEN: [&str; 10] =
    ["specversion", "id", "source", "type", "time", "data", VERSION, CORRELATION, CAUSATION, METADATA];

/// Whether `name` may be an extension's name and has no meaning yet.
pub(super) fn is_extension(name: &str) -> bool {
    (1..=20).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        && !TAKEN.contains(&name)
}

/// Whether the type system has such a value. An empty text has no form in other bindings, so it
/// travels apart.
pub(super) fn fits(value: &Value) -> bool {
    match value {
        Value::Bool(_) => true,
        Value::Number(number) => number.as_i64().is_some_and(|integer| i32::try_from(integer).is_ok()),
        Value::String(text) => !text.is_empty() && text.chars().all(allowed),
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

/// No control characters, no noncharacters ("Type System", String).
pub(super) fn allowed(c: char) -> bool {
    let code = u32::from(c);
    !c.is_control() && !(0xfdd0..=0xfdef).contains(&code) && code & 0xfffe != 0xfffe
}

/// Whether a text consists of RFC 3986's characters; the grammar refuses little beyond that.
pub(super) fn is_uri_reference(text: &str) -> bool {
    let bytes = text.as_bytes();
    let hex = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_hexdigit);
    !bytes.is_empty()
        && bytes.iter().enumerate().all(|(at, byte)| match byte {
            b'%' => hex(at + 1) && hex(at + 2),
            byte => byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=".contains(byte),
        })
}

pub(super) fn is_uri(text: &str) -> bool {
    let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        && is_uri_reference(text)
}

/// Whether a content type is `*/json` or `*/*+json`, with any parameters (JSON format, 3.1.1).
pub(super) fn is_json(content_type: &str) -> bool {
    let media = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media
        .split_once('/')
        .is_some_and(|(kind, subtype)| !kind.is_empty() && (subtype == "json" || subtype.ends_with("+json")))
}

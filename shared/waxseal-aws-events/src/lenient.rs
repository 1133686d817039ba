//! Values that AWS writes in more than one way.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A yes or no: `true`, `"true"`. Anything else is unknown.
pub(crate) fn flag<'de, D: Deserializer<'de>>(json: D) -> Result<Option<bool>, D::Error> {
    Ok(match Value::deserialize(json)? {
        Value::Bool(flag) => Some(flag),
        Value::String(text) => text.parse().ok(),
        _ => None,
    })
}

/// A whole number: `1`, `1.0`, `"1"`. Anything else is unknown.
pub(crate) fn number<'de, D: Deserializer<'de>>(json: D) -> Result<Option<u64>, D::Error> {
    let text = match Value::deserialize(json)? {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text,
        _ => return Ok(None),
    };
    Ok(text.strip_suffix(".0").unwrap_or(&text).parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s50_values_are_read_however_they_are_written() {
        let flags = ["true", r#""false""#, "null", "7", r#""perhaps""#];
        let flags = flags.map(|json| flag(&mut serde_json::Deserializer::from_str(json)).unwrap());
        assert_eq!(flags, [Some(true), Some(false), None, None, None]);
        let numbers = ["1", "1.0", r#""16""#, "-1", "null", "[]"];
        let numbers = numbers.map(|json| number(&mut serde_json::Deserializer::from_str(json)).unwrap());
        assert_eq!(numbers, [Some(1), Some(1), Some(16), None, None, None]);
    }
}

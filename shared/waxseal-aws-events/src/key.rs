//! Keys of objects in S3's notifications, which are encoded as in an HTML form: a blank is `+`, and
//! other characters are `%C3%BC`.
//!
//! EventBridge's events have the key as it is. Source: S3 user guide, "Event message structure".

use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(json: D) -> Result<String, D::Error> {
    decode(&String::deserialize(json)?).ok_or_else(|| D::Error::custom("a key that is no UTF-8"))
}

pub(crate) fn serialize<S: Serializer>(key: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&encode(key))
}

/// A `%` that no two hex digits follow stays as it is.
fn decode(encoded: &str) -> Option<String> {
    let bytes = encoded.as_bytes();
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut key = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let (decoded, length) = match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => (u8::try_from(high * 16 + low).unwrap_or(b'%'), 3),
            (b'+', ..) => (b' ', 1),
            (other, ..) => (*other, 1),
        };
        key.push(decoded);
        at += length;
    }
    String::from_utf8(key).ok()
}

fn encode(key: &str) -> String {
    let mut encoded = String::with_capacity(key.len());
    for byte in key.bytes() {
        match byte {
            b' ' => encoded.push('+'),
            byte if byte.is_ascii_alphanumeric() || b"-_.*/".contains(&byte) => {
                encoded.push(char::from(byte))
            }
            byte => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn s50_a_key_is_decoded_as_s3_encodes_it() {
        for (encoded, key) in [
            ("reports/2026+11/a%C3%BC.csv", "reports/2026 11/aü.csv"),
            ("a%2Bb%25.csv", "a+b%.csv"),
            ("100%", "100%"),
            ("%zz%4", "%zz%4"),
        ] {
            assert_eq!(decode(encoded).as_deref(), Some(key), "{encoded}");
        }
        assert_eq!(decode("%ff"), None);
    }

    proptest! {
        #[test]
        fn s50_any_key_comes_back(key in "\\PC{0,40}") {
            prop_assert_eq!(decode(&encode(&key)), Some(key));
        }
    }
}

//! Base64 of RFC 4648. CloudEvents may carry JSON in it, and dead letters carry binary bodies in
//! it. Fifty lines replace a dependency that every function would link.

/// The bytes of a standard base64 text, padded or not; `None` where the text is no base64.
///
/// The reader is strict otherwise: it takes no white space and no bits after the last byte. One
/// text thus has one meaning.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let body = match text.len() % 4 {
        0 => text.strip_suffix("==").or_else(|| text.strip_suffix('=')).unwrap_or(text),
        _ => text,
    };
    let mut bytes = Vec::with_capacity(body.len() / 4 * 3 + 2);
    for chunk in body.as_bytes().chunks(4) {
        let mut bits = 0_u32;
        for (index, digit) in chunk.iter().enumerate() {
            bits |= u32::from(value(*digit)?) << (18 - 6 * index);
        }
        let whole = match chunk.len() {
            4 => 3,
            3 => 2,
            2 => 1,
            _ => return None,
        };
        let [_, decoded @ ..] = bits.to_be_bytes();
        if decoded[whole..].iter().any(|rest| *rest != 0) {
            return None;
        }
        bytes.extend_from_slice(&decoded[..whole]);
    }
    Some(bytes)
}

/// The standard base64 of `bytes`, padded.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| chunk.get(index).copied().map_or(0, u32::from);
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let index = (bits >> (18 - 6 * digit)) & 63;
            text.push(if digit > chunk.len() { '=' } else { char::from(DIGITS[index as usize]) });
        }
    }
    text
}

fn value(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{decode, encode};

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded(bytes: Vec<u8>) {
            let text = encode(&bytes);
            prop_assert_eq!(text.len() % 4, 0);
            prop_assert_eq!(decode(&text), Some(bytes));
        }
    }

    #[test]
    fn the_vectors_of_rfc_4648_and_what_is_none() {
        for (text, bytes) in [
            ("", &b""[..]),
            ("Zg==", b"f"),
            ("Zg", b"f"),
            ("Zm8=", b"fo"),
            ("Zm9v", b"foo"),
            ("Zm9vYg==", b"foob"),
            ("Zm9vYmE=", b"fooba"),
            ("Zm9vYmFy", b"foobar"),
            ("+/+/", b"\xfb\xff\xbf"),
        ] {
            assert_eq!(decode(text).as_deref(), Some(bytes), "{text}");
            assert_eq!(encode(bytes).trim_end_matches('='), text.trim_end_matches('='));
        }
        for none in ["Z", "Zg=", "Zh==", "Zm 9v", "Zm9v\n", "====", "Zm9-", "Zg==Zg=="] {
            assert_eq!(decode(none), None, "{none}");
        }
    }
}

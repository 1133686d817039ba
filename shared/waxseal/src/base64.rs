//! Base64 of RFC 4648, reading only: CloudEvents may carry JSON in it. Thirty lines instead of a dependency that every
//! function would link.

/// The bytes of standard base64, padded or not; `None` where it is none.
///
/// Strict otherwise: no white space, and no bits after the last byte, so that one text has one meaning.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
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
    use super::decode;

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
        }
        for none in ["Z", "Zg=", "Zh==", "Zm 9v", "Zm9v\n", "====", "Zm9-", "Zg==Zg=="] {
            assert_eq!(decode(none), None, "{none}");
        }
    }
}

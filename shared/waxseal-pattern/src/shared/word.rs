//! The words of a filter: which names and texts mean the same everywhere.

use crate::reserved::RESERVED;

/// Whether a text is a sign of `numeric`.
pub(super) const fn is_sign(sign: &[u8]) -> bool {
    same(sign, b"=") || same(sign, b"<") || same(sign, b"<=") || same(sign, b">") || same(sign, b">=")
}

/// Why a name cannot be that of a field.
pub(super) const fn refused_name(name: &[u8]) -> Option<&'static str> {
    if name[0] == b'$' {
        return Some("a name that begins with $ is an operator: $or stands at the top alone");
    }
    let mut index = 0;
    while index < name.len() {
        if name[index] == b'.' {
            return Some(
                "a name with a dot: a rule does not tell it from a nested field, so write the objects",
            );
        }
        index += 1;
    }
    let mut reserved = 0;
    while reserved < RESERVED.len() {
        if same(RESERVED[reserved].as_bytes(), name) {
            return Some("the name of an operator cannot be a field: a rule refuses it inside $or");
        }
        reserved += 1;
    }
    None
}

/// Whether a rule could take a text for an address: hexadecimal digits with three dots, or with the
/// colons of IPv6.
pub(super) const fn looks_like_an_address(text: &[u8]) -> bool {
    let (mut dots, mut colons, mut is_short, mut index) = (0, 0, false, 0);
    while index < text.len() {
        match text[index] {
            b'.' => dots += 1,
            b':' => {
                colons += 1;
                is_short |= index > 0 && text[index - 1] == b':';
            }
            b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' => {}
            _ => return false,
        }
        index += 1;
    }
    dots == 3 || colons == 7 || is_short
}

/// Whether two texts are the same.
pub(super) const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut index = 0;
    while index < a.len() {
        if a[index] != b[index] {
            return false;
        }
        index += 1;
    }
    true
}

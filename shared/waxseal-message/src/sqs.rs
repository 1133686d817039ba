//! The limits of an SQS message. Dead letters, publishers and the embedded environment keep them
//! alike.

/// The bytes of a message, attributes included, and of all messages of one batch.
///
/// Source: SQS API reference, `SendMessage`; 1 MiB since 2025.
pub const LARGEST: usize = 1024 * 1024;

/// The attributes of a message. Source: SQS developer guide, "Message metadata".
pub const MOST_ATTRIBUTES: usize = 10;

/// The first character of `text` that SQS refuses: one that XML 1.0 does not have.
///
/// SQS takes `#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF`. Source:
/// SQS API reference, `SendMessage`.
#[must_use]
pub fn refused_character(text: &str) -> Option<char> {
    // Most texts are of plain characters, which are looked at as bytes.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return None;
    }
    let is_taken =
        |c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().find(|c| !is_taken(*c))
}

/// Whether SQS takes every character of `text`.
#[must_use]
pub fn is_text(text: &str) -> bool {
    refused_character(text).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_the_last_two_of_the_plane_are_refused() {
        for good in ["", "a\tb\r\n", "grüße 🎩 \u{7f}\u{fffd}"] {
            assert!(is_text(good), "{good:?}");
        }
        for (bad, character) in
            [("a\0b", '\0'), ("\u{1b}[31m", '\u{1b}'), ("\u{fffe}", '\u{fffe}'), ("\u{ffff}", '\u{ffff}')]
        {
            assert_eq!(refused_character(bad), Some(character), "{bad:?}");
        }
    }
}

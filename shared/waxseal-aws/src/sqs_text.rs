//! What SQS takes as text: XML 1.0's characters, and 1 MiB in all.

/// Bytes of a message, or of all messages of a batch, attributes included. Source: SQS API reference, `SendMessage`;
/// 1 MiB since 2025.
pub(crate) const LARGEST: usize = 1024 * 1024;

/// Whether SQS takes it: `#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF`.
///
/// Source: SQS API reference, `SendMessage`.
pub(crate) fn is_valid(text: &str) -> bool {
    text.chars().all(takes)
}

fn takes(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_the_last_two_of_the_plane_are_refused() {
        for good in ["", "a\tb\r\n", "grüße 🎩 \u{7f}\u{fffd}"] {
            assert!(is_valid(good), "{good:?}");
        }
        for bad in ["\0", "\u{1b}[31m", "\u{fffe}", "\u{ffff}"] {
            assert!(!is_valid(bad), "{bad:?}");
        }
    }
}

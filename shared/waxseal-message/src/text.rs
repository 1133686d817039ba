//! Texts of other authors. They are clipped, and kept out of logs where they may hold personal
//! data.

use std::{borrow::Cow, error::Error, fmt};

/// The longest reason, in bytes, in a log line, a receipt or an answer. A dead letter keeps twice
/// as many.
pub const LONGEST_REASON: usize = 2048;

/// The longest reason, in bytes, in a dead letter, and the longest [`Quoted`] text.
pub const LONGEST_WHOLE: usize = 2 * LONGEST_REASON;

/// A text of at most `most` bytes. The end of a clipped text states how many bytes are missing;
/// below some forty bytes there is no room for that.
///
/// ```
/// assert_eq!(waxseal_message::clip("short", 40), "short");
/// assert_eq!(waxseal_message::clip(&"ü".repeat(500), 40), "üüüüüüüü… [984 bytes more]");
/// ```
#[must_use]
pub fn clip(text: &str, most: usize) -> Cow<'_, str> {
    /// The bytes of the note with the largest possible number.
    const NOTE: usize = "… [18446744073709551615 bytes more]".len() - 14;
    if text.len() <= most {
        return Cow::Borrowed(text);
    }
    let room = text.floor_char_boundary(most.saturating_sub(NOTE));
    let note = format!("… [{} bytes more]", text.len() - room);
    if room == 0 || room + note.len() > most {
        return Cow::Borrowed(&text[..text.floor_char_boundary(most)]);
    }
    Cow::Owned(format!("{}{note}", &text[..room]))
}

/// Whether a name from outside can stand in a log. Such a name is short and has letters, digits,
/// `_` and `-` alone, as programs name their fields. An address is none, nor a number.
#[must_use]
pub fn is_plain_name(name: &str) -> bool {
    name.len() <= 40
        && name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// A text of another author: a server's answer, a value that a parser quotes, the message of a
/// panic. It may hold personal data.
///
/// Only a dead letter shows the text, since it holds the record's body anyway. Logs, receipts and
/// answers of the function show its length instead. The text is clipped at 4 KiB.
#[derive(Clone, PartialEq, Eq)]
pub struct Quoted {
    text: String,
    bytes: usize,
}

impl Quoted {
    /// Keeps a text out of the logs.
    pub fn new(text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        Self { text: clip(text, LONGEST_WHOLE).into_owned(), bytes: text.len() }
    }

    /// The text, for a place where personal data may stand.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Quoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} bytes withheld: only a dead letter shows them]", self.bytes)
    }
}

// A derived `Debug` would show the text.
impl fmt::Debug for Quoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for Quoted {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn s27_a_quoted_text_is_shown_by_none_of_its_forms() {
        let quoted = Quoted::new("anna@example.com");
        assert!(!format!("{quoted} {quoted:?}").contains("anna"));
        assert_eq!(quoted.text(), "anna@example.com");
    }

    proptest! {
        #[test]
        fn s27_a_clipped_text_keeps_its_bound_and_says_what_is_missing(
            text in "(?s).{0,300}", most in 0_usize..400,
        ) {
            let clipped = clip(&text, most);
            prop_assert!(clipped.len() <= most);
            if text.len() <= most {
                prop_assert_eq!(&*clipped, &*text);
            } else if most >= 40
                && let Some((kept, more)) = clipped.rsplit_once("… [")
            {
                let missing: usize = more.strip_suffix(" bytes more]").unwrap().parse().unwrap();
                prop_assert!(text.starts_with(kept));
                prop_assert_eq!(kept.len() + missing, text.len());
            } else {
                prop_assert!(most < 40);
            }
        }
    }
}

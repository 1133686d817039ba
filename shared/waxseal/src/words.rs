//! Texts that others wrote: clipped, and kept out of logs where they may hold personal data.

use std::{borrow::Cow, error::Error, fmt};

use crate::{DecodeError, Failure, Malformed, json};

/// Bytes of a reason in a log line, a receipt or an answer. A dead letter keeps twice as many.
pub const LONGEST_REASON: usize = 2048;

/// Bytes of a reason in a dead letter, and of a [`Quoted`] text.
const LONGEST_WHOLE: usize = 2 * LONGEST_REASON;

/// A text of at most `most` bytes. Where it was longer, its end says how many bytes are missing; below some forty bytes no room is left for
/// that.
///
/// ```
/// assert_eq!(waxseal::clip("short", 40), "short");
/// assert_eq!(waxseal::clip(&"ü".repeat(500), 40), "üüüüüüüü… [984 bytes more]");
/// ```
#[must_use]
pub fn clip(text: &str, most: usize) -> Cow<'_, str> {
    /// Bytes of the note with the largest number that there is.
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

/// Whether a name of somebody else's can stand in a log: short, and of letters, digits, `_` and `-` alone, as programs name their fields. An
/// address is none, nor a number.
#[must_use]
pub fn is_plain_name(name: &str) -> bool {
    name.len() <= 40
        && name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// Other people's words: a server's answer, a value that a parser quotes, the message of a panic. They may hold personal data.
///
/// Only a dead letter shows the text, since it holds the record's body anyway. Everywhere else, in logs, in receipts and in answers of the
/// function, the length stands in its place. The text is clipped at 4 KiB.
///
/// As a cause it works in any error, since reasons are written with their causes:
///
/// ```
/// use waxseal::{Quoted, chain};
///
/// #[derive(Debug, thiserror::Error)]
/// #[error("the mail was not taken")]
/// struct NotTaken { source: Quoted }
///
/// let error = NotTaken { source: Quoted::new("550 anna@example.com: no such user") };
/// assert_eq!(chain(&error), "the mail was not taken: [34 bytes withheld: only a dead letter shows them]");
/// ```
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

// A derived one would show the text.
impl fmt::Debug for Quoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for Quoted {}

/// An error with its causes as one line, [`LONGEST_REASON`] bytes at most: a log line and a dead letter need the whole chain, and neither
/// takes a line break. [`Quoted`] texts are not shown, nor values that `serde_json` quotes.
#[must_use]
pub fn chain(error: &(dyn Error + 'static)) -> String {
    clip(&line(error, false), LONGEST_REASON).into_owned()
}

/// Why a record failed, in two forms.
#[derive(Debug, Clone)]
pub(crate) struct Reason {
    /// For logs, receipts and answers.
    shown: String,
    /// For the dead letter, where it says more.
    whole: Option<String>,
}

impl Reason {
    pub(crate) fn of(error: &(dyn Error + 'static)) -> Self {
        let (shown, whole) = (line(error, false), line(error, true));
        Self::in_two_forms(&shown, (whole != shown).then_some(whole))
    }

    /// The same with a text before and after it.
    #[must_use]
    pub(crate) fn between(&self, before: &str, after: &str) -> Self {
        let around = |text: &str| format!("{before}{text}{after}");
        Self::in_two_forms(&around(&self.shown), self.whole.as_deref().map(around))
    }

    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// For the dead letter, where it says more.
    pub(crate) fn quoted(&self) -> Option<&str> {
        self.whole.as_deref()
    }

    fn in_two_forms(shown: &str, whole: Option<String>) -> Self {
        Self {
            shown: clip(shown, LONGEST_REASON).into_owned(),
            whole: whole.map(|whole| clip(&whole, LONGEST_WHOLE).into_owned()),
        }
    }
}

/// A reason of our own words.
impl From<String> for Reason {
    fn from(text: String) -> Self {
        Self::in_two_forms(&text, None)
    }
}

fn line(error: &(dyn Error + 'static), whole: bool) -> String {
    let mut text = one(error, whole);
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = one(cause, whole);
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    if text.contains(['\n', '\r']) {
        let lines = text.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty());
        text = lines.collect::<Vec<_>>().join(" ");
    }
    text
}

/// One error without its causes. The types that keep a text back say more in the whole form.
fn one(error: &(dyn Error + 'static), whole: bool) -> String {
    if let Some(failure) = error.downcast_ref::<Failure>() {
        return match failure {
            Failure::Fault(fault) => {
                let reason = line(fault.reason(), whole);
                fault.quoted().map_or(reason.clone(), |quoted| format!("{reason}: {}", one(quoted, whole)))
            }
            Failure::Decode(error) => one(error, whole),
            Failure::Panic(caught) if whole => caught.whole(),
            _ => failure.to_string(),
        };
    }
    if let Some(error) = error.downcast_ref::<serde_json::Error>() {
        return if whole { error.to_string() } else { json::misfit(error) };
    }
    if whole {
        if let Some(quoted) = error.downcast_ref::<Quoted>() {
            return quoted.text.clone();
        }
        if let Some(DecodeError::Shape { name, version, quoted, .. }) = error.downcast_ref() {
            return format!("data of {name} version {version} does not fit: {}", quoted.text);
        }
        if let Some(malformed) = error.downcast_ref::<Malformed>() {
            return malformed.whole();
        }
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Fault;

    #[test]
    fn s27_a_quoted_text_stands_in_the_whole_reason_alone() {
        let fault = Fault::permanent("the gateway answered 422").quoting("anna@example.com\nis no customer");
        let reason = Reason::of(&Failure::Fault(fault));
        assert_eq!(
            reason.shown(),
            "the gateway answered 422: [31 bytes withheld: only a dead letter shows them]"
        );
        assert_eq!(reason.quoted(), Some("the gateway answered 422: anna@example.com is no customer"));
        assert!(!format!("{:?}", Quoted::new("anna")).contains("anna"));
    }

    #[test]
    fn s27_values_that_a_parser_quotes_stand_in_the_whole_reason_alone() {
        let error = serde_json::from_str::<bool>(r#""anna@example.com""#).unwrap_err();
        assert!(error.to_string().contains("anna"));
        let reason = Reason::of(&Failure::Fault(Fault::permanent(error)));
        assert!(!reason.shown().contains("anna") && reason.quoted().unwrap().contains("anna"), "{reason:?}");
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

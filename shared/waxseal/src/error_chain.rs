//! An error with its causes as one line of text.

use std::error::Error;

use waxseal_message::{DecodeError, LONGEST_REASON, Malformed, Quoted, clip, misfit};

/// An error with its causes as one line, [`LONGEST_REASON`] bytes at most: a log line and a dead
/// letter need all causes, and neither takes a line break. [`Quoted`] texts are not shown, nor
/// values that `serde_json` quotes.
///
/// ```
/// use waxseal::{Quoted, error_chain};
///
/// #[derive(Debug, thiserror::Error)]
/// #[error("the mail was not taken")]
/// struct NotTaken { source: Quoted }
///
/// let error = NotTaken { source: Quoted::new("550 anna@example.com: no such user") };
/// assert_eq!(error_chain(&error), "the mail was not taken: [34 bytes withheld: only a dead letter shows them]");
/// ```
#[must_use]
pub fn error_chain(error: &(dyn Error + 'static)) -> String {
    clip(&line(error, false), LONGEST_REASON).into_owned()
}

/// As [`error_chain`], but not clipped. The form with `whole` is for the dead letter alone.
pub(crate) fn line(error: &(dyn Error + 'static), whole: bool) -> String {
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

/// One error without its causes. Types that withhold a text show it in the whole form.
fn one(error: &(dyn Error + 'static), whole: bool) -> String {
    if let Some(error) = error.downcast_ref::<serde_json::Error>() {
        return if whole { error.to_string() } else { misfit(error) };
    }
    if whole {
        if let Some(quoted) = error.downcast_ref::<Quoted>() {
            return quoted.text().to_owned();
        }
        if let Some(DecodeError::Shape { name, version, quoted, .. }) = error.downcast_ref() {
            return format!("data of {name} version {version} does not fit: {}", quoted.text());
        }
        if let Some(malformed) = error.downcast_ref::<Malformed>() {
            return malformed.whole();
        }
    }
    error.to_string()
}

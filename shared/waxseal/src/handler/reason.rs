//! The reason of a failed record: one line for logs, and one for the dead letter that may quote the
//! payload.

use std::error::Error;

use crate::{error_chain::line, handler::failure::Failure};
use waxseal_message::{LONGEST_REASON, LONGEST_WHOLE, clip};

/// The reason of a failed record, in two forms.
#[derive(Debug, Clone)]
pub(crate) struct Reason {
    /// The form for logs, receipts and answers.
    shown: String,
    /// The form for the dead letter, where it differs.
    whole: Option<String>,
}

impl Reason {
    pub(crate) fn of(error: &(dyn Error + 'static)) -> Self {
        let (shown, whole) = (line(error, false), whole(error));
        Self::in_two_forms(&shown, (whole != shown).then_some(whole))
    }

    /// The same reason with a text before and after it.
    #[must_use]
    pub(crate) fn between(&self, before: &str, after: &str) -> Self {
        let around = |text: &str| format!("{before}{text}{after}");
        Self::in_two_forms(&around(&self.shown), self.whole.as_deref().map(around))
    }

    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// The form for the dead letter, where it differs.
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

/// A reason without quoted text.
impl From<String> for Reason {
    fn from(text: String) -> Self {
        Self::in_two_forms(&text, None)
    }
}

/// The line for the dead letter.
fn whole(error: &(dyn Error + 'static)) -> String {
    match error.downcast_ref::<Failure>() {
        Some(Failure::Fault(fault)) => {
            let reason = line(fault.reason(), true);
            fault.quoted().map_or(reason.clone(), |quoted| format!("{reason}: {}", line(quoted, true)))
        }
        Some(Failure::Decode(error)) => line(error, true),
        Some(Failure::Panic(caught)) => caught.whole(),
        Some(failure) => failure.to_string(),
        None => line(error, true),
    }
}

#[cfg(test)]
mod tests {
    use waxseal_message::Quoted;

    use super::*;
    use crate::fault::Fault;

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
}

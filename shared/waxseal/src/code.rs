//! Codes of failures: a short, stable name for each kind of failure. Dead letters carry the
//! code, so that they group by cause.

use std::fmt;

use serde::{Serialize, Serializer};

/// A kind of failure, such as `WX0006`. A code keeps its meaning for ever; a new kind gets a new
/// code.
///
/// ```
/// use waxseal::Code;
/// assert_eq!(Code::HandlerFailed.to_string(), "WX0006");
/// assert!(Code::HandlerFailed.about().contains("handler"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Code {
    #[doc = include_str!("../errors/WX0001.md")]
    Malformed,
    #[doc = include_str!("../errors/WX0002.md")]
    NoHandler,
    #[doc = include_str!("../errors/WX0003.md")]
    PayloadShape,
    #[doc = include_str!("../errors/WX0004.md")]
    NewerVersion,
    #[doc = include_str!("../errors/WX0005.md")]
    PayloadMismatch,
    #[doc = include_str!("../errors/WX0006.md")]
    HandlerFailed,
    #[doc = include_str!("../errors/WX0007.md")]
    HandlerPanicked,
    #[doc = include_str!("../errors/WX0008.md")]
    FailedBefore,
    #[doc = include_str!("../errors/WX0009.md")]
    OutcomeUnknown,
    #[doc = include_str!("../errors/WX0010.md")]
    TooLarge,
    #[doc = include_str!("../errors/WX0011.md")]
    TableUnavailable,
    #[doc = include_str!("../errors/WX0012.md")]
    Contended,
    #[doc = include_str!("../errors/WX0013.md")]
    OutOfTime,
    #[doc = include_str!("../errors/WX0014.md")]
    SuspectedPoison,
    #[doc = include_str!("../errors/WX0015.md")]
    GroupBlocked,
    #[doc = include_str!("../errors/WX0016.md")]
    NotPublished,
    #[doc = include_str!("../errors/WX0017.md")]
    WrongSource,
    #[doc = include_str!("../errors/WX0018.md")]
    NotLoaded,
}

impl Code {
    /// Every code, in the order of its number.
    pub const ALL: [Self; 18] = [
        Self::Malformed,
        Self::NoHandler,
        Self::PayloadShape,
        Self::NewerVersion,
        Self::PayloadMismatch,
        Self::HandlerFailed,
        Self::HandlerPanicked,
        Self::FailedBefore,
        Self::OutcomeUnknown,
        Self::TooLarge,
        Self::TableUnavailable,
        Self::Contended,
        Self::OutOfTime,
        Self::SuspectedPoison,
        Self::GroupBlocked,
        Self::NotPublished,
        Self::WrongSource,
        Self::NotLoaded,
    ];

    /// A description of the failure in one line.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Self::Malformed => "the record holds no message that can be read",
            Self::NoHandler => "no handler takes messages of this name",
            Self::PayloadShape => "the payload does not fit the handler's type",
            Self::NewerVersion => "the payload has a newer version than the build knows",
            Self::PayloadMismatch => "the id was used before with another payload",
            Self::HandlerFailed => "the handler said that it failed",
            Self::HandlerPanicked => "the handler panicked",
            Self::FailedBefore => "the effect failed for good before, and nothing has released it",
            Self::OutcomeUnknown => "the effect may have been applied, and the outside has forgotten its key",
            Self::TooLarge => "the staged changes do not fit one write request",
            Self::TableUnavailable => "the table could not be read or written",
            Self::Contended => "other writers were in the way each time",
            Self::OutOfTime => "the invocation's time was up each time",
            Self::SuspectedPoison => "the record is suspected of ending its process",
            Self::GroupBlocked => "an earlier record of its FIFO group was dead-lettered",
            Self::NotPublished => "the relay could not publish the message",
            Self::WrongSource => "the record is of a source that the function does not take",
            Self::NotLoaded => "the handler wrote an entity that it had not loaded",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WX{:04}", *self as u16 + 1)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_page_that_begins_with_it_and_says_the_same() {
        for code in Code::ALL {
            let path = format!("{}/errors/{code}.md", env!("CARGO_MANIFEST_DIR"));
            let page = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
            assert!(page.starts_with(&format!("`{code}`: {}.\n", code.about())), "{path}");
            for part in ["What happened", "How to see it", "How to mend it", "How to redrive it"] {
                assert!(page.contains(&format!("\n**{part}.** ")), "{path} lacks {part}");
            }
        }
    }

    #[test]
    fn a_code_is_its_place_in_the_list() {
        let codes: Vec<String> = Code::ALL.iter().map(Code::to_string).collect();
        let expected: Vec<String> = (1..=Code::ALL.len()).map(|number| format!("WX{number:04}")).collect();
        assert_eq!(codes, expected);
    }
}

//! One finding.

use std::fmt;

use crate::finding::code::FindingCode;

/// A mistake in an application's declaration.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Finding {
    /// The kind.
    pub code: FindingCode,
    /// The service or the program that it is about.
    pub service: String,
    /// The handler, where it is about one.
    pub handler: Option<&'static str>,
    /// The message, where it is about one.
    pub message: Option<&'static str>,
    /// The mistake, in one sentence without its end.
    pub problem: String,
    /// The way to mend it, in the same form.
    pub advice: String,
}

impl fmt::Display for Finding {
    /// One line: `WX0109 tracking/count-scans: …; …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.service)?;
        if let Some(handler) = self.handler {
            write!(f, "/{handler}")?;
        }
        write!(f, ": {}; {}", self.problem, self.advice)
    }
}

impl Finding {
    pub(super) fn new(code: FindingCode, service: &str, problem: String, advice: impl Into<String>) -> Self {
        Self {
            code,
            service: service.to_owned(),
            handler: None,
            message: None,
            problem,
            advice: advice.into(),
        }
    }

    pub(super) fn of_handler(self, handler: &'static str) -> Self {
        Self { handler: Some(handler), ..self }
    }

    pub(super) fn of_message(self, message: &'static str) -> Self {
        Self { message: Some(message), ..self }
    }
}

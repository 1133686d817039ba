//! The error for a record that is no envelope.

use std::{error::Error, fmt};

use crate::{json, text::Quoted};

/// The reason why a record is no envelope: the field, its fault, and the remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    what: String,
    quoted: Option<Quoted>,
    /// The kind by which a service may ignore the record.
    kind: Option<&'static str>,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        self.quoted.as_ref().map_or(Ok(()), |quoted| write!(f, ": {quoted}"))
    }
}

impl Error for Malformed {}

/// JSON that does not fit a type. The value stands in the dead letter alone.
impl From<serde_json::Error> for Malformed {
    fn from(error: serde_json::Error) -> Self {
        Self::new(json::misfit(&error)).quoting(error.to_string())
    }
}

impl Malformed {
    /// An error with this reason. The reason must hold no payload, since it is logged.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), quoted: None, kind: None }
    }

    /// An error for a readable record that is no event of this service, such as `aws:dynamodb` for
    /// a change that cannot be read. A service that declares `ignore(kind)` acknowledges it.
    pub fn foreign(kind: &'static str, what: impl Into<String>) -> Self {
        Self { what: what.into(), quoted: None, kind: Some(kind) }
    }

    /// Adds a text of the record, such as the names of its members. Only the dead letter shows it.
    #[must_use]
    pub fn quoting(mut self, text: impl AsRef<str>) -> Self {
        self.quoted = Some(Quoted::new(text));
        self
    }

    /// The same error after a description of the outer part. It keeps its kind and its quoted text.
    #[must_use]
    pub fn within(self, outer: &str) -> Self {
        Self { what: format!("{outer}{}", self.what), ..self }
    }

    /// The reason with the quoted text, for a dead letter.
    #[must_use]
    pub fn whole(&self) -> String {
        let Self { what, quoted, .. } = self;
        quoted.as_ref().map_or_else(|| what.clone(), |quoted| format!("{what}: {}", quoted.text()))
    }

    /// The kind of a foreign record.
    #[must_use]
    pub fn kind(&self) -> Option<&'static str> {
        self.kind
    }
}

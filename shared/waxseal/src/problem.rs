//! Errors over HTTP: `application/problem+json`, RFC 9457.
//!
//! A problem is data. The function, the embedded environment and a service's own routes each put it into their own type of
//! response.

use std::borrow::Cow;

use serde::Serialize;

/// The media type of a problem.
pub const CONTENT_TYPE: &str = "application/problem+json";

/// An error that a caller over HTTP is told. The body of the response is its JSON.
///
/// ```
/// use waxseal::problem::Problem;
/// let problem = Problem::new(400, "Bad Request", "the query is no text");
/// assert_eq!(
///     problem.body(),
///     r#"{"type":"about:blank","title":"Bad Request","status":400,"detail":"the query is no text"}"#
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Problem {
    /// A URI that names the kind of problem, for programs. `about:blank` where the status says it all.
    #[serde(rename = "type")]
    pub kind: Cow<'static, str>,
    /// The kind of problem, for people.
    pub title: Cow<'static, str>,
    /// The HTTP status.
    pub status: u16,
    /// This occurrence. It quotes nothing that its caller did not send.
    pub detail: String,
    /// The members of the request that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Member>,
}

/// A member of a request that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Member {
    /// A JSON Pointer to it, as a URI fragment: `#/lines/0/quantity`.
    pub pointer: String,
    /// The reason.
    pub detail: String,
}

impl Problem {
    /// A problem of which the status says the kind.
    pub fn new(status: u16, title: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        let (title, detail) = (title.into(), detail.into());
        Self { kind: "about:blank".into(), title, status, detail, errors: Vec::new() }
    }

    /// The same, of this kind.
    #[must_use]
    pub fn of_kind(mut self, kind: impl Into<Cow<'static, str>>) -> Self {
        self.kind = kind.into();
        self
    }

    /// The seconds after which a caller may try again, where that helps: the header `Retry-After`.
    #[must_use]
    pub fn retry_after(&self) -> Option<u64> {
        (self.status == 503).then_some(1)
    }

    /// Its JSON.
    #[must_use]
    pub fn body(&self) -> String {
        // Texts and numbers only, so this cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

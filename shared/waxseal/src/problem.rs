//! Errors over HTTP: `application/problem+json`, RFC 9457.
//!
//! A problem is data. The function, the embedded environment and a service's own routes each put it
//! into their own type of response.

use std::borrow::Cow;

use serde::Serialize;

/// The media type of a problem.
pub const CONTENT_TYPE: &str = "application/problem+json";

/// An error for a caller over HTTP. The body of the response is its JSON.
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
    /// A URI that names the kind of problem, for programs; `about:blank` where the status is
    /// enough.
    #[serde(rename = "type")]
    pub kind: Cow<'static, str>,
    /// The kind of problem, for people.
    pub title: Cow<'static, str>,
    /// The HTTP status.
    pub status: u16,
    /// A description of this occurrence. It quotes only text that the caller sent.
    pub detail: String,
    /// The members of the request that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Member>,
}

/// A member of a request that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Member {
    /// The JSON Pointer to the member, as a URI fragment: `#/lines/0/quantity`.
    pub pointer: String,
    /// The reason.
    pub detail: String,
}

impl Member {
    /// The member at `pointer`, a JSON Pointer without the `#` of a fragment, is wrong.
    pub fn new(pointer: &str, detail: impl Into<String>) -> Self {
        Self { pointer: format!("#{pointer}"), detail: detail.into() }
    }
}

impl Problem {
    /// A problem whose kind is its status.
    pub fn new(status: u16, title: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        let (title, detail) = (title.into(), detail.into());
        Self { kind: "about:blank".into(), title, status, detail, errors: Vec::new() }
    }

    /// The same problem, of this kind.
    #[must_use]
    pub fn of_kind(mut self, kind: impl Into<Cow<'static, str>>) -> Self {
        self.kind = kind.into();
        self
    }

    /// The seconds after which a caller may try again, where that helps. They become the header
    /// `Retry-After`.
    #[must_use]
    pub fn retry_after(&self) -> Option<u64> {
        (self.status == 503).then_some(1)
    }

    /// The JSON of the problem.
    #[must_use]
    pub fn body(&self) -> String {
        // The value holds only texts and numbers, so this cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

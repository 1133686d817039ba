//! A client of AWS's API: JSON for most services, forms for the two that take no JSON.
//!
//! `LocalStack` checks no signature; it reads service and account from the header.

use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use ureq::http::{Method, Request};

/// A client of one endpoint; clones share their connections.
#[derive(Debug, Clone)]
pub struct Client {
    /// The endpoint, without a trailing slash.
    pub endpoint: String,
    agent: ureq::Agent,
}

/// An answer to a plain request.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, with their names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON; null where it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The first header of this name (lower case); empty where there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value)
    }
}

/// A request that was refused, or got no answer.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{call}: {problem}")]
pub struct CallError {
    call: String,
    problem: String,
}

impl Client {
    /// A client of `endpoint`.
    #[must_use]
    pub fn new(endpoint: &str) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .max_idle_connections(64)
            .max_idle_connections_per_host(64)
            .build()
            .into();
        Self { endpoint: endpoint.trim_end_matches('/').to_owned(), agent }
    }

    /// Sends a request as it is to `path` below the endpoint.
    ///
    /// # Errors
    /// Where no answer comes. A refusal is an answer.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, CallError> {
        let failed = |problem: String| CallError { call: format!("{method} {path}"), problem };
        let method = method.parse::<Method>().map_err(|error| failed(error.to_string()))?;
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.endpoint));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.to_vec()).map_err(|error| failed(error.to_string()))?;
        let mut answer = self.agent.run(request).map_err(|error| failed(error.to_string()))?;
        let text = |value: &ureq::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Ok(Answer {
            status: answer.status().as_u16(),
            headers: answer.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            body: answer.body_mut().read_to_vec().map_err(|error| failed(error.to_string()))?,
        })
    }

    /// One action of a service that speaks JSON, such as `AmazonSQS.SendMessage`.
    ///
    /// # Errors
    /// Where it is refused, or no answer comes.
    pub fn json(&self, service: &str, target: &str, body: &Value) -> Result<Value, CallError> {
        let headers = [
            ("authorization", &*authorization(service)),
            ("content-type", "application/x-amz-json-1.0"),
            ("x-amz-target", target),
        ];
        accepted(target, &self.send("POST", "/", &headers, body.to_string().as_bytes())?)
    }

    /// One action of a service that takes forms: `CloudFormation`, SNS.
    ///
    /// # Errors
    /// Where it is refused, or no answer comes.
    pub fn form(
        &self,
        service: &str,
        version: &str,
        action: &str,
        fields: &[(&str, &str)],
    ) -> Result<Value, CallError> {
        let mut form = format!("Action={action}&Version={version}");
        for (name, value) in fields {
            form.push_str(&format!("&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
        }
        let headers = [
            ("authorization", &*authorization(service)),
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept", "application/json"),
        ];
        let answer = accepted(action, &self.send("POST", "/", &headers, form.as_bytes())?)?;
        Ok(answer[format!("{action}Response")][format!("{action}Result")].clone())
    }

    /// One action of a service with a REST API: Lambda, S3.
    ///
    /// # Errors
    /// Where it is refused, or no answer comes.
    pub fn rest(&self, service: &str, method: &str, path: &str, body: &[u8]) -> Result<Value, CallError> {
        let headers = [("authorization", &*authorization(service)), ("content-type", "application/json")];
        accepted(&format!("{method} {path}"), &self.send(method, path, &headers, body)?)
    }
}

/// The region that every request names.
pub const REGION: &str = "us-east-1";

/// A signature's header without a valid signature.
#[must_use]
pub fn authorization(service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=test/20261121/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature=none"
    )
}

fn accepted(call: &str, answer: &Answer) -> Result<Value, CallError> {
    if answer.status < 300 {
        return Ok(answer.json());
    }
    let body: String = String::from_utf8_lossy(&answer.body).chars().take(600).collect();
    Err(CallError { call: call.to_owned(), problem: format!("{} {body}", answer.status) })
}

//! The answer to an HTTP caller, in payload version 2.0.
//!
//! Source: AWS Lambda developer guide, "Invoking Lambda function URLs", "Response payload format".

use base64::{Engine as _, engine::general_purpose::STANDARD};
use lambda_http::{
    Body,
    http::{Response, StatusCode, header::SET_COOKIE},
};
use serde_json::{Map, Value, json};
use waxseal::problem::{CONTENT_TYPE, Problem};

use crate::error::InvokeError;

/// Writes a service's response. Values of one header are joined by commas; cookies cannot be, so they are apart.
///
/// # Errors
/// Where a header's value is not UTF-8, which JSON cannot hold.
pub(super) fn write(response: Response<Body>) -> Result<Vec<u8>, InvokeError> {
    let (parts, body) = response.into_parts();
    let mut headers: Map<String, Value> = Map::new();
    let mut cookies = Vec::new();
    for (name, value) in &parts.headers {
        let value = std::str::from_utf8(value.as_bytes())
            .map_err(|_| InvokeError::Http(format!("the value of the header {name} is not UTF-8")))?;
        if name == SET_COOKIE {
            cookies.push(value);
            continue;
        }
        match headers.get_mut(name.as_str()) {
            Some(Value::String(values)) => {
                values.push(',');
                values.push_str(value);
            }
            _ => drop(headers.insert(name.as_str().to_owned(), value.into())),
        }
    }
    let (body, is_base64) = match body {
        Body::Text(text) => (text, false),
        Body::Binary(bytes) => (STANDARD.encode(bytes), true),
        // `Body` may grow; what it has today besides is empty.
        _ => (String::new(), false),
    };
    let mut answer = json!({
        "statusCode": parts.status.as_u16(),
        "headers": headers,
        "body": body,
        "isBase64Encoded": is_base64,
    });
    if !cookies.is_empty() {
        answer["cookies"] = json!(cookies);
    }
    serde_json::to_vec(&answer).map_err(InvokeError::Response)
}

/// Tells the caller what is wrong.
pub(super) fn problem(status: u16, detail: &str) -> Result<Vec<u8>, InvokeError> {
    let title = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let problem = Problem::new(status, title.unwrap_or_default(), detail);
    let mut headers = json!({ "content-type": CONTENT_TYPE });
    if let Some(seconds) = problem.retry_after() {
        headers["retry-after"] = json!(seconds.to_string());
    }
    serde_json::to_vec(&json!({
        "statusCode": status, "headers": headers, "body": problem.body(), "isBase64Encoded": false,
    }))
    .map_err(InvokeError::Response)
}

/// The answer to a caller whose request has no response when the invocation's time is up (S-20). Whether it took effect is
/// not known, so the caller is to repeat it as it was.
pub(crate) fn unavailable() -> Result<Vec<u8>, InvokeError> {
    tracing::warn!("no answer to an HTTP request in time: 503");
    problem(503, "the request was not answered in time, and may have taken effect: repeat it as it was")
}

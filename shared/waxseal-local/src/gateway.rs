//! HTTP into a function: the request as API Gateway's HTTP API (payload format 2.0) would deliver it.
//!
//! Source: API Gateway developer guide, "Create AWS Lambda proxy integrations for HTTP APIs".

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use waxseal::Timestamp;

use crate::wire::{ACCOUNT, REGION};

/// Why a function's answer is no HTTP response.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The invocation failed.
    #[error("the function failed: {0}")]
    Invocation(String),
    /// Its answer is not of the documented form.
    #[error("the function's answer is not an HTTP response: {0}")]
    Answer(String),
}

/// The event of one request.
pub(crate) fn event(request: &Request<Bytes>, id: &str, now: Timestamp) -> Vec<u8> {
    let headers: Map<String, Value> = request
        .headers()
        .keys()
        .map(|name| {
            let values: Vec<_> = request
                .headers()
                .get_all(name)
                .iter()
                .map(|value| String::from_utf8_lossy(value.as_bytes()))
                .collect();
            (name.as_str().to_owned(), Value::from(values.join(",")))
        })
        .collect();
    let path = request.uri().path();
    let (body, is_base64) = match std::str::from_utf8(request.body()) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (STANDARD.encode(request.body()), true),
    };
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": request.uri().query().unwrap_or_default(),
        "headers": headers,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "embedded",
            "domainName": format!("embedded.execute-api.{REGION}.amazonaws.com"),
            "domainPrefix": "embedded",
            "http": {
                "method": request.method().as_str(),
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": headers.get("user-agent").cloned().unwrap_or_default(),
            },
            "requestId": id,
            "routeKey": "$default",
            "stage": "$default",
            "time": now.to_string(),
            "timeEpoch": now.as_millisecond(),
        },
        "body": body,
        "isBase64Encoded": is_base64,
    })
    .to_string()
    .into_bytes()
}

/// The response in a function's answer.
pub(crate) fn response(answer: &[u8]) -> Result<Response<Bytes>, HttpError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer {
        status_code: u16,
        #[serde(default)]
        headers: Map<String, Value>,
        #[serde(default)]
        multi_value_headers: Map<String, Value>,
        body: Option<String>,
        #[serde(default)]
        is_base64_encoded: bool,
    }
    let wrong = |what: &dyn std::fmt::Display| HttpError::Answer(what.to_string());
    let answer: Answer = serde_json::from_slice(answer).map_err(|error| wrong(&error))?;
    let mut builder =
        Response::builder().status(StatusCode::from_u16(answer.status_code).map_err(|error| wrong(&error))?);
    for (name, value) in answer.headers.iter().chain(&answer.multi_value_headers) {
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        for value in values.iter().filter_map(Value::as_str) {
            builder = builder.header(name, value);
        }
    }
    let body = answer.body.unwrap_or_default();
    let body = if answer.is_base64_encoded {
        STANDARD.decode(&body).map_err(|error| wrong(&error))?
    } else {
        body.into_bytes()
    };
    builder.body(Bytes::from(body)).map_err(|error| wrong(&error))
}

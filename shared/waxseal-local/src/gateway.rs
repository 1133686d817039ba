//! HTTP into a function: the request as API Gateway's HTTP API (payload format 2.0) would deliver
//! it.
//!
//! Source: API Gateway developer guide, "Create AWS Lambda proxy integrations for HTTP APIs".

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use waxseal::{
    Timestamp,
    problem::{CONTENT_TYPE, Problem},
};

use crate::wire::{ACCOUNT, REGION};

/// The reason that a function's answer is no HTTP response.
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

/// The event of one request. The error is the name of a header whose value is not UTF-8. A payload
/// of JSON cannot carry such a value, and a replacement would be another value.
pub(crate) fn event(request: &Request<Bytes>, id: &str, now: Timestamp) -> Result<Vec<u8>, String> {
    let mut headers: Map<String, Value> = Map::new();
    for name in request.headers().keys() {
        let values =
            request.headers().get_all(name).iter().map(|value| std::str::from_utf8(value.as_bytes()));
        let values: Vec<&str> = values.collect::<Result<_, _>>().map_err(|_| name.to_string())?;
        headers.insert(name.as_str().to_owned(), values.join(",").into());
    }
    let path = request.uri().path();
    let (body, is_base64) = match std::str::from_utf8(request.body()) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (STANDARD.encode(request.body()), true),
    };
    let event = json!({
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
    });
    Ok(event.to_string().into_bytes())
}

/// The answer to a request that no payload can carry.
pub(crate) fn refused(header: &str) -> Response<Bytes> {
    let detail = format!("the value of the header {header} is not UTF-8");
    let problem = Problem::new(400, "Bad Request", detail);
    let mut response = Response::new(Bytes::from(problem.body()));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    let json = http::HeaderValue::from_static(CONTENT_TYPE);
    response.headers_mut().insert(http::header::CONTENT_TYPE, json);
    response
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
        #[serde(default)]
        cookies: Vec<String>,
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
    for cookie in &answer.cookies {
        builder = builder.header(http::header::SET_COOKIE, cookie);
    }
    let body = answer.body.unwrap_or_default();
    let body = if answer.is_base64_encoded {
        STANDARD.decode(&body).map_err(|error| wrong(&error))?
    } else {
        body.into_bytes()
    };
    builder.body(Bytes::from(body)).map_err(|error| wrong(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s47_headers_that_json_cannot_carry_are_refused_and_not_made_alike() {
        for bytes in [&b"\xff"[..], b"\xfe", b"ab\xc3"] {
            let value = http::HeaderValue::from_bytes(bytes).unwrap();
            let request =
                Request::get("/orders").header("idempotency-key", value).body(Bytes::new()).unwrap();
            assert_eq!(event(&request, "r-1", Timestamp::UNIX_EPOCH), Err("idempotency-key".to_owned()));
        }
        assert_eq!(refused("idempotency-key").status(), StatusCode::BAD_REQUEST);
    }
}

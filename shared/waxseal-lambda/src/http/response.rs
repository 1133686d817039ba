//! The answer to an HTTP caller, in the form of its request.
//!
//! Sources: AWS Lambda developer guide, "Invoking Lambda function URLs", "Response payload format"; API
//! Gateway developer guide, "Output format of a Lambda function for proxy integration"; Elastic Load
//! Balancing user guide, "Respond to the load balancer" and "Multi-value headers".

use base64::{Engine as _, engine::general_purpose::STANDARD};
use lambda_http::{
    Body,
    http::{HeaderMap, Response, StatusCode, header::SET_COOKIE},
};
use serde_json::{Map, Value, json};
use waxseal::problem::{CONTENT_TYPE, Problem};

use super::form::Form;
use crate::error::InvokeError;

/// Writes a service's response.
///
/// # Errors
/// Where a header's value is not UTF-8, which JSON cannot hold, or where the form has no place for it.
pub(super) fn write(form: Form, response: Response<Body>) -> Result<Vec<u8>, InvokeError> {
    let (parts, body) = response.into_parts();
    let (body, is_base64) = match body {
        Body::Text(text) => (text, false),
        Body::Binary(bytes) => (STANDARD.encode(bytes), true),
        // `Body` may grow; what it has today besides is empty.
        _ => (String::new(), false),
    };
    let mut answer = json!({
        "statusCode": parts.status.as_u16(),
        "body": body,
        "isBase64Encoded": is_base64,
    });
    match form {
        Form::Version2 => {
            let (headers, cookies) = joined(&parts.headers)?;
            answer["headers"] = headers.into();
            if !cookies.is_empty() {
                answer["cookies"] = json!(cookies);
            }
        }
        #[cfg(feature = "apigateway-rest")]
        Form::Rest => answer["multiValueHeaders"] = several(&parts.headers)?.into(),
        #[cfg(feature = "alb")]
        Form::LoadBalancer { multi_value } => {
            let reason = parts.status.canonical_reason().unwrap_or_default();
            answer["statusDescription"] = json!(format!("{} {reason}", parts.status.as_u16()).trim_end());
            if multi_value {
                answer["multiValueHeaders"] = several(&parts.headers)?.into();
            } else {
                answer["headers"] = single(&parts.headers)?.into();
            }
        }
    }
    serde_json::to_vec(&answer).map_err(InvokeError::Response)
}

/// The headers with their values joined by commas, and the cookies, which cannot be joined.
fn joined(headers: &HeaderMap) -> Result<(Map<String, Value>, Vec<&str>), InvokeError> {
    let (mut map, mut cookies) = (Map::new(), Vec::new());
    for (name, value) in texts(headers) {
        let value = value?;
        if name == SET_COOKIE.as_str() {
            cookies.push(value);
            continue;
        }
        match map.get_mut(name) {
            Some(Value::String(values)) => {
                values.push(',');
                values.push_str(value);
            }
            _ => drop(map.insert(name.to_owned(), value.into())),
        }
    }
    Ok((map, cookies))
}

/// The headers with a list of values each.
#[cfg(any(feature = "alb", feature = "apigateway-rest"))]
fn several(headers: &HeaderMap) -> Result<Map<String, Value>, InvokeError> {
    let mut map = Map::new();
    for (name, value) in texts(headers) {
        let value = Value::from(value?);
        match map.get_mut(name) {
            Some(Value::Array(values)) => values.push(value),
            _ => drop(map.insert(name.to_owned(), json!([value]))),
        }
    }
    Ok(map)
}

/// The headers with one value each. A second cookie would be lost, so it is an error.
#[cfg(feature = "alb")]
fn single(headers: &HeaderMap) -> Result<Map<String, Value>, InvokeError> {
    let (mut map, cookies) = joined(headers)?;
    if cookies.len() > 1 {
        return Err(InvokeError::Http(format!(
            "the response sets {} cookies, and its load balancer takes one: enable \
             lambda.multi_value_headers.enabled on the target group",
            cookies.len()
        )));
    }
    map.extend(cookies.into_iter().map(|cookie| (SET_COOKIE.as_str().to_owned(), cookie.into())));
    Ok(map)
}

fn texts(headers: &HeaderMap) -> impl Iterator<Item = (&str, Result<&str, InvokeError>)> {
    headers.iter().map(|(name, value)| {
        let text = std::str::from_utf8(value.as_bytes())
            .map_err(|_| InvokeError::Http(format!("the value of the header {name} is not UTF-8")));
        (name.as_str(), text)
    })
}

/// Tells the caller what is wrong.
pub(super) fn problem(form: Form, status: u16, detail: &str) -> Result<Vec<u8>, InvokeError> {
    let code = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let problem = Problem::new(status, code.canonical_reason().unwrap_or_default(), detail);
    let mut response = Response::builder().status(code).header("content-type", CONTENT_TYPE);
    if let Some(seconds) = problem.retry_after() {
        response = response.header("retry-after", seconds.to_string());
    }
    let response = response.body(Body::Text(problem.body()));
    write(form, response.map_err(|error| InvokeError::Http(error.to_string()))?)
}

/// The answer to a caller whose request has no response when the invocation's time is up (S-20). Whether it took effect is
/// not known, so the caller is to repeat it as it was.
pub(crate) fn unavailable(payload: &str) -> Result<Vec<u8>, InvokeError> {
    tracing::warn!("no answer to an HTTP request in time: 503");
    let detail = "the request was not answered in time, and may have taken effect: repeat it as it was";
    problem(Form::of(payload), 503, detail)
}

//! The request of a payload of version 1.0, and of a load balancer's, which has the same members.
//!
//! Sources: API Gateway developer guide, "Lambda proxy integrations in API Gateway"; Elastic Load Balancing
//! user guide, "Use Lambda functions as targets of an Application Load Balancer". A load balancer leaves
//! parameters of the query as the client wrote them, API Gateway decodes them. Where there are members
//! with several values, they hold all of a request: the others have the last value alone.

use lambda_http::{
    Body,
    http::{HeaderMap, Request},
};
#[cfg(feature = "apigateway-rest")]
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::request::{Refused, append, bad, body, method, uri};

/// The members that a request is made of.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    #[serde(default)]
    http_method: Value,
    #[serde(default)]
    path: Value,
    #[serde(default)]
    headers: Value,
    #[serde(default)]
    multi_value_headers: Value,
    #[serde(default)]
    query_string_parameters: Value,
    #[serde(default)]
    multi_value_query_string_parameters: Value,
    #[serde(default)]
    body: Value,
    #[serde(default)]
    is_base64_encoded: Value,
}

/// Whether the parameters of the query are as the client wrote them, or decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Query {
    /// As they were: a load balancer's.
    #[cfg(feature = "alb")]
    Written,
    /// Decoded: API Gateway's.
    #[cfg(feature = "apigateway-rest")]
    Decoded,
}

/// Reads the request.
///
/// # Errors
/// [`Refused`], with the member that makes it none.
pub(super) fn read(payload: &str, form: Query) -> Result<Request<Body>, Refused> {
    let payload: Payload = serde_json::from_str(payload).map_err(|_| {
        Refused::NoRequest("an HTTP request of payload version 1.0 that is no object".to_owned())
    })?;
    let mut request = Request::new(body(&payload.body, &payload.is_base64_encoded)?);
    *request.method_mut() = method(payload.http_method.as_str().unwrap_or_default())?;
    let query = query(&payload.multi_value_query_string_parameters, &payload.query_string_parameters, form)?;
    *request.uri_mut() = uri(&payload.path, &Value::String(query))?;
    let mut headers = HeaderMap::new();
    let not = "the headers are no object of texts, or of lists of texts";
    for (name, value) in pairs(&payload.multi_value_headers, &payload.headers, not)? {
        append(&mut headers, name, Some(value))?;
    }
    *request.headers_mut() = headers;
    Ok(request)
}

/// The names and values of a member with several values, or of the one with single values where that is
/// absent.
fn pairs<'a>(
    several: &'a Value,
    single: &'a Value,
    not: &'static str,
) -> Result<Vec<(&'a str, &'a str)>, Refused> {
    let members: Option<&Map<String, Value>> = match (several, single) {
        (Value::Object(members), _) | (Value::Null, Value::Object(members)) => Some(members),
        (Value::Null, Value::Null) => None,
        _ => return Err(bad(400, not)),
    };
    let mut pairs = Vec::new();
    for (name, value) in members.into_iter().flatten() {
        let values = if several.is_null() {
            std::slice::from_ref(value)
        } else {
            value.as_array().map_or(&[][..], |all| all)
        };
        if values.is_empty() {
            return Err(bad(400, not));
        }
        for value in values {
            pairs.push((name.as_str(), value.as_str().ok_or_else(|| bad(400, not))?));
        }
    }
    Ok(pairs)
}

/// Every byte that a name or a value of a query does not hold as it is.
#[cfg(feature = "apigateway-rest")]
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn query(several: &Value, single: &Value, form: Query) -> Result<String, Refused> {
    let not = "the parameters of the query are no object of texts, or of lists of texts";
    let mut query = String::new();
    for (name, value) in pairs(several, single, not)? {
        if !query.is_empty() {
            query.push('&');
        }
        match form {
            #[cfg(feature = "alb")]
            Query::Written => query.extend([name, "=", value]),
            #[cfg(feature = "apigateway-rest")]
            Query::Decoded => {
                query.extend(utf8_percent_encode(name, COMPONENT));
                query.push('=');
                query.extend(utf8_percent_encode(value, COMPONENT));
            }
        }
    }
    Ok(query)
}

#[cfg(test)]
mod tests {
    #[cfg(feature = "apigateway-rest")]
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[cfg(feature = "apigateway-rest")]
    #[test]
    fn s73_decoded_parameters_are_encoded_again_and_keep_all_of_their_values() {
        let payload = json!({
            "httpMethod": "GET", "path": "/orders/gr%C3%B6%C3%9Fe", "requestContext": {},
            "queryStringParameters": { "note": "b" },
            "multiValueQueryStringParameters": { "note": ["a&b=c", "50% ü"], "empty": [""] },
        });
        let request = read(&payload.to_string(), Query::Decoded).unwrap();
        assert_eq!(request.uri(), "/orders/gr%C3%B6%C3%9Fe?empty=&note=a%26b%3Dc&note=50%25%20%C3%BC");
    }

    #[cfg(feature = "alb")]
    #[test]
    fn s73_written_parameters_stay_as_they_were() {
        let payload = json!({
            "httpMethod": "GET", "path": "/", "requestContext": { "elb": {} },
            "queryStringParameters": { "note": "gr%C3%BC%C3%9Fe+x" },
        });
        assert_eq!(read(&payload.to_string(), Query::Written).unwrap().uri(), "/?note=gr%C3%BC%C3%9Fe+x");
    }

    #[cfg(feature = "apigateway-rest")]
    #[test]
    fn s73_what_is_no_request_is_refused_with_its_member() {
        let of = |member: &str, value: Value, word: &str| {
            let mut payload = json!({ "httpMethod": "GET", "path": "/", "requestContext": {}, "body": "" });
            payload[member] = value;
            match read(&payload.to_string(), Query::Decoded) {
                Err(Refused::Bad { status: 400, detail }) => assert!(detail.contains(word), "{detail}"),
                other => panic!("{member}: {other:?}"),
            }
        };
        of("httpMethod", json!(7), "method");
        of("httpMethod", json!("GE T"), "method");
        of("path", Value::Null, "path");
        of("headers", json!(["a"]), "headers");
        of("headers", json!({ "x-a": ["b"] }), "headers");
        of("headers", json!({ "a b": "c" }), "name of a header");
        of("multiValueHeaders", json!({ "x-a": "b" }), "headers");
        of("multiValueHeaders", json!({ "x-a": [] }), "headers");
        of("multiValueHeaders", json!({ "x-a": ["b\r\nx-c: d"] }), "header x-a");
        of("queryStringParameters", json!({ "a": 7 }), "query");
        of("multiValueQueryStringParameters", json!({ "a": "b" }), "query");
        of("body", json!({}), "body");
        of("isBase64Encoded", json!("yes"), "isBase64Encoded");
    }

    #[cfg(feature = "apigateway-rest")]
    proptest! {
        #[test]
        fn s73_no_payload_panics_and_no_parameter_makes_another(
            name in any::<String>(), values in proptest::collection::vec(any::<String>(), 1..4),
        ) {
            let payload = json!({
                "httpMethod": "GET", "path": format!("/{name}"), "requestContext": {},
                "multiValueHeaders": { &name: &values },
            });
            let _ = read(&payload.to_string(), Query::Decoded);
            let payload = json!({
                "httpMethod": "GET", "path": "/", "requestContext": {},
                "multiValueQueryStringParameters": { &name: &values },
            });
            if let Ok(request) = read(&payload.to_string(), Query::Decoded) {
                let query = request.uri().query().unwrap_or_default();
                prop_assert_eq!(query.split('&').count(), values.len());
                prop_assert!(query.split('&').all(|pair| pair.split('=').count() == 2));
            }
        }
    }
}

//! The request of a payload of version 2.0: a function URL's, or that of an HTTP API.
//!
//! Source: AWS Lambda developer guide, "Invoking Lambda function URLs", "Request payload format".

use base64::{Engine as _, engine::general_purpose::STANDARD};
use lambda_http::{
    Body,
    http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, header::COOKIE},
};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Why a payload gives no request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// No HTTP caller sent it.
    NoRequest(String),
    /// Its caller is told.
    Bad {
        status: u16,
        /// One sentence that quotes nothing of the request.
        detail: String,
    },
}

pub(super) fn bad(status: u16, detail: impl Into<String>) -> Refused {
    Refused::Bad { status, detail: detail.into() }
}

/// The members that a request is made of.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    request_context: RequestContext,
    #[serde(default)]
    raw_path: Value,
    #[serde(default)]
    raw_query_string: Value,
    #[serde(default)]
    headers: Value,
    #[serde(default)]
    cookies: Value,
    #[serde(default)]
    body: Value,
    #[serde(default)]
    is_base64_encoded: Value,
}

#[derive(Deserialize)]
struct RequestContext {
    http: Map<String, Value>,
}

/// Reads the request.
///
/// # Errors
/// [`Refused`], with the member that makes it none.
pub(super) fn read(payload: &str) -> Result<Request<Body>, Refused> {
    let payload: Payload = serde_json::from_str(payload).map_err(|_| {
        let of_others = "those of API Gateway REST and of load balancers need the features `apigateway-rest` and `alb` of waxseal-lambda";
        Refused::NoRequest(format!("an HTTP request that lacks parts of payload version 2.0 ({of_others})"))
    })?;
    let mut request = Request::new(body(&payload.body, &payload.is_base64_encoded)?);
    let method = payload.request_context.http.get("method").and_then(Value::as_str).unwrap_or_default();
    *request.method_mut() = self::method(method)?;
    *request.uri_mut() = uri(&payload.raw_path, &payload.raw_query_string)?;
    *request.headers_mut() = headers(&payload.headers, &payload.cookies)?;
    Ok(request)
}

pub(super) fn method(text: &str) -> Result<Method, Refused> {
    Method::from_bytes(text.as_bytes()).map_err(|_| bad(400, "the method is no HTTP method"))
}

/// The resource that a path names, letter by letter: no dot segment is resolved, no host has a say.
pub(super) fn uri(path: &Value, query: &Value) -> Result<Uri, Refused> {
    let path = path.as_str().filter(|path| path.starts_with('/'));
    let path = path.ok_or_else(|| bad(400, "the path does not begin with a slash"))?;
    let query = match query {
        Value::Null => "",
        Value::String(query) => query,
        _ => return Err(bad(400, "the query is no text")),
    };
    let mut text = utf8_percent_encode(path, PATH).to_string();
    if !query.is_empty() {
        text.push('?');
        text.extend(utf8_percent_encode(query, PART));
    }
    if text.len() > usize::from(u16::MAX - 1) {
        return Err(bad(414, "path and query have more than 65,534 bytes"));
    }
    text.parse().map_err(|_| bad(400, "path and query are those of no URI"))
}

/// The bytes that no part of a URI holds as they are. `%` is not among them: escapes that are there stay.
const PART: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}')
    .add(b'#');
/// Of a path `?` is the end, too.
const PATH: &AsciiSet = &PART.add(b'?');

fn headers(headers: &Value, cookies: &Value) -> Result<HeaderMap, Refused> {
    let mut map = HeaderMap::new();
    let none = Map::new();
    let headers = match headers {
        Value::Null => &none,
        Value::Object(headers) => headers,
        _ => return Err(bad(400, "the headers are no object")),
    };
    for (name, value) in headers {
        append(&mut map, name, value.as_str())?;
    }
    let cookies = match cookies {
        Value::Null => return Ok(map),
        Value::Array(cookies) => cookies.iter().map(Value::as_str).collect::<Option<Vec<_>>>(),
        _ => None,
    };
    let cookies = cookies.map(|cookies| cookies.join("; "));
    let cookies = cookies.and_then(|cookies| HeaderValue::try_from(cookies).ok());
    let cookies = cookies.ok_or_else(|| bad(400, "the cookies are no list of texts"))?;
    if !cookies.is_empty() {
        map.try_append(COOKIE, cookies)
            .map_err(|_| bad(431, "there are more headers than a request may have"))?;
    }
    Ok(map)
}

/// Adds a header, whose value is `None` where it is no text.
pub(super) fn append(map: &mut HeaderMap, name: &str, value: Option<&str>) -> Result<(), Refused> {
    let name = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| bad(400, "the name of a header is no token of HTTP"))?;
    let value = value.and_then(|value| HeaderValue::from_bytes(value.as_bytes()).ok());
    let value = value.ok_or_else(|| bad(400, format!("the value of the header {name} is none of HTTP")))?;
    let added = map.try_append(name, value);
    added.map(drop).map_err(|_| bad(431, "there are more headers than a request may have"))
}

pub(super) fn body(body: &Value, is_base64: &Value) -> Result<Body, Refused> {
    let text = match body {
        Value::Null => return Ok(Body::Empty),
        Value::String(text) => text,
        _ => return Err(bad(400, "the body is no text")),
    };
    match is_base64 {
        Value::Null | Value::Bool(false) => Ok(Body::Text(text.clone())),
        Value::Bool(true) => STANDARD
            .decode(text)
            .map(Body::Binary)
            .map_err(|_| bad(400, "the body is said to be base64, and is none")),
        _ => Err(bad(400, "isBase64Encoded is neither true nor false")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn payload() -> Value {
        json!({
            "version": "2.0",
            "rawPath": "/orders/ord-7",
            "rawQueryString": "full=true",
            "headers": { "host": "api.shop.example", "x-forwarded-proto": "https", "idempotency-key": "größe-1" },
            "cookies": ["a=1", "b=2"],
            "requestContext": { "http": { "method": "GET", "path": "/orders/ord-7" } },
            "body": "{}",
            "isBase64Encoded": false,
        })
    }

    fn with(change: impl FnOnce(&mut Value)) -> Result<Request<Body>, Refused> {
        let mut payload = payload();
        change(&mut payload);
        read(&payload.to_string())
    }

    fn path(raw: &str) -> String {
        with(|payload| payload["rawPath"] = json!(raw)).unwrap().uri().path().to_owned()
    }

    #[test]
    fn s47_the_request_is_that_of_the_payload() {
        let request = with(|_| ()).unwrap();
        assert_eq!(request.uri(), "/orders/ord-7?full=true");
        assert_eq!(request.headers()["cookie"], "a=1; b=2");
        assert_eq!(request.headers()["idempotency-key"].as_bytes(), "größe-1".as_bytes());
        assert_eq!(&request.body()[..], b"{}");
    }

    #[test]
    fn s47_the_path_names_its_resource_letter_by_letter() {
        for same in ["/orders/../health", "/orders/%2e%2e/health", "//evil.example/x", "/a%2Fb", "/%zz", "/."]
        {
            assert_eq!(path(same), same);
        }
        assert_eq!(path("/orders/größe 1?x#y"), "/orders/gr%C3%B6%C3%9Fe%201%3Fx%23y");
    }

    #[test]
    fn s47_headers_of_strangers_make_no_url() {
        for (name, value) in
            [("host", "["), ("host", "api.example/orders"), ("x-forwarded-proto", "a b"), ("host", "")]
        {
            let request = with(|payload| payload["headers"][name] = json!(value)).unwrap();
            assert_eq!(request.uri(), "/orders/ord-7?full=true", "{name}: {value}");
        }
    }

    #[test]
    fn s47_what_is_no_request_is_refused_with_its_member() {
        let refused = |change: fn(&mut Value)| match with(change) {
            Err(Refused::Bad { status, detail }) => (status, detail),
            other => panic!("{other:?}"),
        };
        let of = |change: fn(&mut Value), status: u16, word: &str| {
            let (got, detail) = refused(change);
            assert!(got == status && detail.contains(word), "{got} {detail}");
        };
        of(|payload| payload["requestContext"]["http"]["method"] = json!("GE T"), 400, "method");
        of(|payload| payload["requestContext"]["http"]["method"] = json!(7), 400, "method");
        of(|payload| payload["rawPath"] = json!("orders"), 400, "path");
        of(|payload| payload["rawPath"] = Value::Null, 400, "path");
        of(|payload| payload["rawPath"] = json!(format!("/{}", "x".repeat(70_000))), 414, "65,534");
        of(|payload| payload["rawQueryString"] = json!(["a"]), 400, "query");
        of(|payload| payload["headers"] = json!(["a"]), 400, "headers");
        of(|payload| payload["headers"] = json!({ "a b": "c" }), 400, "name of a header");
        of(|payload| payload["headers"] = json!({ "x-a": "b\r\nx-c: d" }), 400, "header x-a");
        of(|payload| payload["headers"] = json!({ "x-a": null }), 400, "header x-a");
        of(|payload| payload["cookies"] = json!("a=1"), 400, "cookies");
        of(|payload| payload["body"] = json!({}), 400, "body");
        of(|payload| payload["isBase64Encoded"] = json!(true), 400, "base64");
        of(|payload| payload["isBase64Encoded"] = json!("yes"), 400, "isBase64Encoded");
        let no_caller = with(|payload| payload["requestContext"] = json!({ "condition": "Success" }));
        assert!(matches!(no_caller, Err(Refused::NoRequest(_))));
    }

    proptest! {
        #[test]
        fn s47_no_payload_panics_and_a_path_is_never_another(
            member in 0..7_usize, text in any::<String>(), key in any::<String>(), is_base64: bool,
        ) {
            let request = with(|payload| match member {
                0 => payload["rawPath"] = json!(format!("/{text}")),
                1 => payload["rawQueryString"] = json!(text),
                2 => payload["headers"] = json!({ key: text }),
                3 => payload["cookies"] = json!([text]),
                4 => payload["requestContext"]["http"]["method"] = json!(text),
                5 => payload["body"] = json!(text),
                _ => payload["isBase64Encoded"] = json!(is_base64),
            });
            if let (0, Ok(request)) = (member, request) {
                let raw = request.uri().path().as_bytes();
                prop_assert_eq!(raw.iter().filter(|byte| **byte == b'/').count(), 1 + text.matches('/').count());
            }
        }
    }
}

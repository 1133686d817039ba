//! HTTP of Application Load Balancers and of API Gateway REST APIs (S-73). The golden inputs have every
//! member and type of the recorded requests in AWS's own event libraries.

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{AppendHeaders, IntoResponse},
    routing::{any, get},
};
use serde_json::{Value, json};
use waxseal::End;
use waxseal_lambda::{Function, Invocation, Invoke as _};

use crate::common::{OK, golden, inventory, invoke, orders};

/// Says what it was asked, and sets two cookies.
async fn tell(method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    let all = |name: &str| -> Vec<String> {
        headers.get_all(name).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    };
    let said = json!({
        "method": method.as_str(), "uri": uri.to_string(), "body": body.to_vec(),
        "header2": all("header2"), "cookie": all("cookie"), "for": all("x-forwarded-for"),
    });
    let cookies = AppendHeaders([("set-cookie", "a=1"), ("set-cookie", "b=2"), ("vary", "x"), ("vary", "y")]);
    (StatusCode::ACCEPTED, cookies, said.to_string())
}

async fn picture() -> impl IntoResponse {
    ([("content-type", "image/png"), ("set-cookie", "a=1")], Bytes::from_static(b"\x89PNG\xff"))
}

fn function() -> Function {
    let never = get(std::future::pending::<()>);
    let router =
        Router::new().route("/lambda", any(tell)).route("/picture", get(picture)).route("/never", never);
    inventory().0.http(router)
}

async fn answer(payload: &[u8]) -> Value {
    serde_json::from_str(&invoke(&function(), payload).await.unwrap()).unwrap()
}

/// A golden input with another member.
fn with(name: &str, member: &str, value: Value) -> Vec<u8> {
    let mut payload: Value = serde_json::from_slice(&golden(name)).unwrap();
    payload[member] = value;
    payload.to_string().into_bytes()
}

fn said(answer: &Value) -> Value {
    serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn s73_a_rest_api_gets_every_value_of_a_header_in_a_list() {
    let answer = answer(&golden("apigateway-rest")).await;
    assert_eq!((&answer["statusCode"], &answer["isBase64Encoded"]), (&json!(202), &json!(false)));
    assert_eq!(answer["multiValueHeaders"]["set-cookie"], json!(["a=1", "b=2"]));
    assert_eq!(answer["multiValueHeaders"]["vary"], json!(["x", "y"]));
    for of_others in ["headers", "cookies", "statusDescription"] {
        assert_eq!(answer[of_others], Value::Null, "{answer}");
    }
    let said = said(&answer);
    assert_eq!(said["method"], "POST");
    assert_eq!(said["uri"], "/lambda?parameter1=value1&parameter1=value2&parameter2=a%20value%20%26%20more");
    assert_eq!(said["header2"], json!(["value1", "value2"]));
    assert_eq!(said["body"], json!(b"Hello from Lambda!"));
}

#[tokio::test]
async fn s73_a_load_balancer_with_multi_value_headers_gets_lists_and_a_status_in_words() {
    let answer = answer(&golden("alb-multi-value")).await;
    assert_eq!((&answer["statusCode"], &answer["statusDescription"]), (&json!(202), &json!("202 Accepted")));
    assert_eq!(answer["multiValueHeaders"]["set-cookie"], json!(["a=1", "b=2"]));
    assert_eq!(answer["headers"], Value::Null, "{answer}");
    let said = said(&answer);
    assert_eq!(said["uri"], "/lambda?myKey=val1&myKey=val%202", "as the client wrote it");
    assert_eq!(said["body"], json!(b"\x00\xff\xfehat"), "a body in base64");
    assert_eq!(said["cookie"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn s73_a_load_balancer_without_them_gets_one_value_and_no_cookie_is_lost() {
    let picture = answer(&with("alb", "path", json!("/picture"))).await;
    assert_eq!(
        (&picture["statusDescription"], &picture["isBase64Encoded"]),
        (&json!("200 OK"), &json!(true))
    );
    assert_eq!(picture["body"], "iVBOR/8=");
    assert_eq!(picture["headers"]["set-cookie"], "a=1");
    assert_eq!(picture["multiValueHeaders"], Value::Null, "{picture}");
    // It has no place for the second cookie.
    let error = invoke(&function(), &golden("alb")).await.unwrap_err().to_string();
    assert!(error.contains("sets 2 cookies") && error.contains("multi_value_headers.enabled"), "{error}");
    let found = answer(&with("alb", "path", json!("/nowhere"))).await;
    assert_eq!(found["statusDescription"], "404 Not Found");
}

#[tokio::test]
async fn s73_a_bad_request_and_a_late_answer_have_the_form_of_their_request() {
    for (name, headers) in [
        ("alb", "headers"),
        ("alb-multi-value", "multiValueHeaders"),
        ("apigateway-rest", "multiValueHeaders"),
    ] {
        let bad = answer(&with(name, "httpMethod", json!("P O S T"))).await;
        assert_eq!(bad["statusCode"], 400, "{name}: {bad}");
        let late = {
            let payload = with(name, "httpMethod", json!("GET"));
            let mut payload: Value = serde_json::from_slice(&payload).unwrap();
            payload["path"] = json!("/never");
            let invocation = Invocation::new("8476a536-e9f4-11e8-9739-2dfe598c3fcd");
            let end = End::new(std::future::pending(), std::future::ready(()), std::future::pending());
            let answer = function().invoke_until(payload.to_string().as_bytes(), &invocation, end).await;
            serde_json::from_slice::<Value>(&answer.unwrap()).unwrap()
        };
        assert_eq!(late["statusCode"], 503, "{name}: {late}");
        for answer in [&bad, &late] {
            let content = answer[headers]["content-type"].to_string();
            assert!(content.contains("application/problem+json"), "{name}: {answer}");
        }
    }
}

/// A recorded request of a load balancer without a body has no `body`. The console's test of a REST API
/// sends `null` for what is empty.
#[tokio::test]
async fn s73_what_a_request_does_not_have_may_be_null_or_absent() {
    let empty = ["body", "headers", "multiValueHeaders", "queryStringParameters"];
    let more = ["multiValueQueryStringParameters", "pathParameters", "stageVariables", "isBase64Encoded"];
    for name in ["alb", "alb-multi-value", "apigateway-rest"] {
        for member in empty.iter().chain(&more) {
            // The form of a load balancer's request is told by this one.
            if *member == "multiValueHeaders" && name == "alb-multi-value" {
                continue;
            }
            let mut payload: Value = serde_json::from_slice(&with(name, "path", json!("/picture"))).unwrap();
            payload["httpMethod"] = json!("GET");
            if *member == "body" || *member == "isBase64Encoded" {
                (payload["body"], payload["isBase64Encoded"]) = (json!(""), json!(false));
            }
            payload[*member] = Value::Null;
            let null = answer(payload.to_string().as_bytes()).await;
            assert_eq!(null["statusCode"], 200, "{name} with {member} null: {null}");
            payload.as_object_mut().unwrap().remove(*member);
            let absent = answer(payload.to_string().as_bytes()).await;
            assert_eq!(absent, null, "{name} without {member}");
        }
    }
}

#[tokio::test]
async fn s73_the_other_payloads_are_read_as_before() {
    let function = function();
    let mut payload: Value = serde_json::from_slice(&golden("http-function-url")).unwrap();
    payload["rawPath"] = json!("/lambda");
    let of_url: Value =
        serde_json::from_str(&invoke(&function, payload.to_string().as_bytes()).await.unwrap()).unwrap();
    assert_eq!((&of_url["cookies"], &of_url["headers"]["vary"]), (&json!(["a=1", "b=2"]), &json!("x,y")));
    assert_eq!(invoke(&function, &orders(&[("m1", "hat")])).await.unwrap(), OK);
}

//! HTTP: the same function answers requests and batches.

use crate::common::{OK, golden, inventory, invoke, orders};
use axum::{
    Router,
    http::{HeaderMap, StatusCode, Uri},
    routing::{get, post},
};
use serde_json::Value;
use waxseal_lambda::Function;

async fn place(uri: Uri, headers: HeaderMap, body: String) -> (StatusCode, HeaderMap, String) {
    let key = headers["idempotency-key"].to_str().unwrap().to_owned();
    let answer =
        HeaderMap::from_iter([("content-type".parse().unwrap(), "application/json".parse().unwrap())]);
    (StatusCode::ACCEPTED, answer, format!(r#"{{"key":"{key}","uri":"{uri}","order":{body}}}"#))
}

async fn fail() -> String {
    panic!("the register is on fire")
}

fn function() -> Function {
    inventory().0.http(Router::new().route("/orders", post(place)).route("/fire", get(fail)))
}

async fn call(function: &Function, payload: &[u8]) -> Value {
    serde_json::from_str(&invoke(function, payload).await.unwrap()).unwrap()
}

#[tokio::test]
async fn a_request_of_a_function_url_is_answered_by_the_router() {
    let function = function();
    let response = call(&function, &golden("http-function-url")).await;
    assert_eq!(response["statusCode"], 202);
    assert_eq!(response["headers"]["content-type"], "application/json");
    assert_eq!(response["isBase64Encoded"], false);
    let body: Value = serde_json::from_str(response["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["key"], "web-4711");
    assert_eq!(body["order"]["sku"], "köln-mug");
    assert!(body["uri"].as_str().unwrap().ends_with("/orders?dry=1&note=gr%C3%BC%C3%9Fe"), "{}", body["uri"]);
    // The batches are still there.
    assert_eq!(invoke(&function, &orders(&[("m1", "hat")])).await.unwrap(), OK);
}

#[tokio::test]
async fn an_unknown_path_is_404_and_a_panic_fails_the_invocation() {
    let text = String::from_utf8(golden("http-function-url")).unwrap();
    let at = |path: &str| text.replace("\"/orders\"", &format!("\"{path}\""));
    assert_eq!(call(&function(), at("/nowhere").as_bytes()).await["statusCode"], 404);

    let fire = at("/fire").replace("POST", "GET");
    let error = invoke(&function(), fire.as_bytes()).await.unwrap_err();
    assert_eq!(error.to_string(), "panicked: the register is on fire");
}

#[tokio::test]
async fn s47_a_request_that_is_cut_or_of_another_kind_is_refused_without_a_panic() {
    let text = String::from_utf8(golden("http-function-url")).unwrap();
    let error = invoke(&function(), text.replace("\"http\"", "\"https\"").as_bytes()).await.unwrap_err();
    let shown = error.to_string();
    assert!(shown.contains("an HTTP request that lacks parts of payload version 2.0"), "{shown}");
    let answer = call(&function(), text.replace("\"POST\"", "\"P O S T\"").as_bytes()).await;
    assert_eq!(answer["statusCode"], 400, "{answer}");
    // Whatever a client can say in the parts that make the URI.
    for (from, to) in [("\"/orders\"", "\"/or ders/ü\""), ("abcdefg.lambda-url", "a b"), ("dry=1", "dry=%%%")]
    {
        let answer = call(&function(), text.replace(from, to).as_bytes()).await;
        assert!(answer["statusCode"].is_u64(), "{from}: {answer}");
    }
}

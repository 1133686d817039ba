//! `orders` behind an HTTP API.

use serde_json::{Value, json};
use waxseal_tests::runtime_api::Lambda;

use crate::service::{PLACE_ORDER, World, assert_no_payload};

fn call(lambda: &mut Lambda, request: &Value) -> (Value, Value) {
    let answer: Value = serde_json::from_slice(&lambda.invoke(request.to_string()).unwrap()).unwrap();
    let body = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    (answer, body)
}

/// The sample, for another resource.
fn get(path: &str) -> Value {
    let mut request: Value = serde_json::from_str(PLACE_ORDER).unwrap();
    request["requestContext"]["http"]["method"] = json!("GET");
    request["requestContext"]["http"]["path"] = json!(path);
    request["rawPath"] = json!(path);
    request["body"] = Value::Null;
    request
}

#[test]
fn s15_s16_an_order_is_placed_once_per_key_and_a_reused_key_is_refused() {
    let world = World::new();
    let mut lambda = world.start("orders");
    let place: Value = serde_json::from_str(PLACE_ORDER).unwrap();

    let (answer, body) = call(&mut lambda, &place);
    assert_eq!(answer["statusCode"], 202, "{answer}");
    assert_eq!(answer["headers"]["idempotency-replayed"], "false", "{answer}");
    assert_eq!(answer["headers"]["location"], "/orders/ord-2026-104711");
    assert_eq!(body, json!({"orderId": "ord-2026-104711", "status": "placed"}));
    assert_eq!(world.aws.entity("order", "ord-2026-104711")["total"], 5230);
    let receipts = world.aws.receipts();
    // One under the name that the handler had before, with the emissions, and one under its own.
    assert_eq!(receipts.len(), 2, "{receipts:#?}");
    let outboxes: Vec<&str> = receipts.iter().filter_map(|item| item.get_text("emitted")).collect();
    let [emitted] = outboxes[..] else { panic!("{receipts:#?}") };
    assert!(emitted.contains("\"eventType\":\"order.placed\""), "{emitted}");
    // One request opens the connection; then come reads and one write.
    let actions = world.aws.take_actions();
    assert_eq!(actions.iter().filter(|action| *action == "TransactWriteItems").count(), 1, "{actions:?}");

    let before = world.aws.items();
    let mut cold = world.start("orders");
    for lambda in [&mut lambda, &mut cold] {
        let (answer, again) = call(lambda, &place);
        assert_eq!((&answer["statusCode"], &again), (&json!(202), &body), "{answer}");
        assert_eq!(answer["headers"]["idempotency-replayed"], "true", "{answer}");

        let mut other = place.clone();
        other["body"] = json!(place["body"].as_str().unwrap().replace("tok_visa", "tok_amex"));
        let (answer, problem) = call(lambda, &other);
        assert_eq!(answer["statusCode"], 422, "{answer}");
        assert_eq!(answer["headers"]["content-type"], "application/problem+json", "{answer}");
        assert!(problem["type"].as_str().unwrap().ends_with("/idempotency-key-reused"), "{problem}");
    }
    assert_eq!(world.aws.items(), before);

    let (answer, order) = call(&mut lambda, &get("/orders/ord-2026-104711"));
    assert_eq!((&answer["statusCode"], &order["status"]), (&json!(200), &json!("placed")));
    assert_no_payload(&lambda.stop().stdout);
}

#[test]
fn an_unreachable_table_is_a_503_and_the_same_key_works_later() {
    let mut world = World::new();
    let mut lambda = world.start("orders");
    let place: Value = serde_json::from_str(PLACE_ORDER).unwrap();
    lambda.ready();
    world.aws.unplug_table();
    let (answer, problem) = call(&mut lambda, &place);
    assert_eq!(answer["statusCode"], 503, "{answer}");
    assert_eq!(answer["headers"]["retry-after"], "1", "{answer}");
    assert!(problem["type"].as_str().unwrap().ends_with("/unavailable"), "{problem}");
    assert!(!problem.to_string().contains("127.0.0.1"), "the inside is shown to the caller: {problem}");

    world.aws.plug_table();
    let (answer, _) = call(&mut lambda, &place);
    assert_eq!(answer["statusCode"], 202, "{answer}");
    assert_eq!(answer["headers"]["idempotency-replayed"], "false", "{answer}");
    let log = lambda.stop().stdout;
    let lines: Vec<_> = log.iter().filter(|line| line.contains("no connection to")).collect();
    assert_eq!(lines.len(), 1, "{log:#?}");
    assert_no_payload(&log);
}

#[test]
fn the_other_binaries_take_no_http_and_say_what_they_take() {
    let world = World::new();
    for name in ["inventory", "payment", "notification", "relay"] {
        let failed = world.start(name).invoke(PLACE_ORDER).unwrap_err();
        assert_eq!(failed.kind, "NotTaken", "{failed:?}");
        assert!(failed.message.starts_with("this function takes no HTTP: it takes "), "{failed:?}");
    }
}

#[test]
fn s47_what_is_no_request_is_answered_400_and_the_binary_lives() {
    let world = World::new();
    let mut lambda = world.start("orders");
    let strange = |change: &dyn Fn(&mut Value)| {
        let mut request = get("/health");
        change(&mut request);
        request
    };
    for (request, status) in [
        (strange(&|request| request["headers"]["host"] = json!("[")), 200),
        (strange(&|request| request["headers"]["host"] = json!("evil.example/orders/x")), 200),
        (strange(&|request| request["headers"]["x-forwarded-proto"] = json!("a b")), 200),
        (strange(&|request| request["rawPath"] = json!(format!("/{}", "x".repeat(70_000)))), 414),
        (strange(&|request| request["rawPath"] = json!("/orders/../health")), 404),
        (strange(&|request| request["rawPath"] = json!("/orders/%ff")), 400),
        (strange(&|request| request["rawPath"] = json!("")), 400),
        (strange(&|request| request["requestContext"]["http"]["method"] = json!("GE T")), 400),
        (strange(&|request| request["headers"]["x-a"] = json!("b\r\nx-c: d")), 400),
        (
            strange(&|request| {
                request["body"] = json!("***");
                request["isBase64Encoded"] = json!(true);
            }),
            400,
        ),
    ] {
        let answer = lambda.invoke(request.to_string()).unwrap();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(answer["statusCode"], status, "{answer}");
    }
    for id in [".", ".."] {
        let mut place: Value = serde_json::from_str(PLACE_ORDER).unwrap();
        let body = place["body"].as_str().unwrap().replace("ord-2026-104711", id);
        place["body"] = json!(body);
        let (answer, body) = call(&mut lambda, &place);
        assert_eq!(answer["statusCode"], 400, "{answer}");
        assert!(body.to_string().contains("dot segment"), "{body}");
    }
    assert!(world.aws.receipts().is_empty());
    assert_no_payload(&lambda.stop().stdout);
}

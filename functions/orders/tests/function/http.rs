//! The HTTP interface, request by request, on a table in memory.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderValue, Request, StatusCode},
};
use order_events::{ConfirmOrder, OrderPlaced, PaymentCaptured, Style};
use serde_json::{Value, json};
use tower_service::Service as _;
use waxseal::{Engine, Message as _};
use waxseal_testing::{Fixture, raw};

struct Shop {
    fixture: Fixture,
    engine: Engine,
    router: Router,
}

struct Answer {
    status: StatusCode,
    headers: axum::http::HeaderMap,
    body: Value,
}

impl Shop {
    fn open() -> Self {
        let fixture = Fixture::default();
        fixture.host.set("2026-11-21T09:30:00.123Z".parse().unwrap());
        let engine = fixture.engine(orders::service(Style::Choreography));
        Self { router: orders::router(engine.clone()), engine, fixture }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().call(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        if !parts.status.is_success() {
            assert_eq!(parts.headers["content-type"], "application/problem+json", "{body}");
            assert_eq!(body["status"], parts.status.as_u16());
            assert!(body["type"].is_string() && body["title"].is_string() && body["detail"].is_string());
        }
        Answer { status: parts.status, headers: parts.headers, body }
    }

    async fn post(&self, key: &str, body: impl Into<Body>) -> Answer {
        let request = Request::post("/orders").header("Idempotency-Key", key);
        self.send(request.body(body.into()).unwrap()).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    async fn cancel(&self, path: &str) -> Answer {
        self.send(Request::post(format!("{path}/cancel")).body(Body::empty()).unwrap()).await
    }
}

fn order(id: &str) -> Value {
    json!({"orderId":id,"customer":{"id":"c-1","name":"Zoë 大岩","email":"zoe@example.com"},
        "lines":[{"sku":"tee","quantity":2,"unitPrice":1250}],"currency":"EUR","paymentToken":"tok_visa"})
}

#[tokio::test]
async fn an_order_is_accepted_once_however_often_and_however_spelled_it_comes() {
    let shop = Shop::open();
    let first = shop.post("k-1", order("o-1").to_string()).await;
    assert_eq!(
        (first.status, &first.body),
        (StatusCode::ACCEPTED, &json!({"orderId":"o-1","status":"placed"}))
    );
    assert_eq!(
        (&first.headers["location"], &first.headers["idempotency-replayed"]),
        (&HeaderValue::from_static("/orders/o-1"), &HeaderValue::from_static("false"))
    );

    let respelled = r#"{ "order": {"paymentToken":"tok_visa", "orderId":"o-1", "lines":[{"unitPrice":1.25e3,"sku":"tee","quantity":2.0}],
        "customer":{"email":"zoe@example.com","name":"Zo\u00eb 大岩","id":"c-1"}}, "version":1 }"#;
    let again = shop.post("k-1", respelled).await;
    assert_eq!((again.status, &again.body), (StatusCode::ACCEPTED, &first.body));
    assert_eq!(again.headers["idempotency-replayed"], "true");

    let emitted = shop.fixture.table.take_emitted();
    assert_eq!(emitted.len(), 1);
    assert_eq!(
        (emitted[0].name.as_str(), emitted[0].version, emitted[0].source.as_str()),
        ("order.placed", 2, "orders")
    );
    assert_eq!(emitted[0].causation_id.as_deref(), Some("k-1"));
    let placed: OrderPlaced = emitted[0].decode().unwrap().data;
    assert_eq!((placed.lines[0].unit_price, placed.placed_at), (1250, Some(shop.engine.now())));
}

#[tokio::test]
async fn s16_a_key_stands_for_one_order_and_an_order_id_for_one_key() {
    let shop = Shop::open();
    shop.post("k-1", order("o-1").to_string()).await;
    let mut other = order("o-1");
    other["lines"][0]["quantity"] = json!(3);
    let reused = shop.post("k-1", other.to_string()).await;
    assert_eq!(reused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(reused.body["type"], "tag:waxseal.example,2026:problems/idempotency-key-reused");
    let elsewhere = shop.post("k-1", order("o-2").to_string()).await;
    assert_eq!(elsewhere.status, StatusCode::UNPROCESSABLE_ENTITY);
    let taken = shop.post("k-2", order("o-1").to_string()).await;
    assert_eq!(taken.status, StatusCode::CONFLICT);
    assert_eq!(shop.fixture.table.take_emitted().len(), 1);
    // A refusal leaves no trace, so the key can be used for another order.
    assert_eq!(shop.post("k-2", order("o-2").to_string()).await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn what_is_not_valid_is_refused_with_its_field() {
    let shop = Shop::open();
    let mut bad = order("o-1");
    bad["lines"][0]["quantity"] = json!(0);
    let answer = shop.post("k-1", bad.to_string()).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.body["errors"][0]["pointer"], "#/lines/0/quantity");
    let answer = shop.post("k-1", json!({"version":3,"order":order("o-1")}).to_string()).await;
    assert_eq!(answer.body["detail"], "/version is not a version of an order: there are 1 to 2");
    let answer = shop.post("k-1", "{").await;
    assert_eq!(answer.body["detail"], "it is not JSON: EOF while parsing an object at line 1 column 1");
    assert_eq!(shop.post("k-1", vec![0xFF]).await.body["detail"], "it is not UTF-8");
    assert_eq!(shop.post("k-1", "x".repeat(70_000)).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    for key in ["", " ", &"k".repeat(129)] {
        assert_eq!(shop.post(key, order("o-1").to_string()).await.status, StatusCode::BAD_REQUEST);
    }
    let without = Request::post("/orders").body(Body::from(order("o-1").to_string())).unwrap();
    assert!(shop.send(without).await.body["detail"].as_str().unwrap().starts_with("send Idempotency-Key"));
    assert!(shop.fixture.table.items().iter().next().is_none());
}

#[tokio::test]
async fn an_order_is_found_under_any_id_it_may_have() {
    let shop = Shop::open();
    let id = "注文/1 #%é";
    let placed = shop.post("k-1", order(id).to_string()).await;
    let location = placed.headers["location"].to_str().unwrap().to_owned();
    let found = shop.get(&location).await;
    assert_eq!(found.status, StatusCode::OK);
    assert_eq!(
        found.body,
        json!({"orderId":id,"status":"placed","lines":order(id)["lines"],"total":2500,"currency":"EUR","version":1,
            "placedAt":"2026-11-21T09:30:00.123Z","updatedAt":"2026-11-21T09:30:00.123Z"})
    );
    assert_eq!(shop.get("/orders/o-9").await.status, StatusCode::NOT_FOUND);
    assert_eq!(shop.get(&format!("/orders/{}", "x".repeat(3000))).await.status, StatusCode::NOT_FOUND);
    assert_eq!(shop.get("/orders/%FF").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(shop.get("/elsewhere").await.status, StatusCode::NOT_FOUND);
    assert_eq!(shop.get("/orders").await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(shop.get("/health").await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_order_is_cancelled_until_it_is_confirmed() {
    let shop = Shop::open();
    assert_eq!(shop.cancel("/orders/o-1").await.status, StatusCode::NOT_FOUND);
    for id in ["o-1", "o-2"] {
        shop.post(id, order(id).to_string()).await;
    }
    let _ = shop.fixture.table.take_emitted();
    for _ in 0..2 {
        let cancelled = shop.cancel("/orders/o-1").await;
        assert_eq!(cancelled.status, StatusCode::ACCEPTED);
        assert_eq!(cancelled.body, json!({"orderId":"o-1","status":"cancelled","reason":"customer"}));
    }
    let emitted = shop.fixture.table.take_emitted();
    assert_eq!(emitted.len(), 1);
    assert_eq!((emitted[0].name.as_str(), emitted[0].correlation_id.as_str()), ("order.cancelled", "o-1"));

    let captured = PaymentCaptured {
        order_id: "o-2".into(),
        amount: 2500,
        currency: order_events::Currency::EUR,
        charge_id: Some("ch_1".into()),
    };
    shop.engine.handle(&raw("e-1", captured)).await.unwrap();
    let refused = shop.cancel("/orders/o-2").await;
    assert_eq!(
        (refused.status, &refused.body["detail"]),
        (StatusCode::CONFLICT, &json!("order o-2 is confirmed: it can no longer be cancelled"))
    );
    assert_eq!(shop.get("/orders/o-2").await.body["status"], "confirmed");
}

#[tokio::test]
async fn an_unreachable_table_is_a_reason_to_try_again_and_nothing_is_said_of_it() {
    let shop = Shop::open();
    shop.fixture.table.set_unavailable(true);
    let answer = shop.post("k-1", order("o-1").to_string()).await;
    assert_eq!(
        (answer.status, &answer.headers["retry-after"]),
        (StatusCode::SERVICE_UNAVAILABLE, &HeaderValue::from_static("1"))
    );
    assert!(!answer.body.to_string().contains("memory"));
    shop.fixture.table.set_unavailable(false);
    let answer = shop.post("k-1", order("o-1").to_string()).await;
    assert_eq!(answer.headers["idempotency-replayed"], "false");
}

#[tokio::test]
async fn s44_the_callers_trace_travels_along() {
    let shop = Shop::open();
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let request = Request::post("/orders").header("Idempotency-Key", "k-1").header("traceparent", trace);
    shop.send(request.body(Body::from(order("o-1").to_string())).unwrap()).await;
    assert_eq!(shop.fixture.table.take_emitted()[0].traceparent(), Some(trace));
    assert_eq!(OrderPlaced::OWNER, "orders");
}

#[tokio::test]
async fn a_confirmed_order_is_returned_once_and_no_other_is() {
    for style in Style::ALL {
        let fixture = Fixture::default();
        let engine = fixture.engine(orders::service(style));
        let shop = Shop { router: orders::router(engine.clone()), engine, fixture };
        let give_back = || Request::post("/orders/o-1/return").body(Body::empty()).unwrap();
        assert_eq!(shop.send(give_back()).await.status, StatusCode::NOT_FOUND);
        shop.post("k-1", order("o-1").to_string()).await;
        let early = shop.send(give_back()).await;
        assert_eq!(early.status, StatusCode::CONFLICT);
        assert_eq!(early.body["type"], "tag:waxseal.example,2026:problems/not-confirmed");
        let confirm = match style {
            Style::Choreography => {
                let (order_id, currency) = ("o-1".to_owned(), order_events::Currency::EUR);
                raw("e-1", PaymentCaptured { order_id, amount: 2500, currency, charge_id: None })
            }
            Style::Orchestration => raw("e-1", ConfirmOrder { order_id: "o-1".to_owned() }),
        };
        shop.engine.handle(&confirm).await.unwrap();
        let _ = shop.fixture.table.take_emitted();
        for _ in 0..2 {
            let answer = shop.send(give_back()).await;
            let returned = json!({ "orderId": "o-1", "status": "returned" });
            assert_eq!((answer.status, answer.body), (StatusCode::ACCEPTED, returned), "{style}");
        }
        let emitted = shop.fixture.table.take_emitted();
        assert_eq!((emitted.len(), &*emitted[0].name), (1, "order.returned"), "{style}");
    }
}

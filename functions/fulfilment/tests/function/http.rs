//! Where an order is, over HTTP.

use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use order_events::{Currency, PaymentDeclined, StockReleased, StockReserved};
use serde_json::{Value, json};
use tower_service::Service as _;

use super::shop::{ORDER, Shop};

async fn get(shop: &Shop, path: &str) -> (StatusCode, Value) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = fulfilment::router(shop.engine.clone()).call(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = serde_json::from_slice(&to_bytes(body, usize::MAX).await.unwrap()).unwrap();
    if !parts.status.is_success() {
        assert_eq!(parts.headers["content-type"], "application/problem+json", "{body}");
    }
    (parts.status, body)
}

#[tokio::test]
async fn an_order_says_where_it_is_and_why() {
    let mut shop = Shop::with_an_order().await;
    let path = "/fulfilments/%C3%B8rdre-1";
    let (status, body) = get(&shop, path).await;
    assert_eq!(
        (status, &body["orderId"], &body["step"]),
        (StatusCode::OK, &json!(ORDER), &json!("reserving"))
    );
    assert_eq!(body["phase"], json!({ "is": "running" }));
    assert_eq!(body["since"], "1970-01-01T00:00:00Z");
    let wait = json!([{ "for": "stock", "until": "1970-01-01T00:10:00Z", "becauseOf": "placed-1" }]);
    assert_eq!(body["waits"], wait);

    let (currency, payment_token) = (Currency::EUR, "tok_visa".to_owned());
    let reserved = StockReserved { order_id: ORDER.into(), total: 2500, currency, payment_token };
    shop.hears("reserve-stock", reserved).await;
    shop.hears("charge-card", PaymentDeclined { order_id: ORDER.into(), reason: "declined".into() }).await;
    let (_, body) = get(&shop, path).await;
    assert_eq!(body["phase"], json!({ "is": "compensating", "reason": "the card was declined: declined" }));
    assert_eq!(body["waits"][0]["for"], "release-stock");
    let command = &body["commands"][1];
    assert_eq!((&command["command"], &command["is"]), (&json!("charge-card"), &json!("refused")));
    assert_eq!((&command["by"], &command["undoneBy"]), (&json!("reply-2"), &json!("refund-card")));

    shop.hears("release-stock", StockReleased { order_id: ORDER.into() }).await;
    let (_, body) = get(&shop, path).await;
    assert_eq!(body["phase"]["outcome"], "cancelled: declined");
    assert_eq!((&body["waits"], &body["commands"][0]["is"]), (&json!([]), &json!("undone")));
    let inputs: Vec<_> = body["inputs"].as_array().unwrap().iter().map(|entry| &entry["input"]).collect();
    assert_eq!(inputs, ["order.placed", "stock.reserved", "payment.declined", "stock.released"]);
    assert_eq!(body["inputs"][2]["notes"], json!(["the card was declined: declined"]));
    let text = body.to_string();
    assert!(!text.contains("zoe.nunez") && !text.contains("tok_visa") && !text.contains("青山"), "{text}");
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_with_words() {
    let shop = Shop::closed();
    let (status, body) = get(&shop, "/fulfilments/o-9").await;
    assert_eq!(
        (status, &body["detail"]),
        (StatusCode::NOT_FOUND, &json!("no message about an order o-9 has arrived here"))
    );
    assert_eq!(get(&shop, "/orders").await.0, StatusCode::NOT_FOUND);
    assert_eq!(get(&shop, "/health").await, (StatusCode::OK, json!({ "status": "ok" })));
    shop.fixture.table.set_unavailable(true);
    assert_eq!(get(&shop, "/fulfilments/o-9").await.0, StatusCode::SERVICE_UNAVAILABLE);
}

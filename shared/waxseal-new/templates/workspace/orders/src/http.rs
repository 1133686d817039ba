//! HTTP: `POST /orders` with an `Idempotency-Key`, and `GET /orders/{id}`.

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use serde_json::{Value, json};
use waxseal::{Call, Engine, Rejected};

use crate::{
    order::Order,
    orders::{Orders, PlaceOrder},
};

/// The HTTP interface on an engine. Lambda and the embedded environment call it alike.
pub fn router(engine: Engine) -> Router {
    Router::new()
        .route("/orders", post(place_order))
        .route("/orders/{id}", get(get_order))
        .with_state(engine)
}

async fn place_order(
    State(engine): State<Engine>,
    headers: HeaderMap,
    Json(place): Json<PlaceOrder>,
) -> (StatusCode, Json<Value>) {
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok());
    let Some(key) = key.filter(|key| !key.is_empty()) else {
        return problem(StatusCode::BAD_REQUEST, "send an Idempotency-Key: a text of your own for this order");
    };
    match engine.call::<Orders, _>(Call::new("http", key, &place)).await {
        Ok(answer) => (StatusCode::ACCEPTED, Json(json!({ "repeated": answer.is_repeated() }))),
        Err(Rejected::Refused(refusal)) => problem(StatusCode::CONFLICT, &refusal.to_string()),
        Err(Rejected::KeyReused) => {
            problem(StatusCode::UNPROCESSABLE_ENTITY, "this key came with another order")
        }
        // The cause is in the log. The caller tries again with the same key.
        Err(_) => problem(StatusCode::SERVICE_UNAVAILABLE, "try again"),
    }
}

async fn get_order(
    State(engine): State<Engine>,
    Path(id): Path<String>,
) -> (StatusCode, Json<Value>) {
    match engine.read::<Order>(&id).await {
        Ok(Some(order)) => (StatusCode::OK, Json(json!(order))),
        Ok(None) => problem(StatusCode::NOT_FOUND, "there is no such order"),
        Err(_) => problem(StatusCode::SERVICE_UNAVAILABLE, "try again"),
    }
}

fn problem(status: StatusCode, detail: &str) -> (StatusCode, Json<Value>) {
    (status, Json(json!({ "detail": detail })))
}

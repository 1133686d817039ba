//! HTTP: a tower service that Lambda and the embedded environment call alike.

use std::collections::BTreeMap;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{
        DefaultBodyLimit, Path, State,
        rejection::{BytesRejection, PathRejection},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::{Value, json};
use waxseal::Engine;

use crate::{
    order::{Order, Status},
    problem::Problem,
    submission::{check_key, parse_body},
    submit::{cancel, find, give_back, submit},
};

/// The largest body in bytes: 50 lines with the longest SKUs, and as much again.
const LARGEST_BODY: usize = 64 * 1024;
const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The header that marks a repeated answer.
const REPLAYED: &str = "idempotency-replayed";

/// The HTTP interface of `orders` on `engine`.
///
/// | request | answers |
/// |---|---|
/// | `POST /orders` with `Idempotency-Key` | 202 and `Location`; a repeat: 202 and `Idempotency-Replayed: true`; 400 not valid; 409 the order id is taken; 413 too large; 422 the key came with another order |
/// | `GET /orders/{id}` | 200, 404 |
/// | `POST /orders/{id}/cancel` | 202, 404; 409 once it is confirmed or was cancelled otherwise |
/// | `POST /orders/{id}/return` | 202, 404; 409 where it is not confirmed |
/// | `GET /health` | 200 |
///
/// Where the table cannot be reached: 503 with `Retry-After`. Errors are
/// `application/problem+json`.
pub fn router(engine: Engine) -> Router {
    Router::new()
        .route("/orders", post(place_order))
        .route("/orders/{id}", get(get_order))
        .route("/orders/{id}/cancel", post(cancel_order))
        .route("/orders/{id}/return", post(return_order))
        .route("/health", get(|| async { Json(json!({ "status": "ok" })) }))
        .fallback(|| async {
            let detail = "there are POST /orders, GET /orders/{id}, POST /orders/{id}/cancel, \
                          POST /orders/{id}/return and GET /health";
            Problem::new(StatusCode::NOT_FOUND, "no-such-resource", "There is nothing here", detail)
        })
        .method_not_allowed_fallback(|| async {
            let detail = "the resource is there, but not for this method: see the header Allow";
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "Another method is needed",
                detail,
            )
        })
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(engine)
}

/// The status of an order in an answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Whereabouts {
    order_id: String,
    #[serde(flatten)]
    status: Status,
}

async fn place_order(
    State(engine): State<Engine>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let key = idempotency_key(&headers)?;
    let body = body.map_err(|rejection| {
        let detail = format!("a body has {LARGEST_BODY} bytes at most and arrives whole");
        Problem::new(rejection.status(), "body", "The body could not be read", detail)
    })?;
    let submission = parse_body(key, &body).map_err(|invalid| Problem::invalid_order(&invalid))?;
    let placed = submit(&engine, &submission, trace(&headers)).await?;
    let location = path_of(&placed.order_id);
    let repeated = if placed.repeated { "true" } else { "false" };
    let headers = [(header::LOCATION.as_str(), location.as_str()), (REPLAYED, repeated)];
    let body = Whereabouts { order_id: placed.order_id, status: placed.status };
    Ok((StatusCode::ACCEPTED, headers, Json(body)).into_response())
}

/// The path of an order. All but RFC 3986's unreserved characters of its id are escaped.
#[must_use]
pub fn path_of(order_id: &str) -> String {
    const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    format!("/orders/{}", utf8_percent_encode(order_id, RESERVED))
}

async fn get_order(
    State(engine): State<Engine>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let id = order_id(id)?;
    let order = find(&engine, &id).await?.ok_or_else(|| Problem::no_such_order(&id))?;
    Ok(Json(view(&order)).into_response())
}

async fn cancel_order(
    State(engine): State<Engine>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let order_id = order_id(id)?;
    let status = cancel(&engine, &order_id, trace(&headers)).await?;
    Ok((StatusCode::ACCEPTED, Json(Whereabouts { order_id, status })).into_response())
}

async fn return_order(
    State(engine): State<Engine>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let order_id = order_id(id)?;
    let status = give_back(&engine, &order_id, trace(&headers)).await?;
    Ok((StatusCode::ACCEPTED, Json(Whereabouts { order_id, status })).into_response())
}

/// An order for a caller who knows its id. It holds nothing about the customer.
fn view(order: &Order) -> Value {
    let mut view = json!({
        "orderId": order.order_id,
        "lines": order.lines,
        "total": order.total,
        "currency": order.currency,
        "placedAt": order.placed_at,
        "updatedAt": order.updated_at,
        "version": order.version,
    });
    let status = serde_json::to_value(order.status).unwrap_or_default();
    if let (Value::Object(view), Value::Object(status)) = (&mut view, status) {
        view.extend(status);
    }
    view
}

fn idempotency_key(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut keys = headers.get_all(IDEMPOTENCY_KEY).iter();
    let (key, more) = (keys.next(), keys.next());
    let key = key.ok_or_else(|| {
        Problem::invalid_key(
            "send Idempotency-Key: a text of your own for this order, repeated when you repeat the request",
        )
    })?;
    if more.is_some() {
        return Err(Problem::invalid_key("there are several; send one"));
    }
    let key = std::str::from_utf8(key.as_bytes()).map_err(|_| Problem::invalid_key("it is not UTF-8"))?;
    check_key("Idempotency-Key", key).map_err(|invalid| Problem::invalid_key(invalid.to_string()))?;
    Ok(key)
}

fn order_id(path: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    path.map(|Path(id)| id).map_err(|_| {
        Problem::new(StatusCode::BAD_REQUEST, "path", "The path is not valid", "the order id is not UTF-8")
    })
}

/// The caller's trace context (W3C), which travels with all messages that follow.
fn trace(headers: &HeaderMap) -> BTreeMap<String, Value> {
    ["traceparent", "tracestate"]
        .iter()
        .filter_map(|name| {
            // W3C Trace Context, 3.3.1.5: a tracestate of 512 characters must be carried.
            let value = headers.get(*name)?.to_str().ok().filter(|value| value.len() <= 512)?;
            Some(((*name).to_owned(), Value::from(value)))
        })
        .collect()
}

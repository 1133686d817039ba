//! HTTP: where an order is.

use axum::{
    Json, Router,
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;
use waxseal::{Engine, Failure, problem::Problem};

use crate::{process::KIND, view::Whereabouts};

/// The HTTP interface of `fulfilment` on `engine`.
///
/// | request | answers |
/// |---|---|
/// | `GET /fulfilments/{order}` | 200: the step, since when, the waits with their ends, each command with what has become of it, and the last inputs; 404 |
/// | `GET /health` | 200 |
///
/// Where the table cannot be read: 503 with `Retry-After`. Errors are `application/problem+json`.
pub fn router(engine: Engine) -> Router {
    Router::new()
        .route("/fulfilments/{order}", get(get_fulfilment))
        .route("/health", get(|| async { Json(json!({ "status": "ok" })) }))
        .fallback(|| async {
            let detail = "there are GET /fulfilments/{order} and GET /health";
            problem(StatusCode::NOT_FOUND, "no-such-resource", "There is nothing here", detail)
        })
        .with_state(engine)
}

async fn get_fulfilment(
    State(engine): State<Engine>,
    order: Result<Path<String>, PathRejection>,
) -> Result<Response, Response> {
    let Path(order) = order.map_err(|_| {
        let detail = "the order id is not UTF-8";
        problem(StatusCode::BAD_REQUEST, "path", "The path is not valid", detail)
    })?;
    let instance = engine.instance(KIND, &order).await.map_err(|failure| failed(&failure))?;
    let instance = instance.ok_or_else(|| {
        let detail = format!("no message about an order {order} has arrived here");
        problem(StatusCode::NOT_FOUND, "no-such-order", "There is no such order", &detail)
    })?;
    Ok(Json(Whereabouts::of(&order, &instance)).into_response())
}

/// The cause goes to the log and not to the caller.
fn failed(failure: &Failure) -> Response {
    tracing::error!(error = waxseal::error_chain(failure), "a request failed");
    let detail = "fulfilments cannot be read at the moment";
    problem(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Try again later", detail)
}

fn problem(status: StatusCode, kind: &str, title: &'static str, detail: &str) -> Response {
    let detail = waxseal::clip(detail, waxseal::LONGEST_REASON).into_owned();
    // The last part of the type is stable: programs read it.
    let kind = format!("tag:waxseal.example,2026:problems/{kind}");
    let problem = Problem::new(status.as_u16(), title, detail).of_kind(kind);
    let mut response = (status, problem.body()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(waxseal::problem::CONTENT_TYPE));
    if let Some(seconds) = problem.retry_after() {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

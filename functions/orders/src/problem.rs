//! Errors as `application/problem+json` (RFC 9457), for the caller alone. The log has the causes.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use waxseal::{Failure, problem};

use crate::{aggregate::Refused, submission::Invalid, submit::Rejected};

/// One problem, as a response.
#[derive(Debug)]
pub(crate) struct Problem(problem::Problem);

impl Problem {
    pub(crate) fn new(
        status: StatusCode,
        kind: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        let detail = waxseal::clip(&detail.into(), waxseal::LONGEST_REASON).into_owned();
        // The last part of the type is stable: programs read it.
        let kind = format!("tag:waxseal.example,2026:problems/{kind}");
        Self(problem::Problem::new(status.as_u16(), title, detail).of_kind(kind))
    }

    pub(crate) fn invalid_order(invalid: &Invalid) -> Self {
        let Self(mut problem) = Self::new(
            StatusCode::BAD_REQUEST,
            "invalid-order",
            "The order is not valid",
            invalid.to_string(),
        );
        problem.errors = vec![problem::Member::new(&invalid.pointer, problem.detail.clone())];
        Self(problem)
    }

    pub(crate) fn invalid_key(detail: impl Into<String>) -> Self {
        let title = "The Idempotency-Key header is missing or not valid";
        Self::new(StatusCode::BAD_REQUEST, "invalid-idempotency-key", title, detail)
    }

    pub(crate) fn no_such_order(order_id: &str) -> Self {
        Rejected::Refused(Refused::NoSuchOrder(order_id.to_owned())).into()
    }
}

impl From<Rejected> for Problem {
    fn from(rejected: Rejected) -> Self {
        let detail = rejected.to_string();
        match rejected {
            Rejected::KeyReused => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency-key-reused",
                "The idempotency key was used with another order",
                "this key was used before with another order: repeat that order, or use a new key",
            ),
            Rejected::Refused(Refused::Exists(_)) => {
                Self::new(StatusCode::CONFLICT, "order-exists", "The order exists", detail)
            }
            Rejected::Refused(Refused::NoSuchOrder(_)) => {
                Self::new(StatusCode::NOT_FOUND, "no-such-order", "There is no such order", detail)
            }
            Rejected::Refused(
                Refused::Confirmed(_) | Refused::CancelledOtherwise(..) | Refused::Returned(_),
            ) => {
                Self::new(StatusCode::CONFLICT, "order-ended", "The order can no longer be cancelled", detail)
            }
            Rejected::Refused(Refused::NotConfirmed(_)) => {
                Self::new(StatusCode::CONFLICT, "not-confirmed", "The order cannot be returned", detail)
            }
            Rejected::Refused(Refused::Invalid(invalid)) => Self::invalid_order(&invalid),
            Rejected::Refused(Refused::TooLarge(_)) => {
                Self::new(StatusCode::BAD_REQUEST, "invalid-order", "The order is not valid", detail)
            }
            Rejected::Failed(failure) => failure.into(),
        }
    }
}

impl From<Failure> for Problem {
    /// The cause of an internal failure goes to the log and not to the caller.
    fn from(failure: Failure) -> Self {
        tracing::error!(error = waxseal::error_chain(&failure), "a request failed");
        if failure.is_permanent() {
            let detail = "the request cannot be carried out; nothing was changed";
            Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something is wrong here", detail)
        } else {
            let detail = "orders cannot be read or written at the moment; try again with the same key";
            Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Try again later", detail)
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self(problem) = self;
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, problem.body()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(problem::CONTENT_TYPE));
        if let Some(seconds) = problem.retry_after() {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

//! The outside gateway, as requests and answers.
//!
//! | request | answers |
//! |---|---|
//! | `POST /charges` `{"orderId","amount","currency","token"}` | 201 `{"chargeId"}`; 402 `{"reason"}`: declined |
//! | `POST /refunds` `{"orderId","chargeId","amount","currency"}` | 201 `{"refundId"}` |
//! | `POST /reversals` `{"orderId","chargeKey"}` | 201 `{"refundId"}`: the charge with this key went back; 201 `{}`: there was none, and none is made with this key any more |
//!
//! Each request carries `Idempotency-Key`: a key that was used before gets the answer that it got
//! then. A refusal of the request itself (400, 404, 409, 422) is final; any other failure may pass.

use std::{future::Future, time::Duration};

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use serde::{Serialize, de::DeserializeOwned};
use waxseal::{BoxError, Fault};

/// The way of requests to the gateway. A request's URI is a path alone.
pub trait Gateway: Send + Sync + 'static {
    /// Sends a request and waits for the whole answer, [`TIME_OUT`] at most.
    ///
    /// # Errors
    /// Where there was no answer; the gateway may have acted nevertheless.
    fn send(&self, request: Request<Bytes>)
    -> impl Future<Output = Result<Response<Bytes>, BoxError>> + Send;
}

/// The longest wait for an answer.
pub const TIME_OUT: Duration = Duration::from_secs(20);
/// The lease covers one call and the table's own retries around it, so no attempt outlives it.
pub(crate) const LEASE: Duration = Duration::from_secs(45);
/// The time for which the gateway remembers a key.
pub(crate) const KEY_TTL: Duration = Duration::from_hours(24);

/// The reason why the gateway did not act as requested.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// No answer. It may have acted.
    #[error("the payment gateway did not answer {path}")]
    NoAnswer {
        /// The path of the request.
        path: &'static str,
        /// The cause.
        source: BoxError,
    },
    /// An error that may pass.
    #[error("the payment gateway answered {path} with {status}, which may pass")]
    Transient {
        /// The path of the request.
        path: &'static str,
        /// The status of the answer.
        status: StatusCode,
    },
    /// The gateway refuses the request itself.
    #[error("the payment gateway refuses {path} with {status}: the same request will never pass")]
    Refused {
        /// The path of the request.
        path: &'static str,
        /// The status of the answer.
        status: StatusCode,
    },
    /// An answer that cannot be read.
    #[error("the payment gateway's answer to {path}, {status}, cannot be read: it needs a text `{member}`")]
    Unreadable {
        /// The path of the request.
        path: &'static str,
        /// The status of the answer.
        status: StatusCode,
        /// The missing member.
        member: &'static str,
    },
}

/// Posts `body`, and returns the answers that are outcomes: 2xx and `also`.
pub(crate) async fn post(
    gateway: &impl Gateway,
    path: &'static str,
    key: &str,
    body: &impl Serialize,
    also: &[StatusCode],
) -> Result<Response<Bytes>, Fault> {
    let body = serde_json::to_vec(body).map_err(Fault::permanent)?;
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/json")
        .header("idempotency-key", key)
        .body(Bytes::from(body))
        .map_err(Fault::permanent)?;
    let answer = gateway.send(request).await;
    let answer = answer.map_err(|source| Fault::retry(GatewayError::NoAnswer { path, source }))?;
    let status = answer.status();
    if status.is_success() || also.contains(&status) {
        return Ok(answer);
    }
    match status {
        StatusCode::BAD_REQUEST
        | StatusCode::NOT_FOUND
        | StatusCode::CONFLICT
        | StatusCode::UNPROCESSABLE_ENTITY => {
            Err(quoting(Fault::permanent(GatewayError::Refused { path, status }), &answer))
        }
        _ => {
            let mut fault = quoting(Fault::retry(GatewayError::Transient { path, status }), &answer);
            // With a 5xx the gateway may have acted. With other statuses it refused the request
            // before it acted.
            if status.is_client_error() && status != StatusCode::REQUEST_TIMEOUT {
                fault = fault.did_not_act();
            }
            Err(match retry_after(&answer) {
                Some(delay) => fault.after(delay),
                None => fault,
            })
        }
    }
}

/// Adds the gateway's own text, which may repeat the request. It is shown in the dead letter, and
/// not in logs.
fn quoting(fault: Fault, answer: &Response<Bytes>) -> Fault {
    match answer.body() {
        body if body.is_empty() => fault,
        body => fault.quoting(String::from_utf8_lossy(body)),
    }
}

/// The delay that the gateway asks for, in seconds. The form with a date is rare and not read.
fn retry_after(answer: &Response<Bytes>) -> Option<Duration> {
    let seconds = answer.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Reads an answer's body. An unreadable answer is requested again, which the key makes harmless.
pub(crate) fn read<T: DeserializeOwned>(
    path: &'static str,
    member: &'static str,
    answer: &Response<Bytes>,
) -> Result<T, Fault> {
    let status = answer.status();
    serde_json::from_slice(answer.body())
        .map_err(|_| quoting(Fault::retry(GatewayError::Unreadable { path, status, member }), answer))
}

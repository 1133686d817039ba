//! The outside gateway, as requests and answers.
//!
//! | request | answers |
//! |---|---|
//! | `POST /charges` `{"orderId","amount","currency","token"}` | 201 `{"chargeId"}`; 402 `{"reason"}`: declined |
//! | `POST /refunds` `{"orderId","chargeId","amount","currency"}` | 201 `{"refundId"}` |
//!
//! Each carries `Idempotency-Key`: a key that was used before gets the answer that it got then. A refusal of the request
//! itself (400, 404, 409, 422) stays one however often it is repeated; anything else may pass.

use std::{future::Future, time::Duration};

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use serde::{Serialize, de::DeserializeOwned};
use waxseal::{BoxError, Fault};

/// How requests reach the gateway. A request's URI is a path alone.
pub trait Gateway: Send + Sync + 'static {
    /// Sends a request and waits for the whole answer, [`TIME_OUT`] at most.
    ///
    /// # Errors
    /// Where there was no answer: the gateway may have acted all the same.
    fn send(&self, request: Request<Bytes>)
    -> impl Future<Output = Result<Response<Bytes>, BoxError>> + Send;
}

/// The longest wait for an answer.
pub const TIME_OUT: Duration = Duration::from_secs(20);
/// One call, and the table's own retries before and after it: no attempt outlives its lease.
pub(crate) const LEASE: Duration = Duration::from_secs(45);
/// How long the gateway remembers a key.
pub(crate) const KEY_TTL: Duration = Duration::from_hours(24);

/// Why the gateway did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// No answer. It may have acted.
    #[error("the payment gateway did not answer {path}")]
    NoAnswer {
        /// What was asked.
        path: &'static str,
        /// Why.
        source: BoxError,
    },
    /// An answer that may be another one next time.
    #[error("the payment gateway answered {path} with {status}, which may pass")]
    Trouble {
        /// What was asked.
        path: &'static str,
        /// Its answer.
        status: StatusCode,
    },
    /// It refuses the request itself.
    #[error("the payment gateway refuses {path} with {status}: the same request will never pass")]
    Refused {
        /// What was asked.
        path: &'static str,
        /// Its answer.
        status: StatusCode,
    },
    /// An answer that we cannot read.
    #[error("the payment gateway's answer to {path}, {status}, cannot be read: it needs a text `{member}`")]
    Unreadable {
        /// What was asked.
        path: &'static str,
        /// Its answer.
        status: StatusCode,
        /// What is missing.
        member: &'static str,
    },
}

/// Posts `body`, and gives the answers that are outcomes: 2xx and `also`.
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
            let mut fault = quoting(Fault::retry(GatewayError::Trouble { path, status }), &answer);
            // Behind a 5xx it may have acted; of the rest it refused the request before it looked at it.
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

/// The gateway's own words stand in the dead letter, and not in logs: it may repeat what it was sent.
fn quoting(fault: Fault, answer: &Response<Bytes>) -> Fault {
    match answer.body() {
        body if body.is_empty() => fault,
        body => fault.quoting(String::from_utf8_lossy(body)),
    }
}

/// The delay that the gateway asks for, in seconds; the form with a date is rare and left out.
fn retry_after(answer: &Response<Bytes>) -> Option<Duration> {
    let seconds = answer.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Reads an answer's body. One that cannot be read is asked for again: the key makes that harmless.
pub(crate) fn read<T: DeserializeOwned>(
    path: &'static str,
    member: &'static str,
    answer: &Response<Bytes>,
) -> Result<T, Fault> {
    let status = answer.status();
    serde_json::from_slice(answer.body())
        .map_err(|_| quoting(Fault::retry(GatewayError::Unreadable { path, status, member }), answer))
}

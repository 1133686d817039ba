//! Lambda destinations: the result of an asynchronous invocation.
//!
//! Source: Lambda developer guide, "Capturing records of Lambda asynchronous invocations". On a bus Lambda
//! itself gives the record these names. In a queue, from a topic and to a function the record comes
//! bare, and has the same names here.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use waxseal_message::Timestamp;

use crate::open::open;

/// An asynchronous invocation failed for good.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Failed(
    /// The record.
    pub Invocation,
);
waxseal_message::foreign!(Failed {
    detail_type: "Lambda Function Invocation Result - Failure",
    source: "lambda"
});

/// An asynchronous invocation succeeded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Succeeded(
    /// The record.
    pub Invocation,
);
waxseal_message::foreign!(Succeeded {
    detail_type: "Lambda Function Invocation Result - Success",
    source: "lambda"
});

/// The record of an asynchronous invocation.
///
/// ```
/// # use waxseal_aws_events::lambda::{Condition, Failed};
/// let Failed(record) = serde_json::from_str(
///     r#"{"timestamp":"2026-11-21T09:30:00.000Z","requestPayload":{"a":1},
///         "requestContext":{"requestId":"c6af9ac6","functionArn":"arn:f","condition":"RetriesExhausted"}}"#,
/// ).unwrap();
/// assert_eq!(record.request_context.condition, Condition::RetriesExhausted);
/// assert_eq!(record.request_payload["a"], 1);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Invocation {
    /// The time of the record.
    pub timestamp: Timestamp,
    /// The invocation.
    pub request_context: RequestContext,
    /// The payload that the function was invoked with.
    #[serde(default)]
    pub request_payload: Value,
    /// The answer of Lambda.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_context: Option<ResponseContext>,
    /// The answer of the function, or its error.
    #[serde(default)]
    pub response_payload: Value,
}

/// An invocation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RequestContext {
    /// Its id.
    pub request_id: String,
    /// The function.
    pub function_arn: String,
    /// The reason for the record.
    pub condition: Condition,
    /// How often the function was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approximate_invoke_count: Option<u32>,
}

/// An answer of Lambda.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ResponseContext {
    /// The HTTP status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u16>,
    /// The version that ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executed_version: Option<String>,
    /// `Handled` or `Unhandled`, where the function failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function_error: Option<String>,
}

open! {
    /// The reason for a record.
    pub enum Condition {
        /// The function succeeded.
        Success = "Success",
        /// The last try failed.
        RetriesExhausted = "RetriesExhausted",
        /// The event became too old.
        EventAgeExceeded = "EventAgeExceeded",
    }
}

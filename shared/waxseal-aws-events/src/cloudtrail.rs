//! API calls that CloudTrail recorded. Source: CloudTrail user guide, "CloudTrail record contents".

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::lenient;

/// An API call to any AWS service.
///
/// The rule for it selects every call that CloudTrail records. Give the service's deployment a pattern
/// with the calls that it wants, by `source` and `detail.eventName`.
///
/// ```
/// # use waxseal_aws_events::cloudtrail::ApiCall;
/// let call: ApiCall = serde_json::from_str(
///     r#"{"eventVersion":"1.08","eventSource":"s3.amazonaws.com","eventName":"CreateBucket","eventID":"2c0ae8ac"}"#,
/// ).unwrap();
/// assert_eq!((&*call.event_source, &*call.event_name), ("s3.amazonaws.com", "CreateBucket"));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ApiCall {
    /// The service that was called: `s3.amazonaws.com`.
    pub event_source: String,
    /// The call: `CreateBucket`.
    pub event_name: String,
    /// The version of the record, such as `1.08`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_version: Option<String>,
    /// CloudTrail's id of the record.
    #[serde(default, rename = "eventID", skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// The time of the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_time: Option<String>,
    /// `AwsApiCall`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    /// The caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_identity: Option<UserIdentity>,
    /// The region that was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aws_region: Option<String>,
    /// The address of the caller, or the AWS service that called.
    #[serde(default, rename = "sourceIPAddress", skip_serializing_if = "Option::is_none")]
    pub source_ip_address: Option<String>,
    /// The program that called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// The error, where the call was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// The error in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// The request, in the form of its call.
    #[serde(default)]
    pub request_parameters: Value,
    /// The answer, in the form of its call.
    #[serde(default)]
    pub response_elements: Value,
    /// The id of the request.
    #[serde(default, rename = "requestID", skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Whether the call only read.
    #[serde(default, deserialize_with = "lenient::flag", skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,
}
waxseal_message::foreign!(ApiCall { detail_type: "AWS API Call via CloudTrail", bus: default });

/// The caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UserIdentity {
    /// `Root`, `IAMUser`, `AssumedRole`, `AWSService`, …
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal_id: Option<String>,
    /// Its ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// Its account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// The AWS service that called for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoked_by: Option<String>,
}

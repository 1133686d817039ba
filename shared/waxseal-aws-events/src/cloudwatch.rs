//! CloudWatch alarms. Source: CloudWatch user guide, "Alarm events and EventBridge".

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::open::open;

/// An alarm changed its state.
///
/// ```
/// # use waxseal_aws_events::cloudwatch::{AlarmStateChanged, AlarmValue};
/// let event: AlarmStateChanged =
///     serde_json::from_str(r#"{"alarmName":"dlq","state":{"value":"ALARM","reason":"1 datapoint"}}"#).unwrap();
/// assert_eq!(event.state.value, AlarmValue::Alarm);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AlarmStateChanged {
    /// The alarm's name.
    pub alarm_name: String,
    /// The state now.
    pub state: AlarmState,
    /// The state before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_state: Option<AlarmState>,
    /// The alarm's configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration: Option<Configuration>,
}
waxseal_message::foreign!(AlarmStateChanged {
    detail_type: "CloudWatch Alarm State Change",
    source: "aws.cloudwatch",
    bus: default
});

/// The state of an alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AlarmState {
    /// The state itself.
    pub value: AlarmValue,
    /// The reason in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The reason as JSON in a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_data: Option<String>,
    /// The time of the change, with an offset that RFC 3339 does not have: `2026-11-21T09:30:00.000+0000`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
}

/// The configuration of an alarm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Configuration {
    /// Its description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The metrics that it watches; none for an alarm that is composed of others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<Value>,
    /// The rule of an alarm that is composed of others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm_rule: Option<String>,
}

open! {
    /// The state of an alarm.
    pub enum AlarmValue {
        /// All is well.
        Ok = "OK",
        /// The threshold is crossed.
        Alarm = "ALARM",
        /// Too little is known.
        InsufficientData = "INSUFFICIENT_DATA",
    }
}

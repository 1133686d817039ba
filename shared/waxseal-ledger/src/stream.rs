//! The records of a DynamoDB stream as Lambda delivers them.

use serde::Deserialize;
use serde_json::{Map, Value};
use waxseal::Timestamp;

/// A batch.
#[derive(Deserialize)]
pub(crate) struct Batch {
    #[serde(rename = "Records")]
    pub(crate) records: Vec<Value>,
}

/// One record, as far as it is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Record {
    #[serde(rename = "eventID", default)]
    pub(crate) event_id: String,
    pub(crate) event_name: String,
    pub(crate) dynamodb: Data,
    #[serde(default)]
    user_identity: Option<Identity>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Data {
    pub(crate) sequence_number: String,
    #[serde(default)]
    approximate_creation_date_time: Option<f64>,
    #[serde(default)]
    pub(crate) old_image: Option<Map<String, Value>>,
    #[serde(default)]
    pub(crate) new_image: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    #[serde(default)]
    principal_id: String,
}

impl Record {
    /// Whether DynamoDB's TTL removed the item. Source: DynamoDB developer guide, "DynamoDB Streams and
    /// Time to Live".
    pub(crate) fn is_expiry(&self) -> bool {
        let by_ttl =
            self.user_identity.as_ref().is_some_and(|by| by.principal_id == "dynamodb.amazonaws.com");
        self.event_name == "REMOVE" && by_ttl
    }

    /// The time at which the record was written, by the stream.
    pub(crate) fn at(&self) -> Timestamp {
        let seconds = self.dynamodb.approximate_creation_date_time.unwrap_or_default();
        // A stream's times are whole seconds, and far within the range of both.
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds of this age fit")]
        let millis = (seconds * 1000.0).round() as i64;
        Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

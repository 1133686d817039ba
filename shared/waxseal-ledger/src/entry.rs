//! An entry of the ledger: one committed write of one item.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use waxseal::Timestamp;

/// One committed write of one item. It is a line of JSON in an object.
///
/// Personal data of messages and states stands in it as it was written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Entry {
    /// The id of the stream record, unique in its table: a record that is there twice is read once
    /// (E-11).
    pub record: String,
    /// The place of the record among those of its item: the stream's sequence number.
    pub sequence: String,
    /// The time at which the stream got it, to the second.
    pub at: Timestamp,
    /// The service.
    pub service: String,
    /// The item's partition key.
    pub partition: String,
    /// The item's sort key.
    pub sort: String,
    /// What the write was: `{"handled":{…}}`, `{"state":{…}}`, ….
    pub what: EntryKind,
}

/// What a write was.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum EntryKind {
    /// A message's receipt: it took effect, an attempt began or ended, it failed for good, it was undone.
    Handled(Handled),
    /// A state, or the row of a process: its JSON before and after.
    State {
        /// The kind of the entity.
        entity: String,
        /// Its id.
        id: String,
        /// Its version after the write; absent where it was removed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<u64>,
        /// The JSON before; absent where there was none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Box<RawValue>>,
        /// The JSON after; absent where it was removed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<Box<RawValue>>,
    },
    /// Events of a history, recorded by one message.
    Recorded {
        /// The kind of the entity.
        entity: String,
        /// Its id.
        id: String,
        /// The number of the first event.
        first: u64,
        /// The events' JSON.
        events: Box<RawValue>,
        /// The message because of which they were recorded.
        by: Box<RawValue>,
    },
    /// Another item of the protocol, or of somebody else: its attributes before and after, in DynamoDB's
    /// JSON.
    Other {
        /// The attributes before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Box<RawValue>>,
        /// The attributes after.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<Box<RawValue>>,
    },
    /// A record that could not be read, whole. It neither ends the stream nor is it left out.
    Unreadable {
        /// The reason, without the content.
        reason: String,
        /// The record.
        whole: Box<RawValue>,
    },
}

/// A message's receipt, as it was written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Handled {
    /// The consumer: `payment/charge-card`.
    pub consumer: String,
    /// The message's source.
    pub source: String,
    /// The message's id.
    pub id: String,
    /// `completed`, `leased`, `failed`, `acted` or `undone`.
    pub status: String,
    /// The number of the attempt; 1 for a transactional handler.
    pub attempt: u32,
    /// The time at which the first attempt began.
    pub first_at: Timestamp,
    /// The reason of the last failed attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The envelopes that it emitted with this write.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub emitted: Vec<Box<RawValue>>,
}

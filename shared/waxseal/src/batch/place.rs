//! The place of a record in its stream or topic, and what else its transport says about it.

use waxseal_message::Timestamp;

/// The place of a record in a stream or a topic.
///
/// A record whose payload names no identity has that of its place: [`source`](Self::source) and
/// [`id`](Self::id). It holds as long as the record stays where it is. A producer that sends a
/// payload twice makes two records, and so two identities.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// The stream's ARN, or the topic.
    pub source: String,
    /// The id of the record in its source: shard and sequence number, or partition and offset.
    pub id: String,
    /// The time at which the record was written. Its age counts from then on.
    pub written_at: Option<Timestamp>,
    /// The partition key of the record, or the key of a topic's record, in base64.
    pub key: Option<String>,
}

impl Place {
    /// The place of a record without a time and a key.
    pub fn new(source: impl Into<String>, id: impl Into<String>) -> Self {
        Self { source: source.into(), id: id.into(), written_at: None, key: None }
    }
}

//! The dead letter of a record, and the outcome of writing it.

use crate::{
    batch::{
        outcome::RecordOutcome,
        record::{Content, Record},
    },
    code::Code,
    dead_letter::{DeadLetter, DeadLetters},
    observe::Observers,
};
use waxseal_message::Timestamp;

impl Record {
    /// The dead letter of this record for `service`.
    #[must_use]
    pub fn dead_letter(&self, service: &str, time: Timestamp, code: Code, reason: String) -> DeadLetter {
        let message = match &self.content {
            Content::Message(raw) => Some(raw),
            Content::Ignored(_) | Content::Malformed(_) => None,
        };
        DeadLetter {
            body: self.body.clone(),
            attributes: self.attributes.clone(),
            queue: self.receipt_handle.as_ref().map(|handle| handle.queue.clone()),
            group: self.group.clone(),
            code,
            reason,
            quoted_reason: None,
            time,
            record: self.id.clone(),
            service: service.to_owned(),
            identity: message.map_or_else(
                || self.place.as_ref().map(|place| (place.source.clone(), place.id.clone())),
                |raw| Some((raw.source.clone(), raw.id.clone())),
            ),
            name: message.map(|raw| raw.name.clone()),
            handler: None,
            handlers: Vec::new(),
        }
    }
}

/// Writes a dead letter and returns the outcome of its record. A record whose dead letter cannot be
/// written has failed.
pub async fn dead_letter(
    dead_letter: DeadLetter,
    to: &impl DeadLetters,
    observers: &Observers,
) -> RecordOutcome {
    let reason = dead_letter.reason.clone();
    match dead_letter.write(to, observers).await {
        Ok(()) => RecordOutcome::DeadLettered { reason },
        Err(reason) => RecordOutcome::Failed { reason, retry_after: None },
    }
}

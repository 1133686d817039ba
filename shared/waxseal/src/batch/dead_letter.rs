//! The dead letter of a record.

use crate::{
    batch::record::{Content, Record},
    code::Code,
    dead_letter::DeadLetter,
};
use waxseal_message::Timestamp;

impl Record {
    /// The dead letter of this record, which `service` gives up.
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
            code,
            reason,
            quoted_reason: None,
            time,
            record: self.id.clone(),
            service: service.to_owned(),
            identity: message.map(|raw| (raw.source.clone(), raw.id.clone())),
            name: message.map(|raw| raw.name.clone()),
            handlers: Vec::new(),
        }
    }
}

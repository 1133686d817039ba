//! Messages of a queue, on their way in and as a receive gives them.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;
use serde_json::value::RawValue;
use waxseal::{
    Raw, Timestamp,
    dead_letter::{self, Note},
};

/// A message on its way in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewMessage {
    /// The body.
    pub body: String,
    /// Message attributes, strings only.
    pub attributes: BTreeMap<String, String>,
    /// The message group. A FIFO queue delivers a group in order; on a standard queue it names the
    /// tenant and orders nothing.
    pub group: Option<String>,
    /// FIFO: the deduplication id. Messages with the same id within five minutes are one message.
    pub deduplication: Option<String>,
    /// `DelaySeconds`: how long it is invisible at first, 900 s at most, on a standard queue alone.
    pub delay: Duration,
}

impl NewMessage {
    /// A message with nothing but a body.
    pub fn new(body: impl Into<String>) -> Self {
        Self { body: body.into(), ..Self::default() }
    }
}

/// A message as a receive gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// SQS's id; a redelivery keeps it.
    pub id: String,
    /// How often it has been received, this time included.
    pub receives: u32,
    /// When it was sent.
    pub sent: Timestamp,
    /// When it was received first.
    pub first_received: Timestamp,
    /// The message as it was sent.
    pub content: NewMessage,
    /// The number of this receive. A later receive makes it worthless.
    pub receipt: u64,
}

impl Message {
    /// The note of a dead letter. `None` for every other message, and for one that the redrive
    /// policy moved.
    #[must_use]
    pub fn note(&self) -> Option<Note<'static>> {
        Note::read(self.content.attributes.get(dead_letter::ATTRIBUTE)?)
    }

    /// The envelope in its body, alone or inside of an event of the bus.
    pub(crate) fn envelope(&self) -> Option<Raw> {
        #[derive(Deserialize)]
        struct Event<'a> {
            #[serde(borrow)]
            detail: &'a RawValue,
        }
        let detail = serde_json::from_str::<Event<'_>>(&self.content.body);
        Raw::parse(detail.map_or(&*self.content.body, |event| event.detail.get())).ok()
    }

    /// Its receipt handle.
    pub(crate) fn handle(&self) -> String {
        format!("{}#{}", self.id, self.receipt)
    }
}

//! The recorder of a history. Where none is kept, it costs a look.

use std::sync::Arc;

use serde_json::value::RawValue;
use waxseal::{Emission, Raw, Timestamp, dead_letter::DeadLetter, lock::Lock};

use crate::{
    history::{
        fact::{Fact, Named, What},
        list::History,
    },
    message::NewMessage,
};

/// Records what happens. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recorder(Option<Arc<Lock<Vec<Fact>>>>);

impl Recorder {
    /// A recorder that keeps every fact.
    pub(crate) fn on() -> Self {
        Self(Some(Arc::default()))
    }

    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn history(&self) -> History {
        History::new(self.0.as_ref().map(|facts| facts.lock().clone()).unwrap_or_default())
    }

    pub(crate) fn add(&self, at: Timestamp, what: impl FnOnce() -> What) {
        if let Some(facts) = &self.0 {
            let fact = Fact { at, what: what() };
            facts.lock().push(fact);
        }
    }

    /// A channel took an envelope.
    pub(crate) fn published(&self, at: Timestamp, channel: &str, envelope: &RawValue) {
        let Some(raw) = self.0.as_ref().and_then(|_| Raw::parse(envelope.get()).ok()) else { return };
        self.add(at, || What::Published {
            message: Named::new(&raw.name, &raw.source, &raw.id),
            channel: channel.to_owned(),
            cause: raw.causation_id,
            correlation: raw.correlation_id,
        });
    }

    /// A channel refused an emission.
    pub(crate) fn not_published(&self, at: Timestamp, emission: &Emission, reason: &str) {
        self.add(at, || What::NotPublished { channel: emission.channel.clone(), reason: reason.to_owned() });
    }

    /// A queue hands a batch to its function.
    pub(crate) fn delivered<'a>(
        &self,
        at: Timestamp,
        queue: &str,
        records: impl Iterator<Item = (&'a str, u32)>,
    ) {
        if self.is_on() {
            for (record, receives) in records {
                let (queue, record) = (queue.to_owned(), record.to_owned());
                self.add(at, || What::Delivered { queue, record, receives });
            }
        }
    }

    /// A function wrote a dead letter.
    pub(crate) fn dead_lettered(&self, at: Timestamp, queue: &str, letter: &DeadLetter) {
        self.add(at, || What::DeadLettered {
            queue: queue.to_owned(),
            record: letter.record.clone(),
            message: letter
                .identity
                .as_ref()
                .map(|(source, id)| Named::new(letter.name.as_deref().unwrap_or_default(), source, id)),
            code: Some(letter.code),
            handler: letter.handler.clone(),
            reason: letter.reason.clone(),
        });
    }

    /// The redrive policy moved a message of `from`: record, receives and content.
    pub(crate) fn moved(
        &self,
        at: Timestamp,
        to: &str,
        (record, receives, content): (&str, u32, &NewMessage),
        from: &str,
    ) {
        self.add(at, || What::DeadLettered {
            queue: to.to_owned(),
            record: record.to_owned(),
            message: content.envelope().map(|raw| Named::new(&raw.name, &raw.source, &raw.id)),
            code: None,
            handler: None,
            reason: format!("the redrive policy moved it from {from} after {receives} receives"),
        });
    }
}

//! The messages in a ledger: what a service emitted, to be given again.

use waxseal::{Raw, Timestamp};

use crate::entry::{Entry, EntryKind};

/// The messages that are wanted. Every condition that is set must hold.
///
/// ```
/// use waxseal_ledger::Selection;
/// let selection = Selection { name: Some("order.placed".into()), ..Selection::default() };
/// assert!(selection.correlation_id.is_none());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// From this time on, by the time of the event.
    pub from: Option<Timestamp>,
    /// Until this time, which is included.
    pub until: Option<Timestamp>,
    /// Of this name.
    pub name: Option<String>,
    /// Of this flow.
    pub correlation_id: Option<String>,
    /// Of the sequence of this entity (S-34): `order#o-7`.
    pub entity: Option<String>,
}

impl Selection {
    fn wants(&self, raw: &Raw) -> bool {
        let is = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|wanted| wanted == found);
        self.from.is_none_or(|from| raw.timestamp >= from)
            && self.until.is_none_or(|until| raw.timestamp <= until)
            && is(&self.name, &raw.name)
            && is(&self.correlation_id, &raw.correlation_id)
            && self
                .entity
                .as_ref()
                .is_none_or(|entity| raw.sequence().is_some_and(|(subject, _)| subject == entity))
    }
}

/// A message in a ledger cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the message that {consumer} emitted for {id} of {source_name} cannot be read: {reason}")]
#[non_exhaustive]
pub struct UnreadableMessage {
    /// The consumer that emitted it.
    pub consumer: String,
    /// The source of the message that it handled.
    pub source_name: String,
    /// The id of the message that it handled.
    pub id: String,
    /// The reason.
    pub reason: String,
}

/// The messages that entries hold, in the order of their commits: what each handling emitted.
///
/// Entries are those of [`read()`](crate::read). For the history of several services, read each ledger and give
/// their entries one after another: events of one entity come from one service.
///
/// # Errors
/// The first message that cannot be read. None is left out in silence (E-5).
pub fn messages<'e>(
    entries: impl IntoIterator<Item = &'e Entry>,
    selection: &Selection,
) -> Result<Vec<Raw>, UnreadableMessage> {
    let mut wanted = Vec::new();
    for entry in entries {
        let EntryKind::Handled(handled) = &entry.what else { continue };
        for envelope in &handled.emitted {
            let raw = Raw::parse(envelope.get()).map_err(|malformed| UnreadableMessage {
                consumer: handled.consumer.clone(),
                source_name: handled.source.clone(),
                id: handled.id.clone(),
                reason: malformed.to_string(),
            })?;
            if selection.wants(&raw) {
                wanted.push(raw);
            }
        }
    }
    Ok(wanted)
}

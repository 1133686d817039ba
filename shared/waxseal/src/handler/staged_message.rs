//! A message that a handler emits or sends, before it gets an envelope.

use std::time::Duration;

use serde_json::value::RawValue;
use waxseal_message::{Declared, InvalidTenant, Message, Tenant, Undoes};

/// A message that a handler emits or sends.
#[derive(Debug)]
pub struct StagedMessage {
    pub(crate) declared: Declared,
    pub(crate) data: Result<Box<RawValue>, serde_json::Error>,
    pub(crate) tenant: Result<Option<Tenant>, InvalidTenant>,
    /// Whether it is the next one in the sequence of the aggregate's entity (S-34).
    pub(crate) in_sequence: bool,
    /// The delay until its recipient sees it; for commands alone.
    pub(crate) after: Option<Duration>,
    /// The command that it undoes.
    pub(crate) undoes: Option<Undoes>,
}

impl StagedMessage {
    pub(crate) fn new<M: Message>(message: &M) -> Self {
        let data = serde_json::value::to_raw_value(message);
        let tenant = message.tenant().map(|name| Tenant::new(&name)).transpose();
        Self { data, tenant, ..Self::declared_as(Declared::of::<M>()) }
    }

    /// A message without a payload yet.
    pub(crate) fn declared_as(declared: Declared) -> Self {
        let data = Ok(RawValue::NULL.to_owned());
        Self { declared, data, tenant: Ok(None), in_sequence: false, after: None, undoes: None }
    }

    /// The message's declaration.
    #[must_use]
    pub fn declared(&self) -> &Declared {
        &self.declared
    }

    /// Its payload; `None` where the payload has no JSON form, which fails the run.
    #[must_use]
    pub fn data(&self) -> Option<&RawValue> {
        self.data.as_deref().ok()
    }

    /// The delay until its recipient sees it.
    #[must_use]
    pub fn after(&self) -> Option<Duration> {
        self.after
    }

    /// The command that it undoes.
    #[must_use]
    pub fn undoes(&self) -> Option<&Undoes> {
        self.undoes.as_ref()
    }

    /// Whether it is the next one in the sequence of the aggregate's entity.
    #[must_use]
    pub fn is_in_sequence(&self) -> bool {
        self.in_sequence
    }
}

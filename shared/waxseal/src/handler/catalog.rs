//! The catalog: the messages that a service handles and emits, read from the types.

use std::{borrow::Cow, time::Duration};

use waxseal_message::Declared;
use waxseal_pattern::Filter;

/// The mode in which a reaction uses the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mode {
    /// Receipt, state and emitted events in one conditional write.
    Transactional,
    /// Take the lease, act, commit with the lease's token: for effects outside the table.
    Leased {
        /// As [`Effect::LEASE`](crate::Effect::LEASE).
        lease: Option<Duration>,
        /// As [`Effect::KEY_TTL`](crate::Effect::KEY_TTL).
        key_ttl: Duration,
    },
    /// No receipt at all.
    NaturallyIdempotent,
}

/// What a message does to an instance of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Input {
    /// It begins one.
    Begins,
    /// One waits for it.
    Steps,
}

/// One handler, one decision of an aggregate, or one input of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The service that registered it.
    pub service: String,
    /// Its name; an aggregate's decisions share one.
    pub handler: &'static str,
    /// The message's name, where it is a decision of an aggregate: it tells decisions apart.
    pub decides: Option<&'static str>,
    /// What the message does to an instance, where the handler is a process.
    pub input: Option<Input>,
    /// The kind of the event-sourced state on which it decides, where it is a decision of a
    /// [`Decider`](crate::Decider).
    pub history: Option<&'static str>,
    /// The version of its rows, where it is a [`Projection`](crate::Projection).
    pub projection: Option<u16>,
    /// The mode in which it uses the table.
    pub mode: Mode,
    /// The message that it handles, in the newest version that it knows.
    pub consumes: Declared,
    /// The messages that it may emit or send.
    pub emits: &'static [Declared],
    /// The payloads that it wants.
    pub filter: Filter,
}

impl Entry {
    /// A transactional handler.
    pub fn new(
        service: impl Into<String>,
        handler: &'static str,
        consumes: Declared,
        emits: &'static [Declared],
    ) -> Self {
        let (service, mode) = (service.into(), Mode::Transactional);
        Self {
            service,
            handler,
            decides: None,
            input: None,
            history: None,
            projection: None,
            mode,
            consumes,
            emits,
            filter: Filter::ALL,
        }
    }

    /// The same handler as an input of a process.
    #[must_use]
    pub fn input(self, input: Input) -> Self {
        Self { input: Some(input), ..self }
    }

    /// The same handler as a decision on an event-sourced state of this kind.
    #[must_use]
    pub fn on_history(self, kind: &'static str) -> Self {
        Self { decides: Some(self.consumes.name), history: Some(kind), ..self }
    }

    /// The same handler as a projection whose rows are of this version.
    #[must_use]
    pub fn projecting(self, version: u16) -> Self {
        Self { decides: Some(self.consumes.name), projection: Some(version), ..self }
    }

    /// The same handler, which wants these payloads alone.
    #[must_use]
    pub fn filtered(self, filter: Filter) -> Self {
        Self { filter, ..self }
    }

    /// The name under which its receipts are kept, unless it had another before:
    /// `inventory/reserve-stock`, and
    /// `orders/orders/place-order` for a decision.
    #[must_use]
    pub fn consumer(&self) -> String {
        let Self { service, handler, .. } = self;
        self.decides.map_or_else(
            || format!("{service}/{handler}"),
            |_| {
                let version = self.projection.map(|version| format!("@{version}")).unwrap_or_default();
                format!("{service}/{handler}{version}/{}", decision(&self.consumes))
            },
        )
    }
}

/// The name of a decision about a message among those of its aggregate. Two foreign events may have
/// one name, so the source stands before it.
pub(crate) fn decision(message: &Declared) -> Cow<'static, str> {
    match message.is_foreign() && !message.owner.is_empty() {
        true => format!("{}/{}", message.owner, message.name).into(),
        false => message.name.into(),
    }
}

//! What a decision emits and sends.

use std::{marker::PhantomData, time::Duration};

use crate::handler::aggregate::Aggregate;
use serde_json::value::RawValue;
use waxseal_message::{Command, Contains, Declared, Event, InvalidTenant, Message, Tenant};

/// What an [`Aggregate`] emits and sends, in order.
#[derive(Debug)]
pub struct Out<A> {
    pub(crate) staged: Vec<StagedMessage>,
    aggregate: PhantomData<fn() -> A>,
}

/// A message that a decision emits or sends.
#[derive(Debug)]
pub struct StagedMessage {
    pub(crate) declared: Declared,
    pub(crate) data: Result<Box<RawValue>, serde_json::Error>,
    pub(crate) tenant: Result<Option<Tenant>, InvalidTenant>,
    /// As the next one in the sequence of the entity that is decided on (S-34).
    pub(crate) in_sequence: bool,
    /// How long its recipient does not see it: commands alone.
    pub(crate) after: Option<Duration>,
}

impl StagedMessage {
    pub(crate) fn new<M: Message>(message: &M) -> Self {
        let data = serde_json::value::to_raw_value(message);
        let tenant = message.tenant().map(|name| Tenant::new(&name)).transpose();
        Self { declared: Declared::of::<M>(), data, tenant, in_sequence: false, after: None }
    }

    /// The message's declaration.
    #[must_use]
    pub fn declared(&self) -> &Declared {
        &self.declared
    }

    /// Its payload; `None` where it cannot be written as JSON, which fails the run.
    #[must_use]
    pub fn data(&self) -> Option<&RawValue> {
        self.data.as_deref().ok()
    }

    /// Whether it is the next one in the sequence of the entity that is decided on.
    #[must_use]
    pub fn is_in_sequence(&self) -> bool {
        self.in_sequence
    }
}

impl<A> Default for Out<A> {
    fn default() -> Self {
        Self { staged: Vec::new(), aggregate: PhantomData }
    }
}

impl<A: Aggregate> Out<A> {
    /// Emits an event that `Emits` declares.
    pub fn emit<E: Event, At>(&mut self, event: E)
    where
        A::Emits: Contains<E, At>,
    {
        self.staged.push(StagedMessage::new(&event));
    }

    /// Emits an event that `Emits` declares as the next one in the sequence of the entity that is decided on, as
    /// [`Unit::emit_in_sequence`](crate::Unit::emit_in_sequence) does. The count is part of the entity's item. It is written even
    /// where the state is left as it was, and a decision that leaves no state fails.
    pub fn emit_in_sequence<E: Event, At>(&mut self, event: E)
    where
        A::Emits: Contains<E, At>,
    {
        self.staged.push(StagedMessage { in_sequence: true, ..StagedMessage::new(&event) });
    }

    /// Sends a command that `Emits` declares to its recipient.
    pub fn send<C: Command, At>(&mut self, command: C)
    where
        A::Emits: Contains<C, At>,
    {
        self.staged.push(StagedMessage::new(&command));
    }

    /// As [`Out::send`], and the recipient sees it `after` the commit's time at the earliest: 900 s at most, in whole seconds. A longer
    /// delay fails the message with a [`DelayError`](crate::DelayError), and nothing is committed.
    pub fn send_after<C: Command, At>(&mut self, command: C, after: Duration)
    where
        A::Emits: Contains<C, At>,
    {
        self.staged.push(StagedMessage { after: Some(after), ..StagedMessage::new(&command) });
    }
}

impl<A> Out<A> {
    /// What was emitted and sent so far, for tests.
    #[must_use]
    pub fn staged(&self) -> &[StagedMessage] {
        &self.staged
    }
}

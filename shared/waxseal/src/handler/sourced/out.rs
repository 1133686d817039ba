//! What a decision records and emits.

use std::{fmt, marker::PhantomData, time::Duration};

use crate::handler::{
    sourced::{decider::Decider, definition::EventSourced},
    staged_message::StagedMessage,
};
use waxseal_message::{Command, Contains, Event};

/// The domain event of a decider's state.
type EventOf<D> = <<D as Decider>::State as EventSourced>::Event;

/// What a decision says: the events that it records, and the messages beside them.
pub struct Recorder<D: Decider> {
    pub(super) steps: Vec<Step<EventOf<D>>>,
}

pub(super) enum Step<E> {
    Event(E),
    Message(StagedMessage),
}

impl<D: Decider> Default for Recorder<D> {
    fn default() -> Self {
        Self { steps: Vec::new() }
    }
}

impl<D: Decider> fmt::Debug for Recorder<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let recorded = self.recorded().count();
        f.debug_struct("Recorder").field("recorded", &recorded).finish_non_exhaustive()
    }
}

impl<D: Decider> Recorder<D> {
    /// Records an event. It is appended to the history with the commit, and translated.
    pub fn record(&mut self, event: EventOf<D>) {
        self.steps.push(Step::Event(event));
    }

    /// Emits an event that `Emits` declares and that is no translation of a recorded one: an answer
    /// to a message that changes nothing.
    pub fn emit<E: Event, At>(&mut self, event: E)
    where
        D::Emits: Contains<E, At>,
    {
        self.steps.push(Step::Message(StagedMessage::new(&event)));
    }

    /// Sends a command that `Emits` declares to its recipient.
    pub fn send<C: Command, At>(&mut self, command: C)
    where
        D::Emits: Contains<C, At>,
    {
        self.steps.push(Step::Message(StagedMessage::new(&command)));
    }

    /// As [`Out::send_after`](crate::Out::send_after).
    pub fn send_after<C: Command, At>(&mut self, command: C, after: Duration)
    where
        D::Emits: Contains<C, At>,
    {
        self.steps.push(Step::Message(StagedMessage { after: Some(after), ..StagedMessage::new(&command) }));
    }

    /// The recorded events so far, in order: for tests.
    pub fn recorded(&self) -> impl Iterator<Item = &EventOf<D>> {
        self.steps.iter().filter_map(|step| match step {
            Step::Event(event) => Some(event),
            Step::Message(_) => None,
        })
    }

    /// The messages so far that are no translation, in order: for tests.
    pub fn staged(&self) -> impl Iterator<Item = &StagedMessage> {
        self.steps.iter().filter_map(|step| match step {
            Step::Message(message) => Some(message),
            Step::Event(_) => None,
        })
    }
}

/// The messages that say to others what a recorded event means.
#[derive(Debug)]
pub struct Translation<D> {
    pub(super) staged: Vec<StagedMessage>,
    decider: PhantomData<fn() -> D>,
}

impl<D> Default for Translation<D> {
    fn default() -> Self {
        Self { staged: Vec::new(), decider: PhantomData }
    }
}

impl<D: Decider> Translation<D> {
    /// Emits an event that `Emits` declares.
    pub fn emit<E: Event, At>(&mut self, event: E)
    where
        D::Emits: Contains<E, At>,
    {
        self.staged.push(StagedMessage::new(&event));
    }

    /// Emits an event that `Emits` declares as the next one in the entity's sequence, as
    /// [`Unit::emit_in_sequence`](crate::Unit::emit_in_sequence) does (S-34).
    pub fn emit_in_sequence<E: Event, At>(&mut self, event: E)
    where
        D::Emits: Contains<E, At>,
    {
        self.staged.push(StagedMessage { in_sequence: true, ..StagedMessage::new(&event) });
    }

    /// Sends a command that `Emits` declares to its recipient.
    pub fn send<C: Command, At>(&mut self, command: C)
    where
        D::Emits: Contains<C, At>,
    {
        self.staged.push(StagedMessage::new(&command));
    }

    /// As [`Out::send_after`](crate::Out::send_after).
    pub fn send_after<C: Command, At>(&mut self, command: C, after: Duration)
    where
        D::Emits: Contains<C, At>,
    {
        self.staged.push(StagedMessage { after: Some(after), ..StagedMessage::new(&command) });
    }

    /// The messages so far, in order: for tests.
    #[must_use]
    pub fn staged(&self) -> &[StagedMessage] {
        &self.staged
    }
}

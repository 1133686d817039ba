//! The pure form of a handler: one entity, no I/O, no clock, no `await`.

use std::{borrow::Cow, marker::PhantomData};

use crate::{
    fault::Fault,
    handler::{replay::Replay, sequencing::Sequencing},
    row::Entity,
};
use waxseal_message::{Command, Contains, Emits, Envelope, Event, InvalidTenant, Message, Tenant};

/// A reaction that is a function of one entity and one event.
///
/// The engine reads the entity together with the receipt (one request for both), decides, commits, and decides again
/// where somebody else wrote first. A test needs no runtime:
///
/// ```
/// use std::borrow::Cow;
/// use serde::{Deserialize, Serialize};
/// use waxseal::{Decide, Entity, Envelope, Fault, Out, Timestamp};
///
/// #[derive(Serialize, Deserialize)] struct ParcelScanned { parcel: String }
/// waxseal::event!(ParcelScanned { name: "parcel.scanned", version: 1, owner: "shipping" });
/// #[derive(Serialize, Deserialize, Default, PartialEq, Debug)] struct Scans { count: u64 }
/// impl Entity for Scans { const KIND: &'static str = "scans"; }
///
/// struct CountScans;
/// impl Decide for CountScans {
///     const NAME: &str = "count-scans";
///     type Event = ParcelScanned;
///     type State = Scans;
///     type Emits = ();
///     fn key(event: &ParcelScanned) -> Cow<'_, str> { Cow::Borrowed(&event.parcel) }
///     fn decide(&self, scans: &mut Scans, _: &Envelope<ParcelScanned>, _: &mut Out<()>) -> Result<(), Fault> {
///         scans.count += 1;
///         Ok(())
///     }
/// }
/// let event = Envelope::starting("e1", "shipping", Timestamp::UNIX_EPOCH, ParcelScanned { parcel: "p1".into() });
/// let (mut scans, mut out) = (Scans::default(), Out::default());
/// CountScans.decide(&mut scans, &event, &mut out).unwrap();
/// assert_eq!(scans, Scans { count: 1 });
/// ```
pub trait Decide: Send + Sync + 'static {
    /// As [`Handler::NAME`](crate::Handler::NAME).
    const NAME: &'static str;
    /// What it reacts to.
    type Event: Message;
    /// The entity that it changes; the default is what a new one starts from.
    type State: Entity + Default;
    /// As [`Handler::Emits`](crate::Handler::Emits).
    type Emits: Emits;
    /// As [`Handler::SEQUENCING`](crate::Handler::SEQUENCING).
    const SEQUENCING: Sequencing = Sequencing::Arrival;
    /// As [`Handler::REPLAY`](crate::Handler::REPLAY).
    const REPLAY: Replay = Replay::Suppressed;

    /// Which entity the event is about, from the event alone.
    fn key(event: &Self::Event) -> Cow<'_, str>;

    /// Changes the state and says what happened. State left as it was is not written.
    ///
    /// # Errors
    /// A [`Fault`] says whether to retry or to dead-letter; nothing is committed.
    fn decide(
        &self,
        state: &mut Self::State,
        event: &Envelope<Self::Event>,
        out: &mut Out<Self::Emits>,
    ) -> Result<(), Fault>;
}

/// What a [`Decide`] emits and sends, in order.
#[derive(Debug)]
pub struct Out<S> {
    pub(crate) said: Vec<StagedMessage>,
    set: PhantomData<fn() -> S>,
}

#[derive(Debug)]
pub(crate) struct StagedMessage {
    pub(crate) declared: crate::Declared,
    pub(crate) data: Result<Box<serde_json::value::RawValue>, serde_json::Error>,
    pub(crate) tenant: Result<Option<Tenant>, InvalidTenant>,
    /// As the next one in the sequence of the entity that is decided on (S-34).
    pub(crate) in_sequence: bool,
}

impl StagedMessage {
    pub(crate) fn new<M: Message>(message: &M) -> Self {
        let data = serde_json::value::to_raw_value(message);
        let tenant = message.tenant().map(|name| Tenant::new(&name)).transpose();
        Self { declared: crate::Declared::of::<M>(), data, tenant, in_sequence: false }
    }
}

impl<S> Default for Out<S> {
    fn default() -> Self {
        Self { said: Vec::new(), set: PhantomData }
    }
}

impl<S: Emits> Out<S> {
    /// Emits an event that `Emits` declares.
    pub fn emit<E: Event, At>(&mut self, event: E)
    where
        S: Contains<E, At>,
    {
        self.said.push(StagedMessage::new(&event));
    }

    /// Emits an event that `Emits` declares as the next one in the sequence of the entity that is decided on, as
    /// [`Unit::emit_in_sequence`](crate::Unit::emit_in_sequence) does. The count is part of the entity's item, so it is written even
    /// where its state is left as it was.
    pub fn emit_in_sequence<E: Event, At>(&mut self, event: E)
    where
        S: Contains<E, At>,
    {
        self.said.push(StagedMessage { in_sequence: true, ..StagedMessage::new(&event) });
    }

    /// Sends a command that `Emits` declares to its recipient.
    pub fn send<C: Command, At>(&mut self, command: C)
    where
        S: Contains<C, At>,
    {
        self.said.push(StagedMessage::new(&command));
    }

    /// The names of what was said, for tests.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        self.said.iter().map(|said| said.declared.name).collect()
    }
}

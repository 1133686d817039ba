//! The pure form of a handler: one entity and every message that may change it. It has no I/O, no
//! clock and no `await`.

use std::{borrow::Cow, error::Error, marker::PhantomData, time::Duration};

use crate::{
    handler::{refusal::Refusal, replay::Replay, sequencing::Sequencing, staged_message::StagedMessage},
    row::Entity,
};
use waxseal_message::{Command, Contains, Emits, Envelope, Event, Message};
use waxseal_pattern::Filter;

/// One kind of entity and everything that may change it, decided by pure functions.
///
/// The engine reads the entity together with the receipt in one request, decides and commits. It
/// decides again where another writer was first. Messages about one entity that arrive in one batch
/// share its read and its write, whatever their types. An entity that does not exist is `None`, and
/// a decision that leaves `None` deletes it.
///
/// ```
/// use std::borrow::Cow;
/// use serde::{Deserialize, Serialize};
/// use waxseal::{Aggregate, Decide, Entity, Envelope, Out, Refusal, Service, Timestamp};
///
/// #[derive(Serialize, Deserialize)] struct OpenTab { table: u32 }
/// waxseal::command!(OpenTab { name: "open-tab", version: 1, recipient: "bar" });
/// #[derive(Serialize, Deserialize)] struct DrinkServed { table: u32, cents: u64 }
/// waxseal::event!(DrinkServed { name: "drink.served", version: 1, owner: "kitchen" });
///
/// #[derive(Serialize, Deserialize, PartialEq, Debug)] struct Tab { cents: u64 }
/// impl Entity for Tab { const KIND: &'static str = "tab"; }
///
/// #[derive(Debug, PartialEq, thiserror::Error)]
/// enum Refused {
///     #[error("table {0} has an open tab")] Open(u32),
///     #[error("table {0} has no tab")] NoTab(u32),
/// }
///
/// struct Tabs;
/// impl Aggregate for Tabs {
///     const NAME: &str = "tabs";
///     type State = Tab;
///     type Decides = (OpenTab, DrinkServed);
///     type Emits = ();
///     type Refusal = Refused;
/// }
/// impl Decide<OpenTab> for Tabs {
///     fn key(open: &OpenTab) -> Cow<'_, str> { open.table.to_string().into() }
///     fn decide(&self, tab: &mut Option<Tab>, open: &Envelope<OpenTab>, _: &mut Out<Self>) -> Result<(), Refusal<Refused>> {
///         if tab.is_some() { return Err(Refused::Open(open.data.table).into()); }
///         *tab = Some(Tab { cents: 0 });
///         Ok(())
///     }
/// }
/// impl Decide<DrinkServed> for Tabs {
///     fn key(drink: &DrinkServed) -> Cow<'_, str> { drink.table.to_string().into() }
///     fn decide(&self, tab: &mut Option<Tab>, drink: &Envelope<DrinkServed>, _: &mut Out<Self>) -> Result<(), Refusal<Refused>> {
///         tab.as_mut().ok_or(Refused::NoTab(drink.data.table))?.cents += drink.data.cents;
///         Ok(())
///     }
/// }
/// let service = Service::new("bar").aggregate(Tabs);
/// assert_eq!(service.catalog().len(), 2);
///
/// // A test needs no runtime; the crate `waxseal-testing` makes it shorter still.
/// let drink = Envelope::starting("e1", "kitchen", Timestamp::UNIX_EPOCH, DrinkServed { table: 4, cents: 350 });
/// let refusal = Tabs.decide(&mut None, &drink, &mut Out::default()).unwrap_err();
/// assert_eq!(refusal.reason(), Some(&Refused::NoTab(4)));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an `Aggregate`",
    label = "expected an aggregate",
    note = "register a `Handler` with `.handler(..)` and an `Effect` with `.effect(..)`"
)]
pub trait Aggregate: Send + Sync + Sized + 'static {
    /// Unique in its service. With the message's name it is part of each receipt's key.
    const NAME: &'static str;
    /// Names that the aggregate had before, newest first, as
    /// [`Handler::FORMER_NAMES`](crate::Handler::FORMER_NAMES).
    const FORMER_NAMES: &'static [&'static str] = &[];
    /// The entity on which it decides.
    type State: Entity;
    /// Every message that it decides, as a tuple: `(PlaceOrder, CancelOrder)`. Each has a
    /// [`Decide`] of its own.
    type Decides: Decides<Self>;
    /// As [`Handler::Emits`](crate::Handler::Emits), for all its messages together.
    type Emits: Emits;
    /// The type of its refusals; [`Infallible`](std::convert::Infallible) where it refuses no
    /// message.
    type Refusal: Error + Send + Sync + 'static;
}

/// The decision of an [`Aggregate`] about one of its messages.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what it decides about `{M}`",
    label = "`{M}` has no decision",
    note = "write `impl Decide<{M}> for {Self}`, or take `{M}` out of `type Decides`"
)]
pub trait Decide<M: Message>: Aggregate {
    /// Names of handlers that handled the message before the aggregate did, newest first. They are older than the aggregate's own
    /// [former names](Aggregate::FORMER_NAMES).
    const FORMER_NAMES: &'static [&'static str] = &[];
    /// As [`Handler::SEQUENCING`](crate::Handler::SEQUENCING).
    const SEQUENCING: Sequencing = Sequencing::Arrival;
    /// As [`Handler::FILTER`](crate::Handler::FILTER).
    const FILTER: Filter = Filter::ALL;
    /// As [`Handler::REPLAY`](crate::Handler::REPLAY).
    const REPLAY: Replay = Replay::Suppressed;

    /// The id of the entity that the message is about, from the message alone.
    fn key(message: &M) -> Cow<'_, str>;

    /// Changes the state and emits. An unchanged state is not written. `None` deletes the entity,
    /// unless it has emitted in sequence.
    ///
    /// # Errors
    /// A [`Refusal`] commits nothing.
    fn decide(
        &self,
        state: &mut Option<Self::State>,
        message: &Envelope<M>,
        out: &mut Out<Self>,
    ) -> Result<(), Refusal<Self::Refusal>>;
}

/// The messages that an [`Aggregate`] decides: `(A,)`, `(A, B)`, up to sixteen.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a set of messages that `{A}` decides",
    label = "expected `(A,)`, `(A, B)`, …, up to sixteen",
    note = "a set of one is written with a comma: `(PlaceOrder,)`"
)]
pub trait Decides<A> {
    #[doc(hidden)]
    fn each(visitor: &mut impl EachMessage<A>);
}

/// A visitor of the type of every message that an aggregate decides.
#[doc(hidden)]
pub trait EachMessage<A> {
    fn message<M: Message>(&mut self)
    where
        A: Decide<M>;
}

macro_rules! decides {
    ($($m:ident)+) => {
        impl<A: $(Decide<$m> +)+, $($m: Message),+> Decides<A> for ($($m,)+) {
            fn each(visitor: &mut impl EachMessage<A>) {
                $(visitor.message::<$m>();)+
            }
        }
    };
}
decides!(M0);
decides!(M0 M1);
decides!(M0 M1 M2);
decides!(M0 M1 M2 M3);
decides!(M0 M1 M2 M3 M4);
decides!(M0 M1 M2 M3 M4 M5);
decides!(M0 M1 M2 M3 M4 M5 M6);
decides!(M0 M1 M2 M3 M4 M5 M6 M7);
decides!(M0 M1 M2 M3 M4 M5 M6 M7 M8);
decides!(M0 M1 M2 M3 M4 M5 M6 M7 M8 M9);
decides!(M0 M1 M2 M3 M4 M5 M6 M7 M8 M9 M10);
decides!(M0 M1 M2 M3 M4 M5 M6 M7 M8 M9 M10 M11);
decides!(M0 M1 M2 M3 M4 M5 M6 M7 M8 M9 M10 M11 M12);
decides!(M0 M1 M2 M3 M4 M5 M6 M7 M8 M9 M10 M11 M12 M13);
decides!(M0 M1 M2 M3 M4 M5 M6 M7 M8 M9 M10 M11 M12 M13 M14);
decides!(M0 M1 M2 M3 M4 M5 M6 M7 M8 M9 M10 M11 M12 M13 M14 M15);

/// The emissions of an [`Aggregate`], in order.
#[derive(Debug)]
pub struct Out<A> {
    pub(crate) staged: Vec<StagedMessage>,
    aggregate: PhantomData<fn() -> A>,
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

    /// Emits an event that `Emits` declares as the next one in the entity's sequence, as
    /// [`Unit::emit_in_sequence`](crate::Unit::emit_in_sequence) does. The count is part of the
    /// entity's item, so it is written even where the state is unchanged, and a decision that
    /// leaves no state fails.
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

    /// As [`Out::send`], with a delay: the recipient sees the command `after` the commit's time at
    /// the earliest. The longest delay is 900 s, in whole seconds. A longer one fails the message
    /// with a [`DelayError`](crate::DelayError), and nothing is committed.
    pub fn send_after<C: Command, At>(&mut self, command: C, after: Duration)
    where
        A::Emits: Contains<C, At>,
    {
        self.staged.push(StagedMessage { after: Some(after), ..StagedMessage::new(&command) });
    }
}

impl<A> Out<A> {
    /// The emissions so far, for tests.
    #[must_use]
    pub fn staged(&self) -> &[StagedMessage] {
        &self.staged
    }
}

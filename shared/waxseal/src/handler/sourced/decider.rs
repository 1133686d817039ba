//! The pure form of a handler on an event-sourced state.

use std::{borrow::Cow, error::Error, fmt, marker::PhantomData, time::Duration};

use crate::handler::{
    refusal::Refusal,
    replay::Replay,
    sequencing::Sequencing,
    sourced::definition::{EventSourced, Recorded},
    staged_message::StagedMessage,
};
use waxseal_message::{Command, Contains, Emits, Envelope, Event, Message};
use waxseal_pattern::Filter;

/// An event-sourced state and every message that it decides, by pure functions.
///
/// The engine reads the state together with the receipt, decides, and commits the events with the
/// receipt and the translated messages in one request. It decides again where another writer was
/// first. Messages about one entity that arrive in one batch share a read and a write.
///
/// ```
/// use std::borrow::Cow;
/// use serde::{Deserialize, Serialize};
/// use waxseal::{Decider, DomainEvent, Envelope, EventSourced, Record, Recorded, Recorder, Refusal, Service, Translation};
///
/// #[derive(Serialize, Deserialize)] struct Withdraw { account: String, cents: u64 }
/// waxseal::command!(Withdraw { name: "withdraw", version: 1, recipient: "bank" });
/// #[derive(Serialize, Deserialize)] struct AccountEmptied { account: String }
/// waxseal::event!(AccountEmptied { name: "account.emptied", version: 1, owner: "bank" });
///
/// # #[derive(Serialize, Deserialize)]
/// # enum Moved { Withdrawn { cents: u64 } }
/// # impl DomainEvent for Moved {}
/// # #[derive(Default, Serialize, Deserialize)]
/// # struct Account { cents: u64 }
/// # impl EventSourced for Account {
/// #     const KIND: &'static str = "account";
/// #     type Event = Moved;
/// #     fn apply(account: &mut Option<Self>, event: &Moved) {
/// #         let Moved::Withdrawn { cents } = event;
/// #         account.get_or_insert_default().cents -= cents;
/// #     }
/// # }
/// #[derive(Debug, thiserror::Error)]
/// #[error("the account has less than that")]
/// struct TooLittle;
///
/// struct Accounts;
/// impl Decider for Accounts {
///     const NAME: &str = "accounts";
///     type State = Account;
///     type Decides = (Withdraw,);
///     type Emits = (AccountEmptied,);
///     type Refusal = TooLittle;
///     fn translate(moved: &Recorded<Moved>, account: Option<&Account>, out: &mut Translation<Self>) {
///         if account.is_some_and(|account| account.cents == 0) {
///             out.emit(AccountEmptied { account: moved.entity.clone() });
///         }
///     }
/// }
/// impl Record<Withdraw> for Accounts {
///     fn key(withdraw: &Withdraw) -> Cow<'_, str> { (&*withdraw.account).into() }
///     fn decide(&self, account: Option<&Account>, withdraw: &Envelope<Withdraw>, out: &mut Recorder<Self>) -> Result<(), Refusal<TooLittle>> {
///         let cents = withdraw.data.cents;
///         if account.is_none_or(|account| account.cents < cents) { return Err(TooLittle.into()); }
///         out.record(Moved::Withdrawn { cents });
///         Ok(())
///     }
/// }
/// let service = Service::new("bank").decider(Accounts);
/// assert!(service.has_histories());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Decider`",
    label = "expected a decider",
    note = "register an `Aggregate` with `.aggregate(..)` and a `Handler` with `.handler(..)`"
)]
pub trait Decider: Send + Sync + Sized + 'static {
    /// As [`Aggregate::NAME`](crate::Aggregate::NAME).
    const NAME: &'static str;
    /// As [`Aggregate::FORMER_NAMES`](crate::Aggregate::FORMER_NAMES).
    const FORMER_NAMES: &'static [&'static str] = &[];
    /// The state on which it decides.
    type State: EventSourced;
    /// Every message that it decides, as a tuple. Each has a [`Record`] of its own.
    type Decides: Records<Self>;
    /// The messages that it may emit or send.
    type Emits: Emits;
    /// As [`Aggregate::Refusal`](crate::Aggregate::Refusal).
    type Refusal: Error + Send + Sync + 'static;

    /// What others learn of a recorded event: the translation of a domain event to messages.
    /// `state` is the state after the event. It is called once for each event, in order, before the
    /// commit. The default says nothing.
    fn translate(
        _recorded: &Recorded<<Self::State as EventSourced>::Event>,
        _state: Option<&Self::State>,
        _out: &mut Translation<Self>,
    ) {
    }
}

/// The decision of a [`Decider`] about one of its messages.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what it decides about `{M}`",
    label = "`{M}` has no decision",
    note = "write `impl Record<{M}> for {Self}`, or take `{M}` out of `type Decides`"
)]
pub trait Record<M: Message>: Decider {
    /// As [`Decide::FORMER_NAMES`](crate::Decide::FORMER_NAMES).
    const FORMER_NAMES: &'static [&'static str] = &[];
    /// As [`Handler::SEQUENCING`](crate::Handler::SEQUENCING).
    const SEQUENCING: Sequencing = Sequencing::Arrival;
    /// As [`Handler::FILTER`](crate::Handler::FILTER).
    const FILTER: Filter = Filter::ALL;
    /// As [`Handler::REPLAY`](crate::Handler::REPLAY).
    const REPLAY: Replay = Replay::Suppressed;

    /// The id of the entity that the message is about, from the message alone.
    fn key(message: &M) -> Cow<'_, str>;

    /// Says what happens to the state because of the message. Recording nothing is a decision, too:
    /// the message has taken effect, and the history stays as it is.
    ///
    /// # Errors
    /// A [`Refusal`] commits nothing.
    fn decide(
        &self,
        state: Option<&Self::State>,
        message: &Envelope<M>,
        out: &mut Recorder<Self>,
    ) -> Result<(), Refusal<Self::Refusal>>;
}

/// The messages that a [`Decider`] decides: `(A,)`, `(A, B)`, up to sixteen.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a set of messages that `{D}` decides",
    label = "expected `(A,)`, `(A, B)`, …, up to sixteen",
    note = "a set of one is written with a comma: `(PlaceOrder,)`"
)]
pub trait Records<D> {
    #[doc(hidden)]
    fn each(visitor: &mut impl EachRecord<D>);
}

/// A visitor of the type of every message that a decider decides.
#[doc(hidden)]
pub trait EachRecord<D> {
    fn message<M: Message>(&mut self)
    where
        D: Record<M>;
}

macro_rules! records {
    ([$($done:ident)+]) => {
        impl<D: $(Record<$done> +)+, $($done: Message),+> Records<D> for ($($done,)+) {
            fn each(visitor: &mut impl EachRecord<D>) {
                $(visitor.message::<$done>();)+
            }
        }
    };
    ([$($done:ident)+] $next:ident $($rest:ident)*) => {
        records!([$($done)+]);
        records!([$($done)+ $next] $($rest)*);
    };
}
records!([M0] M1 M2 M3 M4 M5 M6 M7 M8 M9 M10 M11 M12 M13 M14 M15);

/// The domain event of a decider's state.
type EventOf<D> = <<D as Decider>::State as EventSourced>::Event;

/// What a decision says: the events that it records, and the messages beside them.
pub struct Recorder<D: Decider> {
    pub(super) steps: Vec<Step<EventOf<D>>>,
}

pub(super) enum Step<E> {
    Event(E),
    Message(Box<StagedMessage>),
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
        self.say(StagedMessage::new(&event));
    }

    /// Sends a command that `Emits` declares to its recipient.
    pub fn send<C: Command, At>(&mut self, command: C)
    where
        D::Emits: Contains<C, At>,
    {
        self.say(StagedMessage::new(&command));
    }

    /// As [`Out::send_after`](crate::Out::send_after).
    pub fn send_after<C: Command, At>(&mut self, command: C, after: Duration)
    where
        D::Emits: Contains<C, At>,
    {
        self.say(StagedMessage { after: Some(after), ..StagedMessage::new(&command) });
    }

    fn say(&mut self, message: StagedMessage) {
        self.steps.push(Step::Message(Box::new(message)));
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
            Step::Message(message) => Some(&**message),
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

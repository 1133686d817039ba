//! A projection, and what it does at one kind of event.

use std::marker::PhantomData;

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    fault::Fault,
    handler::{
        projection::key::{RowKey, Rows},
        replay::Replay,
        sequencing::Sequencing,
        staged_message::StagedMessage,
    },
};
use waxseal_message::{Channel, Contains, Declared, Emits, Envelope, Event, Message};
use waxseal_pattern::Filter;

/// Rows that are folded from events, to be read: a read model.
///
/// An event takes effect exactly once on all its rows, in one write request with its receipt. Events
/// that arrive in one batch share a read and a write. A projection sends no command, so it can be
/// built again from old events: raise [`VERSION`](Self::VERSION), and the new rows are beside the old.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use waxseal::{Envelope, Fault, Project, Projection, Raised, RowKey, Rows, Service};
///
/// #[derive(Serialize, Deserialize)] struct TicketSold { show: String, seats: u32 }
/// waxseal::event!(TicketSold { name: "ticket.sold", version: 1, owner: "box-office" });
///
/// #[derive(Debug, Default, PartialEq, Serialize, Deserialize)] struct Sold { seats: u64 }
///
/// struct SoldSeats;
/// impl Projection for SoldSeats {
///     const NAME: &str = "sold-seats";
///     type Row = Sold;
///     type Reads = (TicketSold,);
///     type Emits = ();
/// }
/// impl Project<TicketSold> for SoldSeats {
///     fn rows(sold: &Envelope<TicketSold>) -> Vec<RowKey> {
///         vec![RowKey::new("shows", &sold.data.show)]
///     }
///     fn fold(&self, rows: &mut Rows<Sold>, sold: &Envelope<TicketSold>, _: &mut Raised<Self>) -> Result<(), Fault> {
///         for (_, row) in rows.iter_mut() {
///             row.get_or_insert_default().seats += u64::from(sold.data.seats);
///         }
///         Ok(())
///     }
/// }
/// let service = Service::new("statistics").projection(SoldSeats);
/// assert_eq!(service.catalog()[0].consumer(), "statistics/sold-seats@1/ticket.sold");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Projection`",
    label = "expected a projection",
    note = "register an `Aggregate` with `.aggregate(..)` and a `Handler` with `.handler(..)`"
)]
pub trait Projection: Send + Sync + Sized + 'static {
    /// Unique in its service. With the version it is part of the keys of its receipts and rows.
    const NAME: &'static str;
    /// The version of its rows. Another version is another consumer, with receipts and rows of its
    /// own.
    const VERSION: u16 = 1;
    /// A row.
    type Row: Serialize + DeserializeOwned + Send + Sync + 'static;
    /// The events that it folds, as a tuple. Each has a [`Project`] of its own.
    type Reads: Projects<Self>;
    /// The events that it may raise: what its rows show that no single event does. It sends no
    /// commands.
    type Emits: EmitsEvents;
}

/// What a [`Projection`] does at one kind of event.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what it does at `{M}`",
    label = "`{M}` changes no row",
    note = "write `impl Project<{M}> for {Self}`, or take `{M}` out of `type Reads`"
)]
pub trait Project<M: Message>: Projection {
    /// The treatment of an entity's events that arrive out of order (S-34). A projection that declares
    /// none must give the same rows in every order of events of different entities (E-10).
    const SEQUENCING: Sequencing = Sequencing::Arrival;
    /// As [`Handler::FILTER`](crate::Handler::FILTER).
    const FILTER: Filter = Filter::ALL;

    /// The rows that the event concerns, from the event alone. An event that concerns none is remembered.
    fn rows(event: &Envelope<M>) -> Vec<RowKey>;

    /// Changes the rows that the event concerns; `None` is no row. It has no I/O and no clock.
    ///
    /// # Errors
    /// A fault changes no row. An event that cannot be folded, such as one with an impossible amount,
    /// is a permanent fault: it is a dead letter with the reason.
    fn fold(
        &self,
        rows: &mut Rows<Self::Row>,
        event: &Envelope<M>,
        raised: &mut Raised<Self>,
    ) -> Result<(), Fault>;
}

/// Rows are kept live; a rebuild has rows of its own version.
pub(super) const REPLAY: Replay = Replay::Suppressed;

/// The events that a projection may raise: `()`, `(A,)`, `(A, B)`, up to sixteen.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a set of events that a projection may raise",
    label = "expected `()`, `(A,)`, `(A, B)`, …, of events",
    note = "a projection only shows: what is to be done because of it is decided by a reader of its event"
)]
pub trait EmitsEvents: Emits {}
impl<S: Emits> EmitsEvents for S {}

/// Refuses what a projection cannot do, when it is registered.
pub(in crate::handler) const fn check<P: Projection, M: Message>() {
    assert!(
        !matches!(M::CHANNEL, Channel::Queue(_)),
        "`type Reads` names a command: a projection folds events; a command is decided by an `Aggregate` or a `Handler`"
    );
    check_emits(<P::Emits as Emits>::DECLARED);
}

const fn check_emits(mut emits: &[Declared]) {
    while let [first, rest @ ..] = emits {
        assert!(
            !matches!(first.channel, Channel::Queue(_)),
            "`type Emits` of a projection names a command: a projection only shows; raise an event, and let its reader decide"
        );
        emits = rest;
    }
}

/// The events that a [`Projection`] folds: `(A,)`, `(A, B)`, up to sixteen.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a set of events that `{P}` folds",
    label = "expected `(A,)`, `(A, B)`, …, up to sixteen",
    note = "a set of one is written with a comma: `(OrderPlaced,)`"
)]
pub trait Projects<P> {
    #[doc(hidden)]
    fn each(visitor: &mut impl EachProjected<P>);
}

/// A visitor of the type of every event that a projection folds.
#[doc(hidden)]
pub trait EachProjected<P> {
    fn event<M: Message>(&mut self)
    where
        P: Project<M>;
}

macro_rules! projects {
    ([$($done:ident)+]) => {
        impl<P: $(Project<$done> +)+, $($done: Message),+> Projects<P> for ($($done,)+) {
            fn each(visitor: &mut impl EachProjected<P>) {
                $(visitor.event::<$done>();)+
            }
        }
    };
    ([$($done:ident)+] $next:ident $($rest:ident)*) => {
        projects!([$($done)+]);
        projects!([$($done)+ $next] $($rest)*);
    };
}
projects!([M0] M1 M2 M3 M4 M5 M6 M7 M8 M9 M10 M11 M12 M13 M14 M15);

/// The events that a projection raises, in order.
#[derive(Debug)]
pub struct Raised<P> {
    pub(super) staged: Vec<StagedMessage>,
    projection: PhantomData<fn() -> P>,
}

impl<P> Default for Raised<P> {
    fn default() -> Self {
        Self { staged: Vec::new(), projection: PhantomData }
    }
}

impl<P: Projection> Raised<P> {
    /// Raises an event that `Emits` declares.
    pub fn emit<E: Event, At>(&mut self, event: E)
    where
        P::Emits: Contains<E, At>,
    {
        self.staged.push(StagedMessage::new(&event));
    }

    /// The events so far, for tests.
    #[must_use]
    pub fn staged(&self) -> &[StagedMessage] {
        &self.staged
    }
}

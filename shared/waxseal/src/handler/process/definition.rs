//! The definition of a process.

use std::{borrow::Cow, fmt::Debug, time::Duration};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    fault::Fault,
    handler::{
        process::{
            cause::Cause,
            instance::{Instance, State},
        },
        staged_message::StagedMessage,
    },
};
use waxseal_message::{Emits, Envelope, Message};

/// A long-running flow that one owner answers for, with timers and compensation: a saga.
///
/// A process is an aggregate: its steps are pure functions of its instance and one input, without
/// I/O, clock or `await`. An instance is one row. A step commits the receipt of its input, the row
/// and the commands that it sends in one request. Inputs of one instance that arrive in one batch
/// share a read and a write.
///
/// What the engine does beside the steps:
/// - A reply is matched with the command that caused it, so the instance knows which of its
///   commands were handled.
/// - A timer is data in the row. It fires once, and a reply that comes first clears it (G-1,
///   S-69).
/// - [`Flow::compensate`] undoes the commands that were sent, the last first, each within a
///   deadline and a number of tries (G-2).
/// - An input that meets no instance, or one that has ended, is recorded in its row (G-3).
///
/// ```
/// use std::{borrow::Cow, time::Duration};
/// use serde::{Deserialize, Serialize};
/// use waxseal::{Begin, Envelope, Flow, Process, Service, Step};
///
/// # #[derive(Serialize, Deserialize)] struct OrderPlaced { order: String, quantity: u32 }
/// # waxseal::event!(OrderPlaced { name: "order.placed", version: 1, owner: "orders" });
/// # #[derive(Serialize, Deserialize)] struct StockReserved { order: String }
/// # waxseal::event!(StockReserved { name: "stock.reserved", version: 1, owner: "inventory" });
/// # #[derive(Serialize, Deserialize)] struct ReserveStock { order: String, quantity: u32 }
/// # #[derive(Serialize, Deserialize)] struct ReleaseStock { order: String }
/// # impl From<&ReserveStock> for ReleaseStock { fn from(it: &ReserveStock) -> Self { Self { order: it.order.clone() } } }
/// # waxseal::command!(ReserveStock { name: "reserve-stock", version: 1, recipient: "inventory", undo: ReleaseStock });
/// # waxseal::command!(ReleaseStock { name: "release-stock", version: 1, recipient: "inventory" });
/// # #[derive(Serialize, Deserialize)] struct OrderConfirmed { order: String }
/// # waxseal::event!(OrderConfirmed { name: "order.confirmed", version: 1, owner: "fulfilment" });
/// #[derive(Serialize, Deserialize)] struct Fulfilled { order: String }
/// #[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
/// enum At { #[default] Reserving, Confirmed }
/// #[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
/// enum Wait { Stock }
///
/// struct Fulfilment;
/// impl Process for Fulfilment {
///     const NAME: &str = "fulfilment";
///     const KIND: &str = "fulfilment";
///     type Data = Fulfilled;
///     type Step = At;
///     type Timer = Wait;
///     type Begins = (OrderPlaced,);
///     type Inputs = (StockReserved,);
///     type Emits = (ReserveStock, ReleaseStock, OrderConfirmed);
///
///     fn timeout(&self, flow: &mut Flow<Self>, Wait::Stock: Wait) {
///         flow.compensate("no answer about the stock within an hour");
///     }
/// }
/// impl Begin<OrderPlaced> for Fulfilment {
///     fn key(order: &OrderPlaced) -> Cow<'_, str> { order.order.as_str().into() }
///     fn data(order: &OrderPlaced) -> Fulfilled { Fulfilled { order: order.order.clone() } }
///     fn begin(&self, flow: &mut Flow<Self>, order: &Envelope<OrderPlaced>) {
///         flow.send(ReserveStock { order: order.data.order.clone(), quantity: order.data.quantity });
///         flow.arm(Wait::Stock, Duration::from_secs(3600));
///     }
/// }
/// impl Step<StockReserved> for Fulfilment {
///     fn key(stock: &StockReserved) -> Cow<'_, str> { stock.order.as_str().into() }
///     fn step(&self, flow: &mut Flow<Self>, _: &Envelope<StockReserved>) {
///         flow.clear(&Wait::Stock);
///         flow.go(At::Confirmed);
///         flow.emit(OrderConfirmed { order: flow.data().order.clone() });
///         flow.finish("confirmed");
///     }
/// }
/// let service = Service::new("fulfilment").process(Fulfilment);
/// assert_eq!(service.catalog().len(), 2);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Process`",
    label = "expected a process",
    note = "register an `Aggregate` with `.aggregate(..)`, and a `Handler` with `.handler(..)`"
)]
pub trait Process: Send + Sync + Sized + 'static {
    /// Unique in its service, and part of the key of each receipt: all inputs of a process share one
    /// consumer.
    const NAME: &'static str;
    /// Names that the process had before, newest first, as
    /// [`Handler::FORMER_NAMES`](crate::Handler::FORMER_NAMES).
    const FORMER_NAMES: &'static [&'static str] = &[];
    /// The first part of the key of its rows. It never changes, also where the process is renamed.
    const KIND: &'static str;
    /// The version of data, step and timer. A change that an older row does not fit raises it, and
    /// [`Process::lift`] lifts the older rows.
    const VERSION: u16 = 1;
    /// The time within which the undo of a command is answered before it is sent again.
    const UNDO_DEADLINE: Duration = Duration::from_secs(15 * 60);
    /// The number of undos of one command before the compensation counts as failed.
    const UNDO_TRIES: u32 = 5;
    /// The time for which an instance is kept after its end. The default is the horizon of receipts:
    /// 42 days (Q-3).
    const KEEP: Duration = Duration::from_secs(42 * 24 * 3600);
    /// What an instance remembers.
    type Data: Serialize + DeserializeOwned + Send + Sync + 'static;
    /// Where an instance is: an enum. It begins at the default.
    type Step: Serialize + DeserializeOwned + Clone + Debug + Default + PartialEq + Send + Sync + 'static;
    /// What an instance waits for: an enum; [`NoTimer`] for a process without timers.
    type Timer: Serialize + DeserializeOwned + Clone + Debug + PartialEq + Send + Sync + 'static;
    /// The messages that begin an instance, as a tuple. Each has a [`Begin`] of its own.
    type Begins: Begins<Self>;
    /// The messages that an instance waits for, as a tuple. Each has a [`Step`] of its own.
    type Inputs: Inputs<Self>;
    /// The messages that it may emit or send, the undos of its commands among them.
    type Emits: Emits;

    /// The step at the end of a timer. It is not called while the instance compensates.
    fn timeout(&self, flow: &mut Flow<Self>, timer: Self::Timer);

    /// The step after the last command was undone. By default the instance ends as `compensated`.
    fn compensated(&self, flow: &mut Flow<Self>) {
        flow.finish("compensated");
    }

    /// The step after a command was not undone within its tries. The instance waits for a person,
    /// who resumes the compensation or skips the command. A process emits an event here that
    /// somebody reads.
    fn compensation_failed(&self, _flow: &mut Flow<Self>, _command: &str) {}

    /// Lifts the parts of a row of an older version.
    ///
    /// # Errors
    /// The input is retried until a build that can read the row is deployed. The default lifts
    /// nothing.
    fn lift(past: &mut Past) -> Result<(), Fault> {
        Err(Fault::retry(format!(
            "a row of version {} is not lifted to version {}",
            past.version,
            Self::VERSION
        )))
    }
}

/// The parts of a row in an older version, as JSON.
#[derive(Debug)]
#[non_exhaustive]
pub struct Past {
    /// The version of the parts.
    pub version: u16,
    /// The data; null where the instance has not begun.
    pub data: Value,
    /// The step; null where the instance has not begun.
    pub step: Value,
    /// The timers that are armed.
    pub timers: Vec<Value>,
}

/// The beginning of a [`Process`]'s instance by one kind of message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say how `{M}` begins an instance",
    label = "`{M}` begins nothing",
    note = "write `impl Begin<{M}> for {Self}`, or take `{M}` out of `type Begins`"
)]
pub trait Begin<M: Message>: Process {
    /// The id of the instance, from the message alone.
    fn key(message: &M) -> Cow<'_, str>;
    /// What the new instance remembers.
    fn data(message: &M) -> Self::Data;
    /// The first step.
    fn begin(&self, flow: &mut Flow<Self>, message: &Envelope<M>);
}

/// The step of a [`Process`] at one kind of message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say which step it takes at `{M}`",
    label = "`{M}` has no step",
    note = "write `impl Step<{M}> for {Self}`, or take `{M}` out of `type Inputs`"
)]
pub trait Step<M: Message>: Process {
    /// The id of the instance, from the message alone.
    fn key(message: &M) -> Cow<'_, str>;
    /// The step. It is called while the instance runs. While it compensates, and after its end, a
    /// message is recorded and matched with its command, and no step is called.
    fn step(&self, flow: &mut Flow<Self>, message: &Envelope<M>);
}

/// The timer of a process without timers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoTimer {}

/// The messages that begin an instance: `(A,)`, `(A, B)`, up to eight.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a set of messages that begin `{P}`",
    label = "expected `(A,)`, `(A, B)`, …, up to eight",
    note = "a set of one is written with a comma: `(OrderPlaced,)`"
)]
pub trait Begins<P> {
    #[doc(hidden)]
    fn each(visitor: &mut impl EachInput<P>);
}

/// The messages that an instance waits for: `()`, `(A,)`, up to sixteen.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a set of messages that `{P}` waits for",
    label = "expected `()`, `(A,)`, `(A, B)`, …, up to sixteen",
    note = "a set of one is written with a comma: `(StockReserved,)`"
)]
pub trait Inputs<P> {
    #[doc(hidden)]
    fn each(visitor: &mut impl EachInput<P>);
}

/// A visitor of the type of every input of a process.
#[doc(hidden)]
pub trait EachInput<P> {
    fn begins<M: Message>(&mut self)
    where
        P: Begin<M>;
    fn steps<M: Message>(&mut self)
    where
        P: Step<M>;
}

impl<P> Inputs<P> for () {
    fn each(_: &mut impl EachInput<P>) {}
}

macro_rules! sets {
    ($set:ident $input:ident $visit:ident: $($m:ident)+) => {
        impl<P: $($input<$m> +)+, $($m: Message),+> $set<P> for ($($m,)+) {
            fn each(visitor: &mut impl EachInput<P>) {
                $(visitor.$visit::<$m>();)+
            }
        }
    };
}
macro_rules! up_to {
    ($set:ident $input:ident $visit:ident: [$($done:ident)*]) => {
        sets!($set $input $visit: $($done)*);
    };
    ($set:ident $input:ident $visit:ident: [$($done:ident)+] $next:ident $($rest:ident)*) => {
        sets!($set $input $visit: $($done)+);
        up_to!($set $input $visit: [$($done)+ $next] $($rest)*);
    };
}
up_to!(Begins Begin begins: [M0] M1 M2 M3 M4 M5 M6 M7);
up_to!(Inputs Step steps: [M0] M1 M2 M3 M4 M5 M6 M7 M8 M9 M10 M11 M12 M13 M14 M15);

/// An instance of the process `P`.
pub type InstanceOf<P> = Instance<<P as Process>::Data, <P as Process>::Step, <P as Process>::Timer>;

/// An instance of a process during one of its steps.
///
/// A step reads and changes its data, sends commands, emits events, arms and clears timers, and goes
/// to another step. It has no clock: a timer is armed for a duration from the time of the input.
#[derive(Debug)]
pub struct Flow<P: Process> {
    pub(super) state: State<P::Data, P::Step>,
    /// The instance, without its state.
    pub(super) rest: InstanceOf<P>,
    pub(super) cause: Cause,
    pub(super) staged: Vec<StagedMessage>,
    pub(super) notes: Vec<String>,
    pub(super) has_moved: bool,
}

//! The leased form of a handler: for effects outside the table, which cannot join its transaction.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::{fault::Fault, handler::unit::Unit};
use waxseal_message::{Emits, Envelope, Message, Raw, Timestamp, effect_key};
use waxseal_pattern::Filter;

/// Acts on the outside world: charges a card, sends a mail.
///
/// It runs under a lease: take the lease, act with a stable key, commit with the lease's token
/// (S-10 to S-13). After a crash between the act and the commit another attempt acts again *with
/// the same key*. An outside system that honours keys thus acts once. One without keys (SMTP has
/// none) acts at least once.
///
/// ```
/// use std::time::Duration;
/// # use serde::{Deserialize, Serialize};
/// use waxseal::{Attempt, Effect, Envelope, Fault, Service, Unit};
/// # #[derive(Serialize, Deserialize)] struct OrderConfirmed { order: String }
/// # waxseal::event!(OrderConfirmed { name: "order.confirmed", version: 1, owner: "orders" });
/// # struct Carrier; impl Carrier { async fn book(&self, _: &str, _key: &str) -> Result<(), std::io::Error> { Ok(()) } }
/// struct BookCarrier { carrier: Carrier }
/// impl Effect for BookCarrier {
///     const NAME: &str = "book-carrier";
///     const KEY_TTL: Duration = Duration::from_hours(24);
///     type Event = OrderConfirmed;
///     type Emits = ();
///     async fn act(
///         &self, event: &Envelope<OrderConfirmed>, attempt: &Attempt<'_>, _: &mut Unit<'_, Self::Emits>,
///     ) -> Result<(), Fault> {
///         self.carrier.book(&event.data.order, &attempt.effect_key(0)).await.map_err(Fault::retry)
///     }
/// }
/// let service = Service::new("shipping").effect(BookCarrier { carrier: Carrier });
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an `Effect`",
    label = "expected an effect",
    note = "register a `Handler` with `.handler(..)` and an `Aggregate` with `.aggregate(..)`"
)]
pub trait Effect: Send + Sync + 'static {
    /// As [`Handler::NAME`](crate::Handler::NAME).
    const NAME: &'static str;
    /// As [`Handler::FORMER_NAMES`](crate::Handler::FORMER_NAMES).
    const FORMER_NAMES: &'static [&'static str] = &[];
    /// The time for which the outside system remembers an effect key. A retry after that could act
    /// twice, so the message is dead-lettered as "outcome unknown" instead.
    const KEY_TTL: Duration;
    /// The least length of the lease. `None` is the engine's default; a later invocation deadline
    /// wins (S-11).
    const LEASE: Option<Duration> = None;
    /// As [`Handler::FILTER`](crate::Handler::FILTER).
    const FILTER: Filter = Filter::ALL;
    /// The message that it handles.
    type Event: Message;
    /// As [`Handler::Emits`](crate::Handler::Emits).
    type Emits: Emits;

    /// Acts, with `attempt.effect_key(n)` as the key of the n-th outside call.
    ///
    /// # Errors
    /// A [`Fault`] says whether to retry or to dead-letter. An outcome such as "the card was
    /// declined" is not a fault. A permanent fault means that nothing was done outside, unless
    /// [`Fault::may_have_acted`] is set.
    fn act(
        &self,
        event: &Envelope<Self::Event>,
        attempt: &Attempt<'_>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// An effect that can compute the emissions of a success without acting.
///
/// Where the outcome of an effect is unknown, a person finds out and
/// [releases](crate::Engine::release) it as done. This function then emits what the effect would
/// have emitted. An effect with `type Emits = ()` needs no such function. Register it with
/// [`Service::effect_with_done`](crate::Service::effect_with_done).
pub trait Done: Effect {
    /// Stages what a successful [`Effect::act`] would have staged. It runs when the message is
    /// delivered again, and calls nothing outside.
    ///
    /// # Errors
    /// As for a handler. The release stays, and the message is retried or dead-lettered.
    fn done(
        &self,
        event: &Envelope<Self::Event>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// The keys that one attempt has used.
#[derive(Debug, Default)]
pub(crate) struct Keys(AtomicU64);

impl Keys {
    fn ask(&self, index: u32) {
        self.0.fetch_or(1 << (index % 64), Ordering::Relaxed);
    }

    /// Whether the attempt may have called the outside system more than once. The refusal of one
    /// call then leaves the other calls open.
    pub(crate) fn are_several(&self) -> bool {
        self.0.load(Ordering::Relaxed).count_ones() > 1
    }
}

/// The attempt of an effect.
#[derive(Debug, Clone)]
pub struct Attempt<'a> {
    pub(crate) keys: &'a Keys,
    pub(crate) number: u32,
    pub(crate) first_at: Timestamp,
    pub(crate) cause: &'a Raw,
    pub(crate) consumer: &'a str,
    /// The command that this one undoes.
    pub(crate) undone: Option<&'a Undone>,
}

/// A command that is undone: what its effect keys are made of.
#[derive(Debug)]
pub(crate) struct Undone {
    pub(crate) source: String,
    pub(crate) id: String,
    pub(crate) consumer: Arc<str>,
}

impl Attempt<'_> {
    /// The number of the attempt: 1 the first time, and one more after every lease without a
    /// commit.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The time at which the first attempt took the lease.
    #[must_use]
    pub fn first_at(&self) -> Timestamp {
        self.first_at
    }

    /// The idempotency key of the `index`-th outside call. It is the same on every attempt (S-10).
    #[must_use]
    pub fn effect_key(&self, index: u32) -> String {
        self.keys.ask(index);
        effect_key(&self.cause.source, &self.cause.id, self.consumer, index)
    }

    /// The idempotency key of the `index`-th outside call of the command that this command undoes;
    /// `None` where it undoes none. The command may have made the call, and its answer may be lost:
    /// the outside system knows it by this key (S-72).
    #[must_use]
    pub fn undone_key(&self, index: u32) -> Option<String> {
        self.undone.map(|Undone { source, id, consumer }| effect_key(source, id, consumer, index))
    }
}

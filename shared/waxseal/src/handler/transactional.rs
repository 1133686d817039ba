//! The reaction to one kind of event.

use std::future::Future;

use crate::{
    fault::Fault,
    handler::{replay::Replay, sequencing::Sequencing, unit::Unit},
};
use waxseal_message::{Emits, Envelope, Message};
use waxseal_pattern::Filter;

/// Reacts to one kind of event or command, inside one unit of work.
///
/// The crate's front page has an example. There is no public commit and no client in scope: `Ok`
/// commits what was staged on the unit, and `Err` leaves no trace. The body may run more than once
/// for one event: when a condition on state fails, or for a duplicate that is found at its first
/// read or at the commit. So anything that an outside system can see belongs in an
/// [`Effect`](crate::Effect).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Handler`",
    label = "expected a handler",
    note = "register an `Aggregate` with `.aggregate(..)` and an `Effect` with `.effect(..)`"
)]
pub trait Handler: Send + Sync + 'static {
    /// Unique in its service and part of the receipt's key. A handler that is renamed lists its old
    /// name in `FORMER_NAMES`. Otherwise the rename makes old events new.
    const NAME: &'static str;
    /// Names that it had before, newest first (S-49). Receipts, effect keys and the ids of emitted
    /// messages stay those of the oldest name, so a message that took effect under a former name is
    /// a duplicate. Each commit writes a completed receipt under every other name too.
    ///
    /// The price is one item more in the read that is made anyway, or one read, and one item more
    /// in the write, for each name. A name may leave the list once the horizon has passed since its
    /// last build ran. The oldest name of an effect may leave only while no message of it is under
    /// way.
    const FORMER_NAMES: &'static [&'static str] = &[];
    /// The message that it handles. Older versions arrive already lifted.
    type Event: Message;
    /// The messages that it may emit or send.
    type Emits: Emits;
    /// The treatment of an entity's events that arrive out of order (S-34). A handler
    /// [without a receipt](crate::Service::naturally_idempotent) has none.
    const SEQUENCING: Sequencing = Sequencing::Arrival;
    /// The payloads that it wants (S-65). A message with another payload is ignored by this handler
    /// alone: nothing is read, and no receipt is written. The rule or the subscription of its event
    /// holds the filters of all its handlers in the service, so that what nobody wants costs nothing.
    ///
    /// The filter sees the payload as it was published, before a `From` lifts an older version. It
    /// cannot be combined with `Sequencing::Gapless`, with a command, or with a claim check.
    ///
    /// ```
    /// # use serde::{Deserialize, Serialize};
    /// use waxseal::{Envelope, Fault, Filter, Handler, Service, Unit};
    /// # #[derive(Serialize, Deserialize)] struct OrderPlaced { country: String, cents: u64 }
    /// # waxseal::event!(OrderPlaced { name: "order.placed", version: 1, owner: "orders" });
    /// struct CheckFraud;
    /// impl Handler for CheckFraud {
    ///     const NAME: &str = "check-fraud";
    ///     const FILTER: Filter = Filter::new(r#"{"country":[{"anything-but":"DE"}],"cents":[{"numeric":[">=",100000]}]}"#);
    ///     type Event = OrderPlaced;
    ///     type Emits = ();
    ///     async fn handle(&self, order: &Envelope<OrderPlaced>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
    ///         assert!(order.data.cents >= 100_000);
    ///         Ok(())
    ///     }
    /// }
    /// let service = Service::new("fraud").handler(CheckFraud);
    /// assert!(!service.catalog()[0].filter.is_all());
    /// ```
    const FILTER: Filter = Filter::ALL;
    /// The treatment of events that are replayed from an archive (S-40).
    const REPLAY: Replay = Replay::Suppressed;

    /// Runs the reaction.
    ///
    /// # Errors
    /// A [`Fault`] says whether to retry or to dead-letter.
    fn handle(
        &self,
        event: &Envelope<Self::Event>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// A handler with `type Emits = ()`. Every such handler is one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` emits, so it needs a receipt: a naturally idempotent handler has none, and can emit nothing",
    label = "it has a `type Emits` that is not `()`",
    note = "register it with `.handler(..)`, or declare `type Emits = ()`"
)]
pub trait EmitsNothing: Handler<Emits = ()> {}

// The compiler's error should name the handler, not this implementation's bounds.
#[diagnostic::do_not_recommend]
impl<H: Handler<Emits = ()>> EmitsNothing for H {}

//! Orders, by how they began and ended.

use std::borrow::Cow;

use order_events::{OrderCancelled, OrderConfirmed, OrderPlaced};
use waxseal::{Decide, Envelope, Fault, Out};

use crate::tally::{Subject, Tally, key};

pub(crate) struct CountPlaced;

impl Decide for CountPlaced {
    const NAME: &str = "count-placed";
    type Event = OrderPlaced;
    type State = Tally;
    type Emits = ();

    fn key(order: &OrderPlaced) -> Cow<'_, str> {
        Cow::Owned(key(Subject::Placed(order.currency), order.placed_at, &order.order_id))
    }

    fn decide(&self, tally: &mut Tally, event: &Envelope<OrderPlaced>, _: &mut Out<()>) -> Result<(), Fault> {
        let total = order_events::total(&event.data.lines).map_err(Fault::permanent)?;
        tally.add(total, &Self::key(&event.data)).map_err(Fault::permanent)
    }
}

pub(crate) struct CountConfirmed;

impl Decide for CountConfirmed {
    const NAME: &str = "count-confirmed";
    type Event = OrderConfirmed;
    type State = Tally;
    type Emits = ();

    fn key(order: &OrderConfirmed) -> Cow<'_, str> {
        Cow::Owned(key(Subject::Confirmed(order.currency), Some(order.confirmed_at), &order.order_id))
    }

    fn decide(
        &self,
        tally: &mut Tally,
        event: &Envelope<OrderConfirmed>,
        _: &mut Out<()>,
    ) -> Result<(), Fault> {
        tally.add(event.data.total, &Self::key(&event.data)).map_err(Fault::permanent)
    }
}

pub(crate) struct CountCancelled;

impl Decide for CountCancelled {
    const NAME: &str = "count-cancelled";
    type Event = OrderCancelled;
    type State = Tally;
    type Emits = ();

    fn key(order: &OrderCancelled) -> Cow<'_, str> {
        let subject = Subject::Cancelled(order.reason, order.currency);
        Cow::Owned(key(subject, Some(order.cancelled_at), &order.order_id))
    }

    fn decide(
        &self,
        tally: &mut Tally,
        event: &Envelope<OrderCancelled>,
        _: &mut Out<()>,
    ) -> Result<(), Fault> {
        tally.add(event.data.total, &Self::key(&event.data)).map_err(Fault::permanent)
    }
}

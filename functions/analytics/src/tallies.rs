//! Orders by their beginning and their end, and the refunds.

use std::borrow::Cow;

use order_events::{OrderCancelled, OrderConfirmed, OrderPlaced, PaymentRefunded, TotalTooLarge};
use waxseal::{Aggregate, Decide, Envelope, Out, Refusal};

use crate::tally::{Subject, Tally, TooMuch, key};

/// Counts orders and sums their money.
pub(crate) struct Tallies;

impl Aggregate for Tallies {
    const NAME: &str = "tallies";
    type State = Tally;
    type Decides = (OrderPlaced, OrderConfirmed, OrderCancelled, PaymentRefunded);
    type Emits = ();
    type Refusal = NoSum;
}

/// The error for a message without an amount that can be added.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoSum {
    #[error(transparent)]
    Total(TotalTooLarge),
    #[error(transparent)]
    Tally(TooMuch),
}

fn add<M>(tally: &mut Option<Tally>, amount: u64, message: &M) -> Result<(), Refusal<NoSum>>
where
    M: waxseal::Message,
    Tallies: Decide<M>,
{
    let key = <Tallies as Decide<M>>::key(message);
    Ok(tally.get_or_insert_default().add(amount, &key).map_err(NoSum::Tally)?)
}

impl Decide<OrderPlaced> for Tallies {
    const FORMER_NAMES: &[&str] = &["count-placed"];

    fn key(order: &OrderPlaced) -> Cow<'_, str> {
        Cow::Owned(key(Subject::Placed(order.currency), order.placed_at, &order.order_id))
    }

    fn decide(
        &self,
        tally: &mut Option<Tally>,
        event: &Envelope<OrderPlaced>,
        _: &mut Out<Self>,
    ) -> Result<(), Refusal<NoSum>> {
        let total = order_events::total(&event.data.lines).map_err(NoSum::Total)?;
        add(tally, total, &event.data)
    }
}

impl Decide<OrderConfirmed> for Tallies {
    const FORMER_NAMES: &[&str] = &["count-confirmed"];

    fn key(order: &OrderConfirmed) -> Cow<'_, str> {
        Cow::Owned(key(Subject::Confirmed(order.currency), Some(order.confirmed_at), &order.order_id))
    }

    fn decide(
        &self,
        tally: &mut Option<Tally>,
        event: &Envelope<OrderConfirmed>,
        _: &mut Out<Self>,
    ) -> Result<(), Refusal<NoSum>> {
        add(tally, event.data.total, &event.data)
    }
}

impl Decide<OrderCancelled> for Tallies {
    const FORMER_NAMES: &[&str] = &["count-cancelled"];

    fn key(order: &OrderCancelled) -> Cow<'_, str> {
        let subject = Subject::Cancelled(order.reason, order.currency);
        Cow::Owned(key(subject, Some(order.cancelled_at), &order.order_id))
    }

    fn decide(
        &self,
        tally: &mut Option<Tally>,
        event: &Envelope<OrderCancelled>,
        _: &mut Out<Self>,
    ) -> Result<(), Refusal<NoSum>> {
        add(tally, event.data.total, &event.data)
    }
}

impl Decide<PaymentRefunded> for Tallies {
    const FORMER_NAMES: &[&str] = &["count-refunded"];

    fn key(refund: &PaymentRefunded) -> Cow<'_, str> {
        Cow::Owned(key(Subject::Refunded(refund.currency), None, &refund.order_id))
    }

    fn decide(
        &self,
        tally: &mut Option<Tally>,
        event: &Envelope<PaymentRefunded>,
        _: &mut Out<Self>,
    ) -> Result<(), Refusal<NoSum>> {
        add(tally, event.data.amount, &event.data)
    }
}

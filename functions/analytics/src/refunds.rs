//! Money given back.

use std::borrow::Cow;

use order_events::PaymentRefunded;
use waxseal::{Decide, Envelope, Fault, Out};

use crate::tally::{Subject, Tally, key};

pub(crate) struct CountRefunded;

impl Decide for CountRefunded {
    const NAME: &str = "count-refunded";
    type Event = PaymentRefunded;
    type State = Tally;
    type Emits = ();

    fn key(refund: &PaymentRefunded) -> Cow<'_, str> {
        Cow::Owned(key(Subject::Refunded(refund.currency), None, &refund.order_id))
    }

    fn decide(
        &self,
        tally: &mut Tally,
        event: &Envelope<PaymentRefunded>,
        _: &mut Out<()>,
    ) -> Result<(), Fault> {
        tally.add(event.data.amount, &Self::key(&event.data)).map_err(Fault::permanent)
    }
}

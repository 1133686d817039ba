//! `order.refund-due`: the captured money of a cancelled order goes back, once.

use std::{sync::Arc, time::Duration};

use order_events::{Currency, OrderRefundDue, PaymentRefunded};
use serde::{Deserialize, Serialize};
use waxseal::{Attempt, Effect, Envelope, Fault, Unit};

use crate::{
    gateway::{Gateway, KEY_TTL, LEASE, post, read},
    record::Payment,
};

pub(crate) struct RefundCharge<G> {
    pub(crate) gateway: Arc<G>,
}

const PATH: &str = "/refunds";

/// The refund does not match the captured amount.
#[derive(Debug, thiserror::Error)]
enum Unrefundable {
    #[error("a refund is due for order {0}, but nothing was captured for it")]
    NothingCaptured(String),
    #[error(
        "a refund of another amount is due for order {0} than was captured: compare it with the gateway's books"
    )]
    OtherAmount(String),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Refund<'a> {
    order_id: &'a str,
    charge_id: &'a str,
    amount: u64,
    currency: Currency,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Refunded {
    refund_id: String,
}

impl<G: Gateway> Effect for RefundCharge<G> {
    const NAME: &str = "refund-charge";
    const KEY_TTL: Duration = KEY_TTL;
    const LEASE: Option<Duration> = Some(LEASE);
    type Event = OrderRefundDue;
    type Emits = (PaymentRefunded,);

    async fn act(
        &self,
        event: &Envelope<OrderRefundDue>,
        attempt: &Attempt<'_>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        let OrderRefundDue { order_id, amount, currency } = &event.data;
        let nothing = || Fault::permanent(Unrefundable::NothingCaptured(order_id.clone()));
        let mut payment = unit.load::<Payment>(order_id).await?.ok_or_else(nothing)?;
        let charge_id = match &*payment {
            Payment::Captured { amount: captured, currency: of, charge_id } => {
                if (captured, of) != (amount, currency) {
                    return Err(Fault::permanent(Unrefundable::OtherAmount(order_id.clone())));
                }
                charge_id.clone()
            }
            // The refund was made under another event id.
            Payment::Refunded { .. } => return Ok(()),
            Payment::Declined { .. } => return Err(nothing()),
        };
        let refund_id = match &charge_id {
            Some(charge_id) => {
                let refund = Refund { order_id, charge_id, amount: *amount, currency: *currency };
                let answer = post(&*self.gateway, PATH, &attempt.effect_key(0), &refund, &[]).await?;
                let Refunded { refund_id } = read(PATH, "refundId", &answer)?;
                Some(refund_id)
            }
            None => None,
        };
        *payment = Payment::Refunded { amount: *amount, currency: *currency, refund_id: refund_id.clone() };
        unit.save(payment);
        unit.emit(PaymentRefunded {
            order_id: order_id.clone(),
            amount: *amount,
            currency: *currency,
            refund_id,
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{Request, Response};
    use waxseal::{BoxError, Outcome};
    use waxseal_testing::{Alone, block_on};

    use super::*;

    /// Gives everything back.
    struct Generous;
    impl Gateway for Generous {
        async fn send(&self, _: Request<Bytes>) -> Result<Response<Bytes>, BoxError> {
            Ok(Response::builder().status(201).body(Bytes::from_static(br#"{"refundId":"re_1"}"#))?)
        }
    }

    fn due(amount: u64) -> OrderRefundDue {
        OrderRefundDue { order_id: "o-1".into(), amount, currency: Currency::EUR }
    }

    #[test]
    fn a_refund_is_of_what_was_captured() {
        let captured =
            Payment::Captured { amount: 2500, currency: Currency::EUR, charge_id: Some("ch_1".into()) };
        let refund = || Alone::effect(RefundCharge { gateway: Arc::new(Generous) });
        let mut alone = refund().with("o-1", &captured);
        let ran = block_on(alone.run(due(2400)));
        assert!(ran.result.is_err_and(|failure| failure.is_permanent()) && ran.emitted.is_empty());
        assert_eq!(alone.state("o-1"), Some(captured));

        let ran = block_on(alone.run(due(2500)));
        assert!(matches!(ran.result, Ok(Outcome::Applied)), "{ran:?}");
        assert_eq!(ran.emitted_of::<PaymentRefunded>()[0].refund_id.as_deref(), Some("re_1"));

        let ran = block_on(refund().run(due(2500)));
        assert!(ran.result.is_err_and(|failure| failure.is_permanent()), "nothing was captured");
    }
}

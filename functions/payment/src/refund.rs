//! Captured money goes back, once: of an order that was cancelled meanwhile, of one that was sent
//! back, or where `fulfilment` undoes its charge.

use std::{sync::Arc, time::Duration};

use order_events::{Currency, OrderRefundDue, PaymentRefunded, PaymentVoided, RefundCard, StockRestocked};
use serde::{Deserialize, Serialize};
use waxseal::{Attempt, Effect, Envelope, Fault, History, Unit};

use crate::{
    gateway::{Gateway, KEY_TTL, LEASE, post, read},
    record::{MoneyMoved, Payment},
};

const REFUNDS: &str = "/refunds";
const REVERSALS: &str = "/reversals";

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

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reversal<'a> {
    order_id: &'a str,
    charge_key: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reversed {
    refund_id: Option<String>,
}

/// Gives a captured payment back. Any other payment stays as it is, and nothing is emitted.
async fn give_back(
    gateway: &impl Gateway,
    order_id: &str,
    money: &mut History<Payment>,
    key: &str,
) -> Result<Option<PaymentRefunded>, Fault> {
    let Some(Payment::Captured { amount, currency, charge_id }) = money.state() else { return Ok(None) };
    let (amount, currency) = (*amount, *currency);
    let refund_id = match charge_id {
        Some(charge_id) => {
            let refund = Refund { order_id, charge_id, amount, currency };
            let answer = post(gateway, REFUNDS, key, &refund, &[]).await?;
            let Refunded { refund_id } = read(REFUNDS, "refundId", &answer)?;
            Some(refund_id)
        }
        None => None,
    };
    money.record(MoneyMoved::Refunded { amount, currency, refund_id: refund_id.clone() });
    Ok(Some(PaymentRefunded { order_id: order_id.to_owned(), amount, currency, refund_id }))
}

/// Choreography: money was captured for an order that had been cancelled meanwhile.
pub(crate) struct OnRefundDue<G> {
    pub(crate) gateway: Arc<G>,
}

impl<G: Gateway> Effect for OnRefundDue<G> {
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
        let mut money = unit.history::<Payment>(order_id).await?;
        match money.state() {
            Some(Payment::Captured { amount: captured, currency: of, .. })
                if (captured, of) != (amount, currency) =>
            {
                return Err(Fault::permanent(Unrefundable::OtherAmount(order_id.clone())));
            }
            Some(Payment::Captured { .. }) => {}
            // The refund was made under another event id.
            Some(Payment::Refunded { .. }) => return Ok(()),
            Some(Payment::Authorized { .. } | Payment::Declined { .. }) | None => return Err(nothing()),
        }
        if let Some(refunded) =
            give_back(&*self.gateway, order_id, &mut money, &attempt.effect_key(0)).await?
        {
            unit.emit(refunded);
            unit.append(money);
        }
        Ok(())
    }
}

/// Both styles: the pieces of a returned order are here again.
pub(crate) struct OnStockRestocked<G> {
    pub(crate) gateway: Arc<G>,
}

impl<G: Gateway> Effect for OnStockRestocked<G> {
    const NAME: &str = "refund-returned";
    const KEY_TTL: Duration = KEY_TTL;
    const LEASE: Option<Duration> = Some(LEASE);
    type Event = StockRestocked;
    type Emits = (PaymentRefunded,);

    async fn act(
        &self,
        event: &Envelope<StockRestocked>,
        attempt: &Attempt<'_>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        let order_id = &event.data.order_id;
        let nothing = || Fault::permanent(Unrefundable::NothingCaptured(order_id.clone()));
        let mut money = unit.history::<Payment>(order_id).await?;
        if matches!(money.state(), Some(Payment::Authorized { .. } | Payment::Declined { .. }) | None) {
            return Err(nothing());
        }
        if let Some(refunded) =
            give_back(&*self.gateway, order_id, &mut money, &attempt.effect_key(0)).await?
        {
            unit.emit(refunded);
            unit.append(money);
        }
        Ok(())
    }
}

/// Orchestration: `fulfilment` undoes its charge.
pub(crate) struct OnRefundCard<G> {
    pub(crate) gateway: Arc<G>,
}

impl<G: Gateway> Effect for OnRefundCard<G> {
    const NAME: &str = "refund-on-command";
    const KEY_TTL: Duration = KEY_TTL;
    const LEASE: Option<Duration> = Some(LEASE);
    type Event = RefundCard;
    type Emits = (PaymentRefunded, PaymentVoided);

    async fn act(
        &self,
        command: &Envelope<RefundCard>,
        attempt: &Attempt<'_>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        let RefundCard { order_id, amount, currency } = &command.data;
        let mut money = unit.history::<Payment>(order_id).await?;
        let is_unknown = money.state().is_none();
        if let Some(refunded) =
            give_back(&*self.gateway, order_id, &mut money, &attempt.effect_key(0)).await?
        {
            unit.emit(refunded);
            unit.append(money);
            return Ok(());
        }
        // The charge has left no record. It may have been made, and its answer lost: the gateway
        // knows it by its key (S-72).
        if is_unknown
            && *amount > 0
            && let Some(charge_key) = attempt.undone_key(0)
        {
            let reversal = Reversal { order_id, charge_key: &charge_key };
            let answer = post(&*self.gateway, REVERSALS, &attempt.effect_key(0), &reversal, &[]).await?;
            let Reversed { refund_id } = read(REVERSALS, "refundId", &answer)?;
            if refund_id.is_some() {
                let (amount, currency) = (*amount, *currency);
                money.record(MoneyMoved::Refunded { amount, currency, refund_id: refund_id.clone() });
                unit.append(money);
                unit.emit(PaymentRefunded { order_id: order_id.clone(), amount, currency, refund_id });
                return Ok(());
            }
        }
        unit.emit(PaymentVoided { order_id: order_id.clone() });
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
        let captured = [
            MoneyMoved::Authorized { amount: 2500, currency: Currency::EUR },
            MoneyMoved::Captured { charge_id: Some("ch_1".into()) },
        ];
        let refund = |past: &[MoneyMoved]| {
            let effect = OnRefundDue { gateway: Arc::new(Generous) };
            Alone::effect(effect).with_history::<Payment>("o-1", past.to_vec())
        };
        let mut alone = refund(&captured);
        let ran = block_on(alone.run(due(2400)));
        assert!(ran.result.is_err_and(|failure| failure.is_permanent()) && ran.emitted.is_empty());
        assert_eq!(alone.history::<Payment>("o-1"), captured);

        let ran = block_on(alone.run(due(2500)));
        assert!(matches!(ran.result, Ok(Outcome::Applied)), "{ran:?}");
        assert_eq!(ran.emitted_of::<PaymentRefunded>()[0].refund_id.as_deref(), Some("re_1"));
        assert!(matches!(&alone.history::<Payment>("o-1")[2..], [MoneyMoved::Refunded { amount: 2500, .. }]));

        let ran = block_on(refund(&[]).run(due(2500)));
        assert!(ran.result.is_err_and(|failure| failure.is_permanent()), "nothing was captured");
    }
}

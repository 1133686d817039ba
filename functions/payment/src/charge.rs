//! `stock.reserved`: the order's total is charged, once.

use std::{sync::Arc, time::Duration};

use http::StatusCode;
use order_events::{Currency, PaymentCaptured, PaymentDeclined, StockReserved};
use serde::{Deserialize, Serialize};
use waxseal::{Attempt, Effect, Envelope, Fault, Unit};

use crate::{
    gateway::{Gateway, KEY_TTL, LEASE, post, read},
    record::Payment,
};

pub(crate) struct ChargeCard<G> {
    pub(crate) gateway: Arc<G>,
}

const PATH: &str = "/charges";
/// The longest reason of a decline, in characters. It travels in an event.
const LONGEST_REASON: usize = 200;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Charge<'a> {
    order_id: &'a str,
    amount: u64,
    currency: Currency,
    token: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Charged {
    charge_id: String,
}

#[derive(Deserialize)]
struct Declined {
    reason: String,
}

impl<G: Gateway> Effect for ChargeCard<G> {
    const NAME: &str = "charge-card";
    const KEY_TTL: Duration = KEY_TTL;
    const LEASE: Option<Duration> = Some(LEASE);
    type Event = StockReserved;
    type Emits = (PaymentCaptured, PaymentDeclined);

    async fn act(
        &self,
        event: &Envelope<StockReserved>,
        attempt: &Attempt<'_>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        let due = &event.data;
        // Another event about the same order would charge under another key, so it must not charge.
        if unit.load::<Payment>(&due.order_id).await?.is_some() {
            return Ok(());
        }
        let payment = self.charge(due, &attempt.effect_key(0)).await?;
        match &payment {
            Payment::Captured { amount, currency, charge_id } => unit.emit(PaymentCaptured {
                order_id: due.order_id.clone(),
                amount: *amount,
                currency: *currency,
                charge_id: charge_id.clone(),
            }),
            Payment::Declined { reason } => {
                unit.emit(PaymentDeclined { order_id: due.order_id.clone(), reason: reason.clone() });
            }
            Payment::Refunded { .. } => {}
        }
        let payment = unit.create(&due.order_id, payment);
        unit.save(payment);
        Ok(())
    }
}

impl<G: Gateway> ChargeCard<G> {
    async fn charge(&self, due: &StockReserved, key: &str) -> Result<Payment, Fault> {
        let captured = |charge_id| Payment::Captured { amount: due.total, currency: due.currency, charge_id };
        // An order of gifts alone has no total, and no gateway takes a charge of 0.
        if due.total == 0 {
            return Ok(captured(None));
        }
        let charge = Charge {
            order_id: &due.order_id,
            amount: due.total,
            currency: due.currency,
            token: &due.payment_token,
        };
        let answer = post(&*self.gateway, PATH, key, &charge, &[StatusCode::PAYMENT_REQUIRED]).await?;
        if answer.status() == StatusCode::PAYMENT_REQUIRED {
            let Declined { reason } = read(PATH, "reason", &answer)?;
            let reason = reason.chars().take(LONGEST_REASON).collect();
            return Ok(Payment::Declined { reason });
        }
        let Charged { charge_id } = read(PATH, "chargeId", &answer)?;
        Ok(captured(Some(charge_id)))
    }
}

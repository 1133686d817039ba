//! An order's total is charged, once: at `stock.reserved`, or at the command of `fulfilment`.

use std::{sync::Arc, time::Duration};

use http::StatusCode;
use order_events::{ChargeCard, Currency, PaymentCaptured, PaymentDeclined, StockReserved};
use serde::{Deserialize, Serialize};
use waxseal::{Attempt, Effect, Envelope, Fault, Unit};

use crate::{
    gateway::{Gateway, KEY_TTL, LEASE, post, read},
    record::{MoneyMoved, Payment},
};

const PATH: &str = "/charges";
/// The longest reason of a decline, in characters. It travels in an event.
const LONGEST_REASON: usize = 200;

/// A charge, as both styles ask for it and as the gateway reads it.
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

/// The answers about a charge.
type Replies = (PaymentCaptured, PaymentDeclined);

impl Charge<'_> {
    /// Charges, and answers.
    async fn make(
        &self,
        gateway: &impl Gateway,
        attempt: &Attempt<'_>,
        unit: &mut Unit<'_, Replies>,
    ) -> Result<(), Fault> {
        // Another message about the same order would charge under another key, so it must not
        // charge.
        let mut money = unit.history::<Payment>(self.order_id).await?;
        if money.state().is_some() {
            return Ok(());
        }
        let order_id = self.order_id.to_owned();
        let (amount, currency) = (self.amount, self.currency);
        match self.post(gateway, &attempt.effect_key(0)).await? {
            Ok(charge_id) => {
                money.record(MoneyMoved::Authorized { amount, currency });
                money.record(MoneyMoved::Captured { charge_id: charge_id.clone() });
                unit.emit(PaymentCaptured { order_id, amount, currency, charge_id });
            }
            Err(Declined { reason }) => {
                money.record(MoneyMoved::Declined { reason: reason.clone() });
                unit.emit(PaymentDeclined { order_id, reason });
            }
        }
        unit.append(money);
        Ok(())
    }

    /// The gateway's id of the charge, or its refusal of the card.
    async fn post(
        &self,
        gateway: &impl Gateway,
        key: &str,
    ) -> Result<Result<Option<String>, Declined>, Fault> {
        // An order of gifts alone has no total, and no gateway takes a charge of 0.
        if self.amount == 0 {
            return Ok(Ok(None));
        }
        let answer = post(gateway, PATH, key, self, &[StatusCode::PAYMENT_REQUIRED]).await?;
        if answer.status() == StatusCode::PAYMENT_REQUIRED {
            let Declined { reason } = read(PATH, "reason", &answer)?;
            return Ok(Err(Declined { reason: reason.chars().take(LONGEST_REASON).collect() }));
        }
        let Charged { charge_id } = read(PATH, "chargeId", &answer)?;
        Ok(Ok(Some(charge_id)))
    }
}

/// Choreography: the stock of an order is reserved.
pub(crate) struct OnStockReserved<G> {
    pub(crate) gateway: Arc<G>,
}

impl<G: Gateway> Effect for OnStockReserved<G> {
    const NAME: &str = "charge-card";
    const KEY_TTL: Duration = KEY_TTL;
    const LEASE: Option<Duration> = Some(LEASE);
    type Event = StockReserved;
    type Emits = Replies;

    async fn act(
        &self,
        event: &Envelope<StockReserved>,
        attempt: &Attempt<'_>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        let StockReserved { order_id, total, currency, payment_token } = &event.data;
        let charge = Charge { order_id, amount: *total, currency: *currency, token: payment_token };
        charge.make(&*self.gateway, attempt, unit).await
    }
}

/// Orchestration: `fulfilment` asks for the money.
pub(crate) struct OnChargeCard<G> {
    pub(crate) gateway: Arc<G>,
}

impl<G: Gateway> Effect for OnChargeCard<G> {
    const NAME: &str = "charge-on-command";
    const KEY_TTL: Duration = KEY_TTL;
    const LEASE: Option<Duration> = Some(LEASE);
    type Event = ChargeCard;
    type Emits = Replies;

    async fn act(
        &self,
        command: &Envelope<ChargeCard>,
        attempt: &Attempt<'_>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        let ChargeCard { order_id, amount, currency, payment_token } = &command.data;
        let charge = Charge { order_id, amount: *amount, currency: *currency, token: payment_token };
        charge.make(&*self.gateway, attempt, unit).await
    }
}

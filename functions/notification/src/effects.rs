//! One mail for each end of an order.

use std::{sync::Arc, time::Duration};

use order_events::{OrderCancelled, OrderConfirmed};
use waxseal::{Attempt, Effect, Envelope, Fault, Unit};

use crate::{
    mail_text::{self, Sender, Unwritable},
    mailer::{Mail, Mailer},
};

/// The sender and the way of its mails.
pub(crate) struct Desk<M> {
    pub(crate) mailer: M,
    pub(crate) sender: Sender,
}

impl<M: Mailer> Desk<M> {
    async fn send(&self, mail: Result<Mail, Unwritable>) -> Result<(), Fault> {
        let mail = mail.map_err(Fault::permanent)?;
        self.mailer.send(mail).await.map_err(|undelivered| match undelivered.permanent {
            true => Fault::permanent(undelivered),
            false => Fault::retry(undelivered),
        })
    }
}

/// No mail server remembers a key. The time is that in which the news is still useful: until then a
/// possible second mail does less harm than none.
const KEY_TTL: Duration = Duration::from_hours(24);
/// The mail server's time-out (20 s for each of a few steps) and the table's own retries.
const LEASE: Duration = Duration::from_secs(90);

pub(crate) struct TellConfirmed<M>(pub(crate) Arc<Desk<M>>);

impl<M: Mailer> Effect for TellConfirmed<M> {
    const NAME: &str = "tell-confirmed";
    const KEY_TTL: Duration = KEY_TTL;
    const LEASE: Option<Duration> = Some(LEASE);
    type Event = OrderConfirmed;
    type Emits = ();

    async fn act(
        &self,
        event: &Envelope<OrderConfirmed>,
        attempt: &Attempt<'_>,
        _: &mut Unit<'_, ()>,
    ) -> Result<(), Fault> {
        self.0.send(mail_text::confirmed(&self.0.sender, &event.data, attempt.effect_key(0))).await
    }
}

pub(crate) struct TellCancelled<M>(pub(crate) Arc<Desk<M>>);

impl<M: Mailer> Effect for TellCancelled<M> {
    const NAME: &str = "tell-cancelled";
    const KEY_TTL: Duration = KEY_TTL;
    const LEASE: Option<Duration> = Some(LEASE);
    type Event = OrderCancelled;
    type Emits = ();

    async fn act(
        &self,
        event: &Envelope<OrderCancelled>,
        attempt: &Attempt<'_>,
        _: &mut Unit<'_, ()>,
    ) -> Result<(), Fault> {
        self.0.send(mail_text::cancelled(&self.0.sender, &event.data, attempt.effect_key(0))).await
    }
}

//! The publisher of a relay, and of a program that is no Lambda function.

use std::{fmt, marker::PhantomData, time::Duration};

use aws_config::SdkConfig;
use tokio::time::{Instant, sleep, timeout_at};
use waxseal::{
    Command, Contains, Emission, Event, Host as _, PublishingProgram, Timestamp,
    relay::{Messages, Publish, PublishError, PublishErrorKind, Unpublished, UnpublishedMessage},
};

use super::{channel::Channels, lanes::Lanes};
use crate::{code::Code, host::SystemHost};

/// The time for which a program's messages are tried, unless it says otherwise.
const WITHIN: Duration = Duration::from_secs(30);
/// The most that the first retry waits. Each later one may wait twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// The most that any retry waits.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Publishes to the bus, to topics and to queues.
///
/// `Publisher` alone is a relay's. It publishes stored envelopes, byte for byte, and the relay retries.
/// `Publisher<P>` is that of a [`PublishingProgram`], such as a service on ECS or a script. It takes the messages that the
/// program declares, each with a stable id, and retries until its [deadline](Publisher::within). It needs no table: a program
/// that ends before a message is published publishes it in its next run, under the same id (S-63).
///
/// EventBridge: `Source` is the envelope's `source`, `DetailType` its `eventType`, `Time` its `timestamp`, `Detail` the envelope.
/// SNS: the message is the envelope, with the attribute `eventType` for filter policies. SQS: the body is the envelope. Both take the
/// message's tenant as `MessageGroupId`: SQS for its fair queues, and SNS forwards it to them (S-48). Every queue and topic is a
/// standard one, since [`Environment`](crate::Environment) refuses others. A rule of EventBridge holds one constant at most, so an
/// entry for the bus has none.
///
/// ```no_run
/// use serde::{Deserialize, Serialize};
/// use waxseal::PublishingProgram;
/// #[derive(Serialize, Deserialize)] struct InvoicePaid { invoice: String }
/// waxseal::event!(InvoicePaid { name: "invoice.paid", version: 1, owner: "billing-import" });
///
/// struct BillingImport;
/// impl PublishingProgram for BillingImport {
///     const NAME: &str = "billing-import";
///     type Emits = (InvoicePaid,);
/// }
///
/// # async fn main_of_a_program(sdk: waxseal_aws::SdkConfig) -> Result<(), Box<dyn std::error::Error>> {
/// let aws = waxseal_aws::Environment::new(sdk, std::env::vars());
/// let publisher = aws.publisher_of::<BillingImport>()?;
/// publisher.emit("in-17/paid", &InvoicePaid { invoice: "in-17".into() }).await?;
/// # Ok(()) }
/// ```
pub struct Publisher<P = ()> {
    lanes: Lanes,
    within: Duration,
    program: PhantomData<fn() -> P>,
}

// A derive would ask for `P: Clone`.
impl<P> Clone for Publisher<P> {
    fn clone(&self) -> Self {
        Self { lanes: self.lanes.clone(), within: self.within, program: PhantomData }
    }
}

impl<P> fmt::Debug for Publisher<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publisher")
            .field("channels", &self.lanes.channels)
            .field("within", &self.within)
            .finish_non_exhaustive()
    }
}

impl<P> Publisher<P> {
    pub(crate) fn new(sdk: &SdkConfig, channels: Channels) -> Self {
        Self { lanes: Lanes::new(sdk, channels), within: WITHIN, program: PhantomData }
    }
}

impl Publish for Publisher {
    async fn publish(&self, emissions: &[&Emission], now: Timestamp) -> Vec<Result<(), PublishError>> {
        self.lanes.publish(emissions, now).await
    }
}

impl<P: PublishingProgram> Publisher<P> {
    /// The same publisher with this time for a publication, retries included. 30 s unless set.
    #[must_use]
    pub fn within(self, within: Duration) -> Self {
        Self { within, ..self }
    }

    /// Publishes one event. [`Messages`] says what its id is.
    ///
    /// # Errors
    /// Where the event is not known to be published: the program publishes it again under the same id.
    pub async fn emit<E: Event, At>(&self, id: impl Into<String>, event: &E) -> Result<(), PublishError>
    where
        P::Emits: Contains<E, At>,
    {
        let mut messages = Messages::<P>::new();
        self.publish(messages.emit(id, event)).await.map_err(Unpublished::into_error)
    }

    /// Sends one command to its recipient's queue.
    ///
    /// # Errors
    /// As [`Publisher::emit`].
    pub async fn send<C: Command, At>(&self, id: impl Into<String>, command: &C) -> Result<(), PublishError>
    where
        P::Emits: Contains<C, At>,
    {
        let mut messages = Messages::<P>::new();
        self.publish(messages.send(id, command)).await.map_err(Unpublished::into_error)
    }

    /// Publishes several messages, in requests of ten where a channel takes so many, and in order within a channel that
    /// keeps one. Only the entries that failed are tried again.
    ///
    /// # Errors
    /// The messages that are not known to be published. The others are published.
    pub async fn publish(&self, messages: &Messages<P>) -> Result<(), Unpublished> {
        let now = SystemHost.now();
        publish(&self.lanes, messages.emissions(now), now, Instant::now() + self.within).await
    }
}

/// Publishes until every entry is published or refused, or the deadline has come.
async fn publish(
    lanes: &Lanes,
    messages: Vec<(&str, Result<Emission, PublishError>)>,
    now: Timestamp,
    deadline: Instant,
) -> Result<(), Unpublished> {
    let of = messages.len();
    let (mut open, mut failed) = (Vec::new(), Vec::new());
    for (index, (id, emission)) in messages.into_iter().enumerate() {
        match emission {
            Ok(emission) => open.push((index, id, emission)),
            Err(error) => failed.push(UnpublishedMessage::new(index, id, error)),
        }
    }
    let mut wait = FIRST_WAIT;
    while !open.is_empty() {
        let emissions: Vec<&Emission> = open.iter().map(|(.., emission)| emission).collect();
        let results = match timeout_at(deadline, lanes.publish(&emissions, now)).await {
            Ok(results) => results,
            Err(_) => emissions.iter().map(|_| Err(unanswered())).collect(),
        };
        let pause = wait.mul_f64(fastrand::f64());
        let is_over = Instant::now() + pause >= deadline;
        let mut again = Vec::new();
        for ((index, id, emission), result) in open.into_iter().zip(results) {
            match result {
                Ok(()) => {}
                Err(error) if error.kind == PublishErrorKind::Transient && !is_over => {
                    let reason = error.reason;
                    tracing::warn!(id, channel = emission.channel, reason, "not published, tried again");
                    again.push((index, id, emission));
                }
                Err(error) => failed.push(UnpublishedMessage::new(index, id, error)),
            }
        }
        open = again;
        if !open.is_empty() {
            sleep(pause).await;
        }
        wait = (wait * 2).min(LONGEST_WAIT);
    }
    failed.sort_by_key(|message| message.index);
    Unpublished::unless_none(of, failed)
}

fn unanswered() -> PublishError {
    PublishError::transient(format!(
        "no answer before the deadline, so not known whether it was published ({})",
        Code::NoAnswer
    ))
}

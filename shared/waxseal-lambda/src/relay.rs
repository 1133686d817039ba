//! A relay: it publishes what receipts emitted, from a table's stream or, in a sweep, from the receipts themselves.
//! It also sends the hints about timers that are due.

use std::{sync::Arc, time::Duration};

use waxseal::{
    Code, End, Host, Point,
    batch::{RecordOutcome, TotalFailure, dead_letter},
    dead_letter::DeadLetters,
    observe::Observers,
    relay::{Pending, Progress, Publish, Receipts, Timers, publish},
    table::TableError,
};

use crate::{
    error::InvokeError,
    invocation::Invocation,
    invoke::{Invoke, guarded},
    json,
    payload::Payload,
    response,
    source::{batch::Batch, stream},
    sweep::Sweeper,
    tick::Ticker,
};

/// A relay. Cheap to clone; clones share what is remembered of an open batch.
///
/// | payload | reaction | response |
/// |---|---|---|
/// | DynamoDB stream | the emissions of receipts are published | the checkpoint: the first receipt that is not wholly published |
/// | `{"sweep":{"from":"…","to":"…"}}` | the emissions of that time are published again, where it [sweeps](Relay::sweeping) | how many, and the payload to go on with |
/// | `{"tick":{}}` | a hint goes out for each timer that is due, where it [ticks](Relay::ticking) | `{"due":…,"hinted":…}` |
/// | SQS, SNS, EventBridge | each record is dead-lettered: wrong wiring must lose nothing | the records whose dead letter could not be written |
///
/// ```
/// use std::sync::Arc;
/// use waxseal::{BoxError, Emission, Host, Timestamp, Token, dead_letter::{DeadLetter, DeadLetters}, relay::{PublishError, Publish}};
/// use waxseal_lambda::{Invocation, Invoke, Relay};
///
/// struct Print;
/// impl Host for Print {
///     fn now(&self) -> Timestamp { Timestamp::from(std::time::SystemTime::now()) }
///     fn token(&self) -> Token { Token(1) }
/// }
/// impl Publish for Print {
///     async fn publish(&self, emissions: &[&Emission], _: Timestamp) -> Vec<Result<(), PublishError>> {
///         emissions.iter().map(|emission| Ok(println!("{}: {}", emission.channel, emission.envelope))).collect()
///     }
/// }
/// impl DeadLetters for Print {
///     async fn send(&self, dead_letter: DeadLetter) -> Result<(), BoxError> { Ok(println!("{}", dead_letter.reason)) }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let relay = Relay::new("inventory", Print, Print, Arc::new(Print));
/// let removed = br#"{"Records":[{"eventSource":"aws:dynamodb","eventName":"REMOVE","dynamodb":{"SequenceNumber":"1"}}]}"#;
/// let response = relay.invoke(removed, &Invocation::default()).await.unwrap();
/// assert_eq!(response, br#"{"batchItemFailures":[]}"#);
/// # });
/// ```
pub struct Relay<P, D> {
    parts: Arc<Parts<P, D>>,
    observers: Observers,
    sweeper: Option<Arc<Sweeper>>,
    ticker: Option<Arc<Ticker>>,
}

struct Parts<P, D> {
    service: String,
    publisher: P,
    dead_letters: D,
    host: Arc<dyn Host>,
    progress: Progress,
}

impl<P, D> Clone for Relay<P, D> {
    fn clone(&self) -> Self {
        let Self { parts, observers, sweeper, ticker } = self;
        Self {
            parts: parts.clone(),
            observers: observers.clone(),
            sweeper: sweeper.clone(),
            ticker: ticker.clone(),
        }
    }
}

impl<P, D> std::fmt::Debug for Relay<P, D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay")
            .field("service", &self.parts.service)
            .field("sweeps", &self.sweeper.is_some())
            .field("ticks", &self.ticker.is_some())
            .finish()
    }
}

impl<P: Publish, D: DeadLetters> Relay<P, D> {
    /// A relay that publishes to `publisher`. Dead letters name `service`; `host` tells the age of records (O-6).
    #[must_use]
    pub fn new(service: impl Into<String>, publisher: P, dead_letters: D, host: Arc<dyn Host>) -> Self {
        let (service, progress) = (service.into(), Progress::default());
        Self {
            parts: Arc::new(Parts { service, publisher, dead_letters, host, progress }),
            observers: Observers::default(),
            sweeper: None,
            ticker: None,
        }
    }

    /// Tells `observers` of each emission and of each dead letter. A clone that was made before keeps its own.
    #[must_use]
    pub fn observed(mut self, observers: Observers) -> Self {
        self.observers = observers;
        self
    }

    /// Publishes from the receipts themselves, too, what the stream has forgotten (O-1). A person invokes the relay with
    ///
    /// ```json
    /// {"sweep":{"from":"2026-11-20T00:00:00Z","to":"2026-11-21T06:00:00Z"}}
    /// ```
    ///
    /// and everything that was emitted from then on, up to `to` or to now, is published again under the same ids. The answer,
    /// `{"from":…,"to":…,"receipts":12,"published":12,"failed":0,"deadLettered":0,"next":null}`, says how many receipts
    /// there are and how many of them are wholly published. `next` is the payload to go on with where the invocation's time
    /// was too short for all. The error of a sweep that was stopped has it too.
    ///
    /// `from` may lie at most `reach` before now. Consumers know for the horizon of their receipts which messages they have
    /// handled. A message that is published again after that would take effect again, so the horizon has to include
    /// `reach` (Q-3).
    #[must_use]
    pub fn sweeping(mut self, receipts: impl Receipts + 'static, reach: Duration) -> Self {
        self.sweeper = Some(Arc::new(Sweeper::new(receipts, self.parts.host.clone(), reach)));
        self
    }

    /// Reads the index of timers, too, when a rule invokes it with `{"tick":{}}`, once a minute. A hint goes to the queue of
    /// `service` for each row that is due before the next tick (S-69). The answer says how many rows were due, and how many
    /// hints the queue has taken.
    #[must_use]
    pub fn ticking(mut self, service: impl Into<String>, timers: impl Timers + 'static) -> Self {
        self.ticker = Some(Arc::new(Ticker::new(service, timers)));
        self
    }

    async fn dispatch(
        &self,
        payload: &[u8],
        invocation: &Invocation,
        end: End<'_>,
    ) -> Result<Vec<u8>, InvokeError> {
        let text = json::text(payload);
        let text = json::unmarked(&text);
        match Payload::read(text, invocation, None)? {
            Payload::Stream(objects) => self.publish(&stream::pending(&objects.0)?, end).await,
            Payload::Sweep => match &self.sweeper {
                Some(sweeper) => sweeper.sweep(|| self.now(), text, invocation.deadline, end).await,
                None => Err(self.not_taken("sweep")),
            },
            Payload::Tick => match &self.ticker {
                Some(ticker) => ticker.tick(self.now(), text, end).await,
                None => Err(self.not_taken("tick")),
            },
            Payload::Batch(batch) => self.refuse(&batch, end).await,
            Payload::Http => Err(self.not_taken("HTTP")),
            Payload::Pipe(..) => Err(self.not_taken("array of EventBridge Pipes")),
            Payload::Release => Err(self.not_taken("release")),
            Payload::Process => Err(self.not_taken("question about a process")),
        }
    }

    async fn publish(&self, receipts: &[Pending], mut end: End<'_>) -> Result<Vec<u8>, InvokeError> {
        let relay = self.now();
        let published = end.within(Point::Cutoff, publish(&relay, receipts)).await;
        let open = published.unwrap_or_else(|| {
            tracing::warn!("a channel did not answer in time: its unanswered entries are published again");
            self.parts.progress.checkpoint(receipts)
        });
        let open = open.and_then(|index| receipts.get(index));
        response::partial(open.map(|receipt| receipt.record.as_str()).as_slice())
    }

    /// Dead-letters the records of another source.
    async fn refuse(&self, batch: &Batch, mut end: End<'_>) -> Result<Vec<u8>, InvokeError> {
        response::check_ids(batch)?;
        let refused = async {
            let mut outcomes = Vec::with_capacity(batch.records.len());
            for record in &batch.records {
                let reason = format!(
                    "the relay takes DynamoDB stream records, this one came from {}: wire it to a table's stream",
                    batch.kind.name()
                );
                let Parts { service, dead_letters, host, .. } = &*self.parts;
                let refused = record.dead_letter(service, host.now(), Code::WrongSource, reason);
                outcomes.push(dead_letter(refused, dead_letters, &self.observers).await);
            }
            outcomes
        };
        let late = || batch.records.iter().map(|_| RecordOutcome::Unstarted).collect();
        let outcomes = end.within(Point::Cutoff, refused).await.unwrap_or_else(late);
        response::write(batch, &outcomes, TotalFailure::Report)
    }

    fn not_taken(&self, got: &'static str) -> InvokeError {
        let takes = match (&self.sweeper, &self.ticker) {
            (Some(_), Some(_)) => "DynamoDB stream records, sweeps and ticks",
            (Some(_), None) => "DynamoDB stream records and sweeps",
            (None, Some(_)) => "DynamoDB stream records and ticks",
            (None, None) => "DynamoDB stream records",
        };
        InvokeError::NotTaken { got, takes }
    }
}

impl<P, D> Relay<P, D> {
    /// The relay at this moment.
    fn now(&self) -> waxseal::relay::Relay<'_, P, D> {
        let Parts { service, publisher, dead_letters, host, progress } = &*self.parts;
        let observers = &self.observers;
        waxseal::relay::Relay { publisher, dead_letters, service, progress, now: host.now(), observers }
    }
}

impl<P: Publish, D: DeadLetters> Invoke for Relay<P, D> {
    async fn warm_up(&self) -> Result<(), TableError> {
        Ok(())
    }

    async fn invoke_until(
        &self,
        payload: &[u8],
        invocation: &Invocation,
        end: End<'_>,
    ) -> Result<Vec<u8>, InvokeError> {
        // In a box: a publisher's futures nest deep, and a binary's `main` would hold them all in one.
        guarded(invocation, Box::pin(self.dispatch(payload, invocation, end))).await
    }
}

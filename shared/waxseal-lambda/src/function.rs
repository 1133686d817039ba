//! One Lambda function: what it does with each kind of payload.

use std::{sync::Arc, time::Duration};

use lambda_http::IntoResponse;
use tower_service::Service;
use waxseal::{
    End, Engine, Host, Point, Timestamp,
    batch::{Batches, RecordOutcome, TotalFailure},
    dead_letter::DeadLetters,
    panic,
    relay::{Progress, Publisher, Receipts},
    table::TableError,
};

use crate::{
    InvokeError,
    http::{self, AnyHttp},
    json,
    payload::Payload,
    relay::{AnyRelay, Relay},
    release, response,
    source::{Batch, stream},
    sweep::Sweeper,
};

/// One Lambda function. Cheap to clone; clones share the engine, invocations share no per-batch state (S-23).
///
/// | payload | what happens | response |
/// |---|---|---|
/// | SQS | each record on its own | the failed records, in input order |
/// | DynamoDB stream | what receipts emitted is handled; a relay publishes it | the first failed record |
/// | SNS, EventBridge | each event on its own | a failure fails the invocation (S-38) |
/// | HTTP | the service given to [`Function::http`] | its response |
/// | `{"release":{"source":"…","id":"…","handler":"…","outcome":"done"}}`, or `"not-done"` | an effect that failed for good, or whose outcome is unknown, is [released](waxseal::Engine::release) | the next step |
/// | `{"sweep":{"from":"…","to":"…"}}` | a [relay that sweeps](Function::sweeping) publishes again what receipts emitted in that time | how many, and the payload to go on with |
///
/// ```
/// use std::sync::Arc;
/// use waxseal::{BoxError, Emission, Host, Timestamp, Token, dead_letter::{DeadLetter, DeadLetters}, relay::{PublishError, Publisher}};
/// use waxseal_lambda::{Function, Invocation};
///
/// struct Print;
/// impl Host for Print {
///     fn now(&self) -> Timestamp { Timestamp::from(std::time::SystemTime::now()) }
///     fn token(&self) -> Token { Token(1) }
/// }
/// impl Publisher for Print {
///     async fn publish(&self, emissions: &[&Emission]) -> Vec<Result<(), PublishError>> {
///         emissions.iter().map(|emission| Ok(println!("{}: {}", emission.channel, emission.envelope))).collect()
///     }
/// }
/// impl DeadLetters for Print {
///     async fn send(&self, letter: DeadLetter) -> Result<(), BoxError> { Ok(println!("{}", letter.reason)) }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let relay = Function::relay("inventory", Print, Print, Arc::new(Print));
/// let removed = br#"{"Records":[{"eventSource":"aws:dynamodb","eventName":"REMOVE","dynamodb":{"SequenceNumber":"1"}}]}"#;
/// let response = relay.invoke(removed, &Invocation::default()).await.unwrap();
/// assert_eq!(response, br#"{"batchItemFailures":[]}"#);
/// # });
/// ```
#[derive(Clone)]
pub struct Function {
    work: Work,
    http: Option<Arc<dyn AnyHttp>>,
    sweeper: Option<Arc<Sweeper>>,
}

#[derive(Clone)]
enum Work {
    Batches(Arc<Batches>),
    Relay(Arc<dyn AnyRelay>),
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = match &self.work {
            Work::Batches(batches) => batches.engine().service().name(),
            Work::Relay(relay) => relay.service(),
        };
        f.debug_struct("Function").field("service", &name).field("http", &self.http.is_some()).finish()
    }
}

/// What Lambda says about one invocation besides its payload.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Invocation {
    /// Lambda's id of the invocation: in every log line.
    pub request_id: String,
    /// When Lambda ends it.
    pub deadline: Option<Timestamp>,
    /// The X-Ray header (`Root=…;Parent=…;Sampled=1`). For HTTP and for sources that deliver one event at a time it is
    /// that event's trace; in a batch each record has its own.
    pub trace: Option<String>,
}

impl Function {
    /// A function that takes batches from SQS and DynamoDB streams, and SNS and EventBridge deliveries.
    #[must_use]
    pub fn new(batches: Batches) -> Self {
        Self { work: Work::Batches(Arc::new(batches)), http: None, sweeper: None }
    }

    /// Takes HTTP too: an `axum::Router`, or any service over [`lambda_http::Request`].
    #[must_use]
    pub fn http<S>(mut self, service: S) -> Self
    where
        S: Service<lambda_http::Request> + Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
        S::Response: IntoResponse + Send + 'static,
        S::Error: std::fmt::Display + Send + 'static,
    {
        self.http = Some(http::erase(service));
        self
    }

    /// A relay: publishes what the receipts in a table's stream emitted. `service` is named in dead letters; `host` tells the
    /// age of records (O-6). Clones share what is remembered of an open batch.
    #[must_use]
    pub fn relay<P: Publisher, D: DeadLetters>(
        service: impl Into<String>,
        publisher: P,
        dead_letters: D,
        host: Arc<dyn Host>,
    ) -> Self {
        let progress = Progress::default();
        let relay = Relay { service: service.into(), publisher, dead_letters, host, progress };
        Self { work: Work::Relay(Arc::new(relay)), http: None, sweeper: None }
    }

    /// A relay that also publishes from the receipts themselves what the stream has forgotten (O-1): a person invokes it with
    ///
    /// ```json
    /// {"sweep":{"from":"2026-11-20T00:00:00Z","to":"2026-11-21T06:00:00Z"}}
    /// ```
    ///
    /// and what was emitted from then on, up to `to` or to now, is published again under the same ids. The answer,
    /// `{"from":…,"to":…,"receipts":12,"published":12,"failed":0,"deadLettered":0,"next":null}`, says how many receipts it found and how many of them are
    /// wholly published. `next` is the payload to go on with where the invocation's time was too short for all; the same stands in
    /// the error of a sweep that was stopped.
    ///
    /// `from` may lie at most `reach` before now. Consumers know for the horizon of their receipts what they have seen:
    /// whatever is published again after that would take effect again, so `reach` has to be counted in it (Q-3).
    #[must_use]
    pub fn sweeping(
        mut self,
        receipts: impl Receipts + 'static,
        host: Arc<dyn Host>,
        reach: Duration,
    ) -> Self {
        self.sweeper = Some(Arc::new(Sweeper::new(receipts, host, reach)));
        self
    }

    /// The engine, unless it is a relay.
    #[must_use]
    pub fn engine(&self) -> Option<&Engine> {
        match &self.work {
            Work::Batches(batches) => Some(batches.engine()),
            Work::Relay(_) => None,
        }
    }

    /// Opens the table's connection during init, so that the first event need not.
    ///
    /// # Errors
    /// Where the table cannot be read.
    pub async fn warm_up(&self) -> Result<(), TableError> {
        match self.engine() {
            Some(engine) => engine.warm_up().await,
            None => Ok(()),
        }
    }

    /// Payload JSON in, response JSON out: exactly what Lambda delivers and expects.
    ///
    /// # Errors
    /// Where Lambda must count the invocation as failed: a payload that no source sends, a record that cannot be named
    /// in the response (S-4), a failure under a source without partial responses (S-38).
    pub async fn invoke(&self, payload: &[u8], invocation: &Invocation) -> Result<Vec<u8>, InvokeError> {
        self.invoke_until(payload, invocation, End::never()).await
    }

    /// As [`Function::invoke`], and never beyond `end`: what runs or waits at one of its points is given up, its records are
    /// reported as failed, and the answer is given (S-20, S-22).
    ///
    /// # Errors
    /// As [`Function::invoke`].
    pub async fn invoke_until(
        &self,
        payload: &[u8],
        invocation: &Invocation,
        end: End<'_>,
    ) -> Result<Vec<u8>, InvokeError> {
        // Handlers' panics are caught per record; this one is for what is plugged in beside them. Nothing of the
        // invocation outlives it.
        let result = panic::catch_async(self.dispatch(payload, invocation, end)).await;
        let result = result.unwrap_or_else(|caught| Err(InvokeError::Panic(caught)));
        if let Err(error) = &result {
            let (request_id, kind) = (&*invocation.request_id, error.kind());
            tracing::error!(request_id, kind, %error, "the invocation failed");
        }
        result
    }

    async fn dispatch(
        &self,
        payload: &[u8],
        invocation: &Invocation,
        mut end: End<'_>,
    ) -> Result<Vec<u8>, InvokeError> {
        let text = json::text(payload);
        let text = json::unmarked(&text);
        match Payload::read(text, invocation)? {
            Payload::Batch(batch) => self.batch(&batch, invocation, end).await,
            Payload::Stream(objects) => match &self.work {
                Work::Batches(_) => self.batch(&stream::batch(&objects.0)?, invocation, end).await,
                Work::Relay(relay) => {
                    let receipts = stream::pending(&objects.0)?;
                    let published = end.within(Point::Cutoff, relay.publish(&receipts)).await;
                    let open = published.unwrap_or_else(|| {
                        tracing::warn!(
                            "a channel did not answer in time: what it did not take is published again"
                        );
                        relay.checkpoint(&receipts)
                    });
                    let open = open.and_then(|index| receipts.get(index));
                    response::partial(open.map(|receipt| receipt.record.as_str()).as_slice())
                }
            },
            Payload::Http => match &self.http {
                Some(http) => match end.within(Point::Cutoff, http.call(text, invocation)).await {
                    Some(answer) => answer,
                    None => http::unavailable(),
                },
                None => Err(InvokeError::NotTaken { got: "HTTP", takes: self.takes() }),
            },
            Payload::Release => match &self.work {
                Work::Batches(batches) => release::release(batches.engine(), text, end).await,
                Work::Relay(_) => Err(InvokeError::NotTaken { got: "release", takes: self.takes() }),
            },
            Payload::Sweep => match (&self.work, &self.sweeper) {
                (Work::Relay(relay), Some(sweeper)) => {
                    sweeper.sweep(&**relay, text, invocation.deadline, end).await
                }
                _ => Err(InvokeError::NotTaken { got: "sweep", takes: self.takes() }),
            },
        }
    }

    async fn batch(
        &self,
        batch: &Batch,
        invocation: &Invocation,
        mut end: End<'_>,
    ) -> Result<Vec<u8>, InvokeError> {
        response::check_ids(batch)?;
        let (verdicts, total) = match &self.work {
            Work::Batches(batches) => (
                batches.run_until(&batch.records, invocation.deadline, end).await,
                batches.policy().total_failure,
            ),
            Work::Relay(relay) => {
                let refused = end.within(Point::Cutoff, relay.refuse(batch)).await;
                let late = || batch.records.iter().map(|_| RecordOutcome::Unstarted).collect();
                (refused.unwrap_or_else(late), TotalFailure::Report)
            }
        };
        response::write(batch, &verdicts, total)
    }

    fn takes(&self) -> &'static str {
        match self.work {
            Work::Batches(_) => "SQS, SNS, EventBridge and DynamoDB stream records, and releases",
            Work::Relay(_) if self.sweeper.is_some() => "DynamoDB stream records and sweeps",
            Work::Relay(_) => "DynamoDB stream records",
        }
    }
}

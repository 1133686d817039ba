//! A service's function: it runs handlers, answers HTTP, and releases effects.

use std::sync::Arc;

use lambda_http::IntoResponse;
use tower_service::Service;
use waxseal::{End, Engine, Point, batch::Batches, table::TableError};

use crate::{
    error::InvokeError,
    http::{self, AnyHttp},
    invocation::Invocation,
    invoke::{Invoke, guarded},
    json,
    payload::Payload,
    process, release, response,
    source::{
        batch::{Answer, Batch, Kind},
        pipe, stream,
    },
};

/// A service's function. Cheap to clone.
///
/// | payload | reaction | response |
/// |---|---|---|
/// | SQS | each record on its own | the failed records, in input order |
/// | DynamoDB stream | the emissions of receipts are handled, without a bus; a change of another table is an event | the first failed record |
/// | Kinesis | each record, in order for each partition key | the first failed record |
/// | Kafka | each record, in order for each key | a failure fails the invocation, or [names the offsets](waxseal::batch::Policy::kafka_offsets) |
/// | an array of EventBridge Pipes | each record as its source's | the failed records; of Kafka a failure fails the invocation |
/// | SNS, EventBridge, S3, a Lambda destination | each event on its own | a failure fails the invocation (S-38) |
/// | HTTP | the service given to [`Function::http`] | its response |
/// | `{"release":{"source":"…","id":"…","handler":"…","outcome":"done"}}`, or `"not-done"` | an effect that failed for good, or whose outcome is unknown, is [released](waxseal::Engine::release) | the next step |
/// | `{"process":{"kind":"…","id":"…"}}` | an instance of a process is [read](waxseal::Engine::instance) | the instance, or `null` |
/// | the same with `"decision":"resume"`, or `"skip"` | a compensation that failed [goes on](waxseal::Engine::decide) | the outcome: `applied`, or `no-instance` |
///
/// `examples/function.rs` invokes one by hand.
#[derive(Clone)]
pub struct Function {
    batches: Arc<Batches>,
    http: Option<Arc<dyn AnyHttp>>,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = self.engine().service().name();
        f.debug_struct("Function").field("service", &name).field("http", &self.http.is_some()).finish()
    }
}

impl Function {
    /// A function that takes batches and events of every source in the table above, and no HTTP.
    #[must_use]
    pub fn new(batches: Batches) -> Self {
        Self { batches: Arc::new(batches), http: None }
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

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        self.batches.engine()
    }

    async fn dispatch(
        &self,
        payload: &[u8],
        invocation: &Invocation,
        mut end: End<'_>,
    ) -> Result<Vec<u8>, InvokeError> {
        let text = json::text(payload);
        let text = json::unmarked(&text);
        let service = self.engine().service();
        match Payload::read(text, invocation, Some(service))? {
            Payload::Batch(mut batch) => {
                if batch.kind == Kind::Kafka && self.batches.policy().kafka_offsets {
                    batch.answer = Answer::Partitions;
                }
                self.batch(&batch, invocation, end).await
            }
            Payload::Stream(objects) => {
                self.batch(&stream::batch(&objects.0, service)?, invocation, end).await
            }
            Payload::Pipe(kind, objects) => {
                self.batch(&pipe::batch(kind, &objects.0, service)?, invocation, end).await
            }
            Payload::Http => match &self.http {
                Some(http) => match end.within(Point::Cutoff, http.call(text, invocation)).await {
                    Some(answer) => answer,
                    None => http::unavailable(),
                },
                None => Err(not_taken("HTTP")),
            },
            Payload::Release => release::release(self.engine(), text, end).await,
            Payload::Process => process::process(self.engine(), text, invocation.deadline, end).await,
            Payload::Sweep => Err(not_taken("sweep")),
            Payload::Tick => Err(not_taken("tick")),
        }
    }

    async fn batch(
        &self,
        batch: &Batch,
        invocation: &Invocation,
        end: End<'_>,
    ) -> Result<Vec<u8>, InvokeError> {
        response::check_ids(batch)?;
        let outcomes = self.batches.run_until(&batch.records, invocation.deadline, end).await;
        response::write(batch, &outcomes, self.batches.policy().total_failure)
    }
}

impl Invoke for Function {
    async fn warm_up(&self) -> Result<(), TableError> {
        self.engine().warm_up().await
    }

    async fn invoke_until(
        &self,
        payload: &[u8],
        invocation: &Invocation,
        end: End<'_>,
    ) -> Result<Vec<u8>, InvokeError> {
        // In a box: a handler's futures nest deep, and each frame around them would move them all.
        guarded(invocation, Box::pin(self.dispatch(payload, invocation, end))).await
    }
}

fn not_taken(got: &'static str) -> InvokeError {
    let takes = "SQS, SNS, EventBridge, S3, Kinesis, Kafka and DynamoDB stream records, releases, and questions about processes";
    InvokeError::NotTaken { got, takes }
}

//! The relay as a function: what the receipts in a stream emitted goes to its channels, the response is the checkpoint.

use std::sync::Arc;

use waxseal::{
    Code, Host,
    batch::RecordOutcome,
    dead_letter::DeadLetters,
    error_chain,
    relay::{Pending, Progress, Publisher, Sweep, SweepError, publish},
};

use crate::{
    http::BoxFuture,
    source::Batch,
    sweep::{AnyReceipts, Erased},
};

/// A relay, erased: the function is one type whatever publishes.
pub(crate) trait AnyRelay: Send + Sync {
    fn service(&self) -> &str;
    /// The index of the first receipt that is not wholly published.
    fn publish<'a>(&'a self, receipts: &'a [Pending]) -> BoxFuture<'a, Option<usize>>;
    /// The same index, where the publication was given up.
    fn checkpoint(&self, receipts: &[Pending]) -> Option<usize>;
    /// One step of a sweep.
    fn step<'a>(
        &'a self,
        sweep: &'a mut Sweep,
        receipts: &'a dyn AnyReceipts,
    ) -> BoxFuture<'a, Result<(), SweepError>>;
    /// Dead-letters what does not come from a stream: wrong wiring must lose nothing.
    fn refuse<'a>(&'a self, batch: &'a Batch) -> BoxFuture<'a, Vec<RecordOutcome>>;
}

pub(crate) struct Relay<P, D> {
    pub(crate) service: String,
    pub(crate) publisher: P,
    pub(crate) dead_letters: D,
    pub(crate) host: Arc<dyn Host>,
    pub(crate) progress: Progress,
}

impl<P, D> Relay<P, D> {
    /// The relay in this invocation.
    fn now(&self) -> waxseal::relay::Relay<'_, P, D> {
        let Self { service, publisher, dead_letters, host, progress } = self;
        waxseal::relay::Relay { publisher, dead_letters, service, progress, now: host.now() }
    }
}

impl<P: Publisher, D: DeadLetters> AnyRelay for Relay<P, D> {
    fn service(&self) -> &str {
        &self.service
    }

    fn publish<'a>(&'a self, receipts: &'a [Pending]) -> BoxFuture<'a, Option<usize>> {
        Box::pin(async move { publish(&self.now(), receipts).await })
    }

    fn checkpoint(&self, receipts: &[Pending]) -> Option<usize> {
        self.progress.checkpoint(receipts)
    }

    fn step<'a>(
        &'a self,
        sweep: &'a mut Sweep,
        receipts: &'a dyn AnyReceipts,
    ) -> BoxFuture<'a, Result<(), SweepError>> {
        Box::pin(async move { sweep.step(&Erased(receipts), &self.now()).await })
    }

    fn refuse<'a>(&'a self, batch: &'a Batch) -> BoxFuture<'a, Vec<RecordOutcome>> {
        Box::pin(async move {
            let mut verdicts = Vec::with_capacity(batch.records.len());
            for record in &batch.records {
                let reason = format!(
                    "the relay takes DynamoDB stream records, this one came from {}: wire it to a table's stream",
                    batch.kind.name()
                );
                let letter =
                    record.dead_letter(&self.service, self.host.now(), Code::WrongSource, reason.clone());
                verdicts.push(match self.dead_letters.send(letter).await {
                    Ok(()) => {
                        tracing::error!(record = record.id, reason, "dead-lettered");
                        RecordOutcome::DeadLettered { reason }
                    }
                    Err(error) => {
                        let error = error_chain(&*error);
                        tracing::error!(
                            record = record.id,
                            reason,
                            error,
                            "the dead-letter queue could not be written, reported as failed",
                        );
                        RecordOutcome::Failed {
                            reason: format!("{reason}; and the dead-letter queue: {error}"),
                            retry_after: None,
                        }
                    }
                });
            }
            verdicts
        })
    }
}

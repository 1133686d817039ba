//! The connections of a service to the sources that others fill.

use std::sync::{Arc, atomic::AtomicU64};

use waxseal_catalog::{Source, SourceKind, routes::Routes};
use waxseal_lambda::Function;

use crate::{
    bucket::Bucket, error::LocalError, function::Deployed, local::Local, mapping, queue::Queue,
    stream::Stream,
};

impl Local {
    /// The Kinesis stream of that name, with one shard unless [`Local::create_stream`] made it.
    #[must_use]
    pub fn stream(&self, name: &str) -> Stream {
        self.create_stream(name, 1)
    }

    /// The Kinesis stream of that name, with this many shards where it is new.
    #[must_use]
    pub fn create_stream(&self, name: &str, shards: usize) -> Stream {
        self.sources.stream(name, || Stream::new(name, shards, self.world.clock.clone()))
    }

    /// The bucket of that name: services that declare it as a source are notified of what happens there.
    #[must_use]
    pub fn bucket(&self, name: &str) -> Bucket {
        self.sources.bucket(name, || Bucket::new(name, self.world.clone()))
    }

    /// Invokes a service's function with a payload, as a source does that the environment does not have, and returns its answer.
    /// A task awaits it: [`Executor::block_on`](crate::Executor::block_on).
    ///
    /// # Errors
    /// Where no such service is deployed; or the error of the invocation, as Lambda would show it.
    pub async fn invoke(&self, service: &str, payload: impl Into<Vec<u8>>) -> Result<Vec<u8>, LocalError> {
        let function = self.with(service, |deployment| deployment.function.clone())?;
        function.invoke(payload.into(), true).await.map_err(LocalError::Invocation)
    }

    /// Maps the sources of a service to its function.
    pub(crate) fn connect(
        &self,
        routes: &Routes,
        function: &Deployed<Function>,
        events: &Queue,
        invocations: &Arc<AtomicU64>,
    ) {
        for source in &routes.sources {
            match source.kind {
                SourceKind::Kinesis => self.poll_shards(source, function, invocations),
                SourceKind::Bucket => self.bucket(&source.name).notify(events),
                // A test invokes the function with such a batch.
                _ => self.world.report.unconnected(&source.name),
            }
        }
    }

    fn poll_shards(&self, source: &Source, function: &Deployed<Function>, invocations: &Arc<AtomicU64>) {
        let stream = self.stream(&source.name);
        for shard in 0..stream.shard_count() {
            let reader = mapping::shard::run(
                stream.clone(),
                shard,
                function.clone(),
                source.clone(),
                invocations.clone(),
            );
            drop(self.world.executor.spawn_task(reader, true));
        }
    }
}

//! The connections of a service to the sources that others fill.

use std::sync::{Arc, atomic::AtomicU64};

use waxseal_catalog::{Source, SourceKind, routes::Routes};
use waxseal_lambda::Function;

use crate::{
    bucket::Bucket, function::Deployed, hold::Hold, kinesis::KinesisStream, local::Local, mapping,
    queue::Queue,
};

impl Local {
    /// The Kinesis stream of that name, with one shard unless [`Local::create_stream`] made it.
    #[must_use]
    pub fn stream(&self, name: &str) -> KinesisStream {
        self.create_stream(name, 1)
    }

    /// The Kinesis stream of that name, with this many shards where it is new.
    #[must_use]
    pub fn create_stream(&self, name: &str, shards: usize) -> KinesisStream {
        self.sources.stream(name, || KinesisStream::new(name, shards, self.world.clock.clone()))
    }

    /// The bucket of that name: services that declare it as a source are notified of what happens there.
    #[must_use]
    pub fn bucket(&self, name: &str) -> Bucket {
        self.sources.bucket(name, || Bucket::new(name, self.world.clone()))
    }

    /// Maps the sources of a service to its function.
    pub(crate) fn connect(
        &self,
        routes: &Routes,
        function: &Deployed<Function>,
        events: &Queue,
        invocations: &Arc<AtomicU64>,
        hold: &Hold,
    ) {
        for source in &routes.sources {
            match source.kind {
                SourceKind::Kinesis => self.poll_shards(source, function, invocations, hold),
                SourceKind::Bucket => self.bucket(&source.name).notify(events),
                // A test invokes the function with such a batch.
                _ => self.world.report.unconnected(&source.name),
            }
        }
    }

    fn poll_shards(
        &self,
        source: &Source,
        function: &Deployed<Function>,
        invocations: &Arc<AtomicU64>,
        hold: &Hold,
    ) {
        let stream = self.stream(&source.name);
        for shard in 0..stream.shard_count() {
            let reader = mapping::shard::run(
                stream.clone(),
                shard,
                function.clone(),
                source.clone(),
                invocations.clone(),
                hold.clone(),
            );
            self.pollers.start(&function.name, reader);
        }
    }
}

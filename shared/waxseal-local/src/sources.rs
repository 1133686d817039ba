//! The sources that others fill: streams and buckets, by their names.

use std::{collections::BTreeMap, sync::Arc};

use waxseal::lock::Lock;

use crate::{bucket::Bucket, kinesis::KinesisStream};

/// The streams and buckets of an environment.
#[derive(Clone, Default)]
pub(crate) struct Sources(Arc<Lock<Named>>);

#[derive(Default)]
struct Named {
    streams: BTreeMap<String, KinesisStream>,
    buckets: BTreeMap<String, Bucket>,
}

impl Sources {
    /// The stream of that name, made where it is new.
    pub(crate) fn stream(&self, name: &str, new: impl FnOnce() -> KinesisStream) -> KinesisStream {
        self.0.lock().streams.entry(name.to_owned()).or_insert_with(new).clone()
    }

    /// The bucket of that name, made where it is new.
    pub(crate) fn bucket(&self, name: &str, new: impl FnOnce() -> Bucket) -> Bucket {
        self.0.lock().buckets.entry(name.to_owned()).or_insert_with(new).clone()
    }
}

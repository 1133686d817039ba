//! Event source mappings: they poll a queue or a stream and invoke a function with batches.

pub(crate) mod queue;
mod response;
pub(crate) mod shard;
pub(crate) mod stream;

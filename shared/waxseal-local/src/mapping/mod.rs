//! Event source mappings: they poll a queue or a stream and invoke a function with batches. Beside
//! them the rule that ticks.

pub(crate) mod queue;
mod response;
pub(crate) mod shard;
pub(crate) mod stream;
pub(crate) mod tick;

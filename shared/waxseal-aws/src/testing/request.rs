//! A request that arrived at a table, and the disturbances that one can meet.

use serde_json::Value as Json;

/// A request that arrived.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Call {
    /// `PutItem`, `TransactWriteItems`, …, or `GET /` for the health check.
    pub action: String,
    /// Its JSON.
    pub body: Json,
}

/// The fault that befalls one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Disturbance {
    /// It is applied, and its answer is lost.
    LostAnswer,
    /// There is no connection: not applied.
    Unreachable,
    /// HTTP 500: not applied.
    Broken,
    /// `ProvisionedThroughputExceededException`: not applied.
    Throttled,
    /// Another writer's transaction is in the way: not applied. A transaction is cancelled, a plain write refused.
    Contended,
    /// A transaction is cancelled because an item's capacity is used up: not applied.
    CancelledByThrottling,
    /// A batch read leaves all keys but the first unprocessed.
    Unprocessed,
    /// Nothing: lets one request pass before the next disturbance.
    Pass,
}

//! The DynamoDB table: consistent reads, and the one conditional write request that is a commit.
//!
//! Two things retry, and neither repeats the work of the other. The SDK retries connections, 5xx and throttled requests.
//! `RetryPolicy` retries two answers that the SDK takes for final: a transaction that contention or throttling cancelled,
//! and a batch read that left keys unprocessed.
//!
//! A `ClientRequestToken` does not replace the writer token in every item. `PutItem` has none, DynamoDB forgets it after ten
//! minutes, and a repeat with other content is refused. A refused repeat shows the stored item, and the core recognises
//! its own write by the writer token on it (C-2).

mod attributes;
mod body;
mod client;
mod condition;
mod connect;
mod due;
mod interface;
mod query;
mod read;
mod retry;
mod scan;
mod value;
mod write;

pub use client::Dynamo;

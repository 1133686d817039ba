//! What Waxseal calls on AWS: the DynamoDB table, the publishers of the relay, the dead-letter queue. No delivery is
//! parsed here: that is `waxseal-lambda`'s.
//!
//! A function's `main` asks the [`Environment`] for its parts, each configured by environment variables alone:
//!
//! ```no_run
//! # async fn main_of_a_function(service: waxseal::Service) -> Result<(), Box<dyn std::error::Error>> {
//! let aws = waxseal_aws::Environment::from_env();
//! let engine = waxseal::Engine::new(service, aws.table()?, aws.host(), aws.settings()?)?;
//! let batches = aws.batches(engine)?;
//! # Ok(()) }
//! ```
//!
//! | variable | meaning |
//! |---|---|
//! | `WAXSEAL_TABLE` | the service's own table, name or ARN |
//! | `WAXSEAL_DLQ_URL` | the queue that dead letters go to |
//! | `WAXSEAL_BUS` | relay: the event bus, name or ARN |
//! | `WAXSEAL_TOPIC_<NAME>` | relay: the ARN of a topic; `stock.level-changed` is `WAXSEAL_TOPIC_STOCK_LEVEL_CHANGED` |
//! | `WAXSEAL_QUEUE_<NAME>` | relay: the URL of the queue that takes a service's commands |
//! | `WAXSEAL_MAX_RECEIVES`, `WAXSEAL_CONCURRENCY`, `WAXSEAL_MALFORMED`, `WAXSEAL_GROUPING`, `WAXSEAL_ISOLATION`, `WAXSEAL_GROUPS`, `WAXSEAL_TOTAL_FAILURE`, `WAXSEAL_BACKOFF_SECONDS` | optional: [`waxseal::batch::Policy`] |
//! | `WAXSEAL_SWEEP_DAYS` | relay, optional: how far back a sweep may begin, [`Environment::sweep_reach`] |
//! | `WAXSEAL_HORIZON_DAYS`, `WAXSEAL_LEASE_SECONDS` | optional: [`waxseal::Settings`] |
//! | `WAXSEAL_CLAIMS` | feature `claim-check`: where payloads are checked in, `s3://bucket/prefix` |
//! | `WAXSEAL_CLAIMS_FROM`, `WAXSEAL_CLAIM_BYTES` | the same, optional: other buckets to fetch from, comma-separated; the largest payload |
//!
//! The standard `AWS_*` variables do the rest: region, credentials, `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_DYNAMODB`, ….
//!
//! A misspelt variable is refused at start, with the known name that it is near. One that resembles no known name is told in a
//! warning: a newer template may set it, and an older binary has to start. An endpoint that is no URL is refused, too.

mod call;
#[cfg(feature = "claim-check")]
mod claims;
mod dead_letters;
mod dynamo;
mod environment;
mod host;
mod names;
mod publish;
mod sdk;
mod sqs_text;
#[cfg(feature = "test-util")]
pub mod testing;
mod variables;
mod visibility;

pub use aws_config::SdkConfig;
#[cfg(feature = "claim-check")]
pub use claims::S3Claims;
pub use dead_letters::SqsDeadLetters;
pub use dynamo::Dynamo;
pub use environment::Environment;
pub use host::SystemHost;
pub use publish::Publishers;
pub use variables::SettingError;
pub use visibility::SqsVisibility;

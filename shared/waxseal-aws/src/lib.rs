//! The calls of Waxseal to AWS: the DynamoDB table, the publisher of relays and programs, the dead-letter queue. The crate
//! parses no delivery: `waxseal-lambda` does.
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
//! [`waxseal_catalog::settings`] lists the variables, with their purpose, range, default and example.
//!
//! The standard `AWS_*` variables do the rest: region, credentials, `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_DYNAMODB`, ….
//!
//! A misspelt variable is refused at start, with the known name that is near it. A variable that resembles no known name
//! gives a warning: a newer template may set it, and an older binary has to start. An endpoint that is no URL is refused.

mod call;
#[cfg(feature = "claim-check")]
mod claims;
mod code;
mod dead_letters;
mod dynamo;
mod environment;
mod host;
mod log_handled;
mod metrics;
mod publish;
mod sdk;
#[cfg(feature = "secrets")]
mod secrets;
mod setting_error;
#[cfg(feature = "test-util")]
pub mod testing;
mod variables;
mod visibility;

pub use aws_config::SdkConfig;
#[cfg(feature = "claim-check")]
pub use claims::S3Claims;
pub use code::Code;
pub use dead_letters::SqsDeadLetters;
pub use dynamo::Dynamo;
pub use environment::Environment;
pub use host::SystemHost;
pub use log_handled::LogHandled;
pub use metrics::Metrics;
pub use publish::Publisher;
#[cfg(feature = "secrets")]
pub use secrets::SecretsError;
pub use setting_error::SettingError;
pub use visibility::SqsVisibility;
pub use waxseal::relay::{Messages, PublishError, PublishErrorKind, Unpublished, UnpublishedMessage};

//! Events of AWS services, declared as [foreign events](waxseal_message::foreign).
//!
//! | module | events | bus |
//! |---|---|---|
//! | [`s3`] | an object was created or deleted, through EventBridge | default |
//! | [`s3_notification`] | the same as a notification in a queue, from a topic, or to the function | none |
//! | [`scheduler`] | a schedule is due | none |
//! | [`cloudwatch`] | an alarm changed its state | default |
//! | [`ecs`] | a task changed its state | default |
//! | [`ec2`] | an instance changed its state | default |
//! | [`codepipeline`] | a pipeline's execution changed its state | default |
//! | [`cloudtrail`] | an API call | default |
//! | [`lambda`] | the result of an asynchronous invocation, at its destination | none |
//!
//! Each struct has the members that AWS documents, and the page is named beside it. Members that AWS
//! adds are ignored. A value that AWS adds to a set of values is `Other`. Most members are optional,
//! because AWS leaves many out.
//!
//! The bus is part of a declaration. Where an event takes another way, such as a destination that is the
//! application's bus, wrap the struct and declare that:
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use waxseal_aws_events::lambda::Invocation;
//!
//! #[derive(Serialize, Deserialize)]
//! #[serde(transparent)]
//! struct ReportFailed(Invocation);
//! waxseal_message::foreign!(ReportFailed {
//!     detail_type: "Lambda Function Invocation Result - Failure", source: "lambda", bus: application
//! });
//! ```

mod circumstances;
pub mod cloudtrail;
pub mod cloudwatch;
pub mod codepipeline;
pub mod ec2;
pub mod ecs;
pub mod lambda;
mod lenient;
mod open;
pub mod s3;
pub mod s3_notification;
pub mod scheduler;

pub use circumstances::{account, region, resources};

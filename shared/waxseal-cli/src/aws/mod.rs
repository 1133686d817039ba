//! The commands that speak to AWS, or to LocalStack in its place. They run the `aws` command.
//!
//! An SDK was the alternative. It would be linked for CloudFormation, S3, Lambda, STS, SQS and
//! DynamoDB, and its credentials would still come from the `aws` command on most machines (SSO).
//! `aws cloudformation package` has no counterpart in an SDK.

mod deploy;
mod functions;
mod instance;
mod instances;
mod look;
mod packages;
mod parameters;
mod prepare;
mod processes;
mod python;
mod readable;
mod retained;
mod rows;
mod stacks;
mod stage;
#[cfg(test)]
mod stand_in;
mod tool;
mod undeploy;

pub(crate) use deploy::deploy;
pub(crate) use functions::{invoke, release, sweep};
pub(crate) use instance::show as where_is;
pub(crate) use look::look;
pub(crate) use processes::processes;
pub(crate) use undeploy::undeploy;

//! The Lambda entry of `intake`, which takes other people's events on LocalStack.

use std::process::ExitCode;

use waxseal::{BoxError, Engine};
use waxseal_aws::Environment;
use waxseal_lambda::Function;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    waxseal_lambda::start(function()).await
}

async fn function() -> Result<Function, BoxError> {
    let aws = Environment::from_env();
    let engine = Engine::new(waxseal_tests::intake::service(), aws.table()?, aws.host(), aws.settings()?)?;
    Ok(Function::new(aws.batches(engine)?))
}

//! The Lambda entry of `analytics`. The environment configures it: `WAXSEAL_TABLE`,
//! `WAXSEAL_DLQ_URL` and the standard `AWS_*`.

use std::process::ExitCode;

use waxseal::{BoxError, Engine};
use waxseal_aws::Environment;
use waxseal_lambda::{Function, Queries};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    waxseal_lambda::start(function()).await
}

async fn function() -> Result<Function, BoxError> {
    let aws = Environment::from_env();
    let engine = Engine::new(analytics::service(), aws.table()?, aws.host(), aws.settings()?)?;
    let queries = Queries::new(engine.clone());
    Ok(Function::new(aws.batches(engine)?).http(queries))
}

//! The Lambda entry of `orders`. The templates set its environment variables.

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
    let engine = Engine::new(orders::service(), aws.table()?, aws.host(), aws.settings()?)?;
    let http = orders::router(engine.clone());
    Ok(Function::new(aws.batches(engine)?).http(http))
}

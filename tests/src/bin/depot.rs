//! The function of the service `depot`, which has a process: the tests of `LocalStack` deploy it.

use std::process::ExitCode;

use waxseal::{BoxError, Engine};
use waxseal_aws::Environment;
use waxseal_lambda::Function;
use waxseal_tests::parcels;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    waxseal_lambda::start(function()).await
}

async fn function() -> Result<Function, BoxError> {
    let aws = Environment::from_env();
    let engine = Engine::new(parcels::service(), aws.table()?, aws.host(), aws.settings()?)?;
    Ok(Function::new(aws.batches(engine)?))
}

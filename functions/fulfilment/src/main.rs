//! The Lambda entry of `fulfilment`. The environment configures it: `WAXSEAL_TABLE`,
//! `WAXSEAL_DLQ_URL` and the standard `AWS_*`.

use std::process::ExitCode;

use fulfilment::Deadlines;
use waxseal::{BoxError, Engine};
use waxseal_aws::Environment;
use waxseal_lambda::Function;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    waxseal_lambda::start(function()).await
}

async fn function() -> Result<Function, BoxError> {
    let aws = Environment::from_env();
    let service = fulfilment::service(Deadlines::default());
    let engine = Engine::new(service, aws.table()?, aws.host(), aws.settings()?)?;
    let http = fulfilment::router(engine.clone());
    Ok(Function::new(aws.batches(engine)?).http(http))
}

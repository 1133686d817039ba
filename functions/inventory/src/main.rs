//! The Lambda entry of `inventory`. The environment configures it: `WAXSEAL_TABLE`,
//! `WAXSEAL_DLQ_URL`, `ORDER_STYLE` and the standard `AWS_*`.

use std::process::ExitCode;

use order_events::Style;
use waxseal::{BoxError, Engine};
use waxseal_aws::Environment;
use waxseal_lambda::Function;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    waxseal_lambda::start(function()).await
}

async fn function() -> Result<Function, BoxError> {
    let aws = Environment::from_env();
    let engine =
        Engine::new(inventory::service(Style::from_env()?), aws.table()?, aws.host(), aws.settings()?)?;
    Ok(Function::new(aws.batches(engine)?))
}

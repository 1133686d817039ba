//! The Lambda entry of `notification`. The environment configures it: `WAXSEAL_TABLE`,
//! `WAXSEAL_DLQ_URL`, `SMTP_URL`, `MAIL_FROM` and the standard `AWS_*`.

use std::process::ExitCode;

use notification::{Sender, Smtp};
use waxseal::{BoxError, Engine};
use waxseal_aws::Environment;
use waxseal_lambda::Function;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    waxseal_lambda::start(function()).await
}

async fn function() -> Result<Function, BoxError> {
    let aws = Environment::from_env();
    let service = notification::service(Smtp::from_env()?, Sender::from_env()?);
    let engine = Engine::new(service, aws.table()?, aws.host(), aws.settings()?)?;
    Ok(Function::new(aws.batches(engine)?))
}

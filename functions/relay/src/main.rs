//! The Lambda entry of `relay`. The environment configures it: `WAXSEAL_BUS`, `WAXSEAL_TOPIC_*`,
//! `WAXSEAL_QUEUE_*`, `WAXSEAL_DLQ_URL`, for sweeps and ticks `WAXSEAL_TABLE`, `WAXSEAL_SWEEP_DAYS`
//! and `WAXSEAL_TIMERS_OF`, and the standard `AWS_*`.

use std::process::ExitCode;

use waxseal::BoxError;
use waxseal_aws::{Environment, Publisher, SqsDeadLetters};
use waxseal_lambda::Relay;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    waxseal_lambda::start(relay()).await
}

async fn relay() -> Result<Relay<Publisher, SqsDeadLetters>, BoxError> {
    let aws = Environment::from_env();
    let (publisher, dead_letters) = (aws.publisher()?, aws.dead_letters()?);
    let relay = relay::relay(publisher, dead_letters, aws.table()?, aws.host(), aws.sweep_reach()?);
    Ok(match aws.timers_of()? {
        Some(service) => relay.ticking(service, aws.table()?),
        None => relay,
    })
}

//! The Lambda entry of the relay. The templates set its environment variables.

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
    let relay = Relay::new("relay", aws.publisher()?, aws.dead_letters()?, aws.host());
    let relay = relay.sweeping(aws.table()?, aws.sweep_reach()?);
    Ok(match aws.timers_of()? {
        Some(service) => relay.ticking(service, aws.table()?),
        None => relay,
    })
}

//! `cargo run --profile ci -p waxseal-lambda --example relay_prints`: a relay that prints the messages of
//! stream records instead of publishing them.

use std::{error::Error, sync::Arc, time::SystemTime};

use waxseal::{
    BoxError, Emission, Host, Timestamp, Token,
    dead_letter::{DeadLetter, DeadLetters},
    relay::{PublishError, Publisher},
};
use waxseal_lambda::{Invocation, Invoke as _, Relay};

/// Stands in for the clock, the channels and the dead-letter queue.
struct Print;

impl Host for Print {
    fn now(&self) -> Timestamp {
        Timestamp::from(SystemTime::now())
    }

    fn token(&self) -> Token {
        Token(1)
    }
}

impl Publisher for Print {
    async fn publish(&self, emissions: &[&Emission], _: Timestamp) -> Vec<Result<(), PublishError>> {
        let print = |emission: &&Emission| println!("{}: {}", emission.channel, emission.envelope);
        emissions.iter().map(print).map(Ok).collect()
    }
}

impl DeadLetters for Print {
    async fn send(&self, dead_letter: DeadLetter) -> Result<(), BoxError> {
        println!("dead letter: {}", dead_letter.reason);
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let relay = Relay::new("inventory", Print, Print, Arc::new(Print));
    let records = include_bytes!("../tests/golden/stream-receipts.json");
    let response = relay.invoke(records, &Invocation::default()).await?;
    println!("response: {}", String::from_utf8_lossy(&response));
    assert_eq!(response, br#"{"batchItemFailures":[]}"#);
    Ok(())
}

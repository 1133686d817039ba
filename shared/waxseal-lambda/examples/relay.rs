//! `cargo run --profile ci -p waxseal-lambda --example relay`: a relay publishes from a table's stream.
//!
//! The stream record is the insertion of a receipt that emitted one event. The publisher prints it. A record of a queue, which is
//! wired to the relay by mistake, is a dead letter.

use std::{error::Error, sync::Arc};

use serde_json::json;
use waxseal::{
    Emission, Timestamp,
    relay::{Publish, PublishError},
};
use waxseal_lambda::{Invocation, Invoke, Relay};
use waxseal_testing::{ManualHost, RecordedDeadLetters};

/// A publisher that prints. `waxseal_aws::Publisher` is the one for EventBridge, SNS and SQS.
struct Print;

impl Publish for Print {
    async fn publish(&self, emissions: &[&Emission], _now: Timestamp) -> Vec<Result<(), PublishError>> {
        let print = |emission: &&Emission| {
            println!("published to {}: {}", emission.channel, emission.envelope);
            Ok(())
        };
        emissions.iter().map(print).collect()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let dead_letters = RecordedDeadLetters::default();
    let host = Arc::new(ManualHost::new("2026-11-21T09:30:05Z".parse()?));
    let relay = Relay::new("inventory", Print, dead_letters.clone(), host);

    let emitted = json!([{"channel": "bus", "envelope": {
        "eventId": "e-2", "eventType": "stock.reserved", "eventVersion": 1, "source": "inventory",
        "timestamp": "2026-11-21T09:30:01Z", "data": {"sku": "hat"},
    }}]);
    let stream = json!({"Records": [{
        "eventName": "INSERT", "eventSource": "aws:dynamodb",
        "dynamodb": {
            "SequenceNumber": "111",
            "Keys": {"pk": {"S": "receipt#inventory/reserve#orders#e-1"}, "sk": {"S": "receipt"}},
            "NewImage": {"emitted": {"S": emitted.to_string()}},
        },
    }]});
    let queue = json!({"Records": [{"messageId": "m-1", "eventSource": "aws:sqs", "body": "{}"}]});
    for payload in [stream, queue] {
        let response = relay.invoke(payload.to_string().as_bytes(), &Invocation::default()).await?;
        println!("response: {}", String::from_utf8(response)?);
    }
    for dead_letter in dead_letters.recorded() {
        println!("dead letter {}: {}: {}", dead_letter.record, dead_letter.code, dead_letter.reason);
    }
    Ok(())
}

//! The committed sample has the form of Lambda's deliveries, and is published.
#![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::Value;
use waxseal::{
    Emission, Timestamp,
    relay::{Publish, PublishError, Receipts},
    table::{Item, Key, ScanPage, TableError},
};
use waxseal_lambda::{Invocation, Invoke};
use waxseal_testing::{ManualHost, RecordedDeadLetters};

const EVENT: &[u8] = include_bytes!("../samples/receipts.json");

/// A channel that records its messages, or takes nothing.
#[derive(Clone, Default)]
struct Channels {
    taken: Arc<Mutex<Vec<(String, String)>>>,
    dead_letters: RecordedDeadLetters,
    error: Option<PublishError>,
}

impl Publish for Channels {
    async fn publish(&self, emissions: &[&Emission], _: Timestamp) -> Vec<Result<(), PublishError>> {
        let take = |emission: &&Emission| match &self.error {
            Some(error) => Err(error.clone()),
            None => {
                let taken = (emission.channel.clone(), emission.envelope.get().to_owned());
                self.taken.lock().unwrap().push(taken);
                Ok(())
            }
        };
        emissions.iter().map(take).collect()
    }
}

/// The sample's receipts in their form in the table.
impl Receipts for Channels {
    async fn emitted(&self, _: Option<&Key>) -> Result<ScanPage, TableError> {
        let event: Value = serde_json::from_slice(EVENT).unwrap();
        let images =
            event["Records"].as_array().unwrap().iter().map(|record| &record["dynamodb"]["NewImage"]);
        let items = images.filter(|image| image["emitted"].is_object()).map(|image| {
            let text = |name: &str| image[name]["S"].as_str().unwrap().to_owned();
            Item::new(Key { partition: text("pk").into(), sort: text("sk").into() })
                .text("emitted", text("emitted"))
        });
        Ok(ScanPage { items: items.collect(), next: None })
    }
}

async fn ask(channels: &Channels, payload: &[u8]) -> String {
    let reach = Duration::from_hours(14 * 24);
    // Two days after the sample.
    let host = Arc::new(ManualHost::new("2026-11-23T09:30:00Z".parse().unwrap()));
    let dead_letters = channels.dead_letters.clone();
    let function = relay::relay(channels.clone(), dead_letters, channels.clone(), host, reach);
    let answer = function.invoke(payload, &Invocation::default()).await.unwrap();
    String::from_utf8(answer).unwrap()
}

async fn invoke(channels: &Channels) -> String {
    ask(channels, EVENT).await
}

#[tokio::test]
async fn o1_a_sweep_publishes_byte_for_byte_what_the_stream_would_have() {
    let (stream, swept) = (Channels::default(), Channels::default());
    invoke(&stream).await;
    let answer = ask(&swept, br#"{"sweep":{"from":"2026-11-21T09:30:00Z"}}"#).await;
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!((&answer["published"], &answer["next"]), (&Value::from(1), &Value::Null), "{answer}");
    assert_eq!(*swept.taken.lock().unwrap(), *stream.taken.lock().unwrap());
}

#[tokio::test]
async fn o1_o3_the_sample_is_published_byte_for_byte_and_again_when_it_comes_again() {
    let channels = Channels::default();
    for _ in 0..2 {
        assert_eq!(invoke(&channels).await, r#"{"batchItemFailures":[]}"#);
    }
    let taken = channels.taken.lock().unwrap();
    let to: Vec<&str> = taken.iter().map(|(channel, _)| channel.as_str()).collect();
    assert_eq!(to, ["topic:stock", "bus", "topic:stock", "bus"]);
    assert_eq!(taken[..2], taken[2..]);
    assert!(taken[0].1.contains("\"sku\":\"mug-stoneware-grün\""), "{}", taken[0].1);
}

#[tokio::test]
async fn o2_o6_what_a_channel_does_not_take_comes_again_unless_it_never_will() {
    let error = Some(PublishError::transient("InternalFailure"));
    let channels = Channels { error, ..Channels::default() };
    assert_eq!(
        invoke(&channels).await,
        r#"{"batchItemFailures":[{"itemIdentifier":"3000000000000000000011"}]}"#
    );
    assert!(channels.dead_letters.recorded().is_empty());
    // The sample is two days old, so a missing channel causes a dead letter at once.
    for error in [PublishError::refused("it is too big"), PublishError::no_channel("no such topic")] {
        let channels = Channels { error: Some(error), ..Channels::default() };
        assert_eq!(invoke(&channels).await, r#"{"batchItemFailures":[]}"#);
        let dead_letters = channels.dead_letters.recorded();
        let names: Vec<_> = dead_letters.iter().map(|dead_letter| dead_letter.name.as_deref()).collect();
        assert_eq!(names, [Some("stock.level-changed"), Some("stock.reserved")]);
    }
}

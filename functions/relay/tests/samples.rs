//! The committed sample has the form of Lambda's deliveries, and is published.
#![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::Value;
use waxseal::{
    BoxError, Emission, Host, Timestamp, Token,
    dead_letter::{DeadLetter, DeadLetters},
    relay::{PublishError, Publisher, Receipts},
    table::{Item, Key, ScanPage, TableError},
};
use waxseal_lambda::{Invocation, Invoke};

const EVENT: &[u8] = include_bytes!("../samples/receipts.json");

/// A channel that records its messages, or takes nothing.
#[derive(Clone, Default)]
struct Channels {
    taken: Arc<Mutex<Vec<(String, String)>>>,
    dead_letters: Arc<Mutex<Vec<DeadLetter>>>,
    error: Option<PublishError>,
}

impl Publisher for Channels {
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

impl DeadLetters for Channels {
    async fn send(&self, dead_letter: DeadLetter) -> Result<(), BoxError> {
        self.dead_letters.lock().unwrap().push(dead_letter);
        Ok(())
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

/// A time two days after the sample.
struct Later;

impl Host for Later {
    fn now(&self) -> Timestamp {
        "2026-11-23T09:30:00Z".parse().unwrap()
    }
    fn token(&self) -> Token {
        Token(1)
    }
}

async fn ask(channels: &Channels, payload: &[u8]) -> String {
    let reach = Duration::from_hours(14 * 24);
    let function = relay::relay(channels.clone(), channels.clone(), channels.clone(), Arc::new(Later), reach);
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
    assert!(channels.dead_letters.lock().unwrap().is_empty());
    // The sample is two days old, so a missing channel causes a dead letter at once.
    for error in [PublishError::refused("it is too big"), PublishError::no_channel("no such topic")] {
        let channels = Channels { error: Some(error), ..Channels::default() };
        assert_eq!(invoke(&channels).await, r#"{"batchItemFailures":[]}"#);
        let dead_letters = channels.dead_letters.lock().unwrap();
        let names: Vec<_> = dead_letters.iter().map(|dead_letter| dead_letter.name.as_deref()).collect();
        assert_eq!(names, [Some("stock.level-changed"), Some("stock.reserved")]);
    }
}

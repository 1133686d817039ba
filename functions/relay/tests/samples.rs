//! The committed sample is what Lambda would deliver, and is published.
#![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

use std::sync::{Arc, Mutex};

use waxseal::{
    BoxError,
    batch::{DeadLetters, Letter},
    receipt::Emission,
    relay::{PublishError, Publisher},
};
use waxseal_lambda::Invocation;

const EVENT: &[u8] = include_bytes!("../samples/receipts.json");

/// A channel that notes what it takes, or takes nothing.
#[derive(Clone, Default)]
struct Channels {
    taken: Arc<Mutex<Vec<(String, String)>>>,
    letters: Arc<Mutex<Vec<Letter>>>,
    error: Option<PublishError>,
}

impl Publisher for Channels {
    async fn publish(&self, emissions: &[&Emission]) -> Vec<Result<(), PublishError>> {
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
    async fn send(&self, letter: Letter) -> Result<(), BoxError> {
        self.letters.lock().unwrap().push(letter);
        Ok(())
    }
}

async fn invoke(channels: &Channels) -> String {
    let function = relay::function(channels.clone(), channels.clone());
    let answer = function.invoke(EVENT, &Invocation::default()).await.unwrap();
    String::from_utf8(answer).unwrap()
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
    let error = |permanent| Some(PublishError { reason: "InternalFailure".to_owned(), permanent });
    let channels = Channels { error: error(false), ..Channels::default() };
    assert_eq!(
        invoke(&channels).await,
        r#"{"batchItemFailures":[{"itemIdentifier":"3000000000000000000011"}]}"#
    );
    assert!(channels.letters.lock().unwrap().is_empty());
    let channels = Channels { error: error(true), ..Channels::default() };
    assert_eq!(invoke(&channels).await, r#"{"batchItemFailures":[]}"#);
    let letters = channels.letters.lock().unwrap();
    let names: Vec<_> = letters.iter().map(|letter| letter.name.as_deref()).collect();
    assert_eq!(names, [Some("stock.level-changed"), Some("stock.reserved")]);
}

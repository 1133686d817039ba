//! A service with one handler, and what it sees.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use waxseal::{
    Envelope, Fault, Handler, Message, Service, Unit,
    batch::Policy,
    dead_letter::{AttributeValue, DeadLetter},
};
use waxseal_lambda::{Function, Invocation, Invoke, InvokeError};
use waxseal_testing::{Fixture, RecordedDeadLetters, block_on};

/// The answer to a batch that succeeded.
pub(crate) const OK: &str = r#"{"batchItemFailures":[]}"#;

/// The events that a handler got.
pub(crate) struct Seen<M>(Arc<Mutex<Vec<Envelope<M>>>>);

impl<M> Clone for Seen<M> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<M> Default for Seen<M> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<M> Seen<M> {
    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// The only one.
    pub(crate) fn one<T>(&self, look: impl FnOnce(&Envelope<M>) -> T) -> T {
        let seen = self.0.lock().unwrap();
        assert_eq!(seen.len(), 1, "events that were handled");
        look(&seen[0])
    }
}

/// Keeps every event.
pub(crate) struct Keep<M>(pub(crate) Seen<M>);

impl<M: Message + Clone> Handler for Keep<M> {
    const NAME: &str = "keep";
    type Event = M;
    type Emits = ();
    async fn handle(&self, event: &Envelope<M>, _: &mut Unit<'_, ()>) -> Result<(), Fault> {
        self.0.0.lock().unwrap().push(event.clone());
        Ok(())
    }
}

pub(crate) fn fixture() -> Fixture {
    Fixture::at("2026-11-21T09:30:05Z".parse().unwrap())
}

/// A function of a service in memory.
pub(crate) struct Deployed {
    function: Function,
    fixture: Fixture,
}

impl Deployed {
    pub(crate) fn new(service: Service) -> Self {
        Self::on(&fixture(), service)
    }

    /// A process with the table of others, and with dead letters of its own.
    pub(crate) fn on(others: &Fixture, service: Service) -> Self {
        let mut fixture = others.clone();
        fixture.dead_letters = RecordedDeadLetters::default();
        let function = Function::new(fixture.batches(fixture.engine(service), Policy::default()));
        Self { function, fixture }
    }

    /// A service with one handler that keeps what it gets.
    pub(crate) fn keeping<M: Message + Clone>() -> (Self, Seen<M>) {
        let seen = Seen::default();
        (Self::new(Service::new("files").handler(Keep(seen.clone()))), seen)
    }

    pub(crate) fn invoke(&self, payload: impl AsRef<[u8]>) -> Result<String, InvokeError> {
        let answer = block_on(self.function.invoke(payload.as_ref(), &Invocation::default()))?;
        Ok(String::from_utf8(answer).unwrap())
    }

    #[track_caller]
    pub(crate) fn succeeds(&self, payload: impl AsRef<[u8]>) {
        assert_eq!(self.invoke(payload).unwrap(), OK);
        let reasons = self.reasons();
        assert!(reasons.is_empty(), "{reasons:?}");
    }

    pub(crate) fn dead_letters(&self) -> Vec<DeadLetter> {
        self.fixture.dead_letters.recorded()
    }

    pub(crate) fn reasons(&self) -> Vec<String> {
        self.dead_letters().into_iter().map(|dead_letter| dead_letter.reason).collect()
    }
}

/// A service without a handler for what is delivered.
pub(crate) fn without_a_handler() -> Service {
    Service::new("files")
}

fn file(folder: &str, name: &str) -> String {
    let path = format!("{}/{folder}/{name}.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// An example of AWS's documentation.
pub(crate) fn golden(name: &str) -> String {
    file("tests/golden", name)
}

/// A case of practice.
pub(crate) fn case(name: &str) -> String {
    file("../../tests/cases", name)
}

/// A message in a queue, as a batch of one.
pub(crate) fn sqs(id: &str, body: &str, attributes: &Value) -> String {
    json!({"Records": [{
        "messageId": id, "receiptHandle": "r", "body": body, "messageAttributes": attributes,
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1795253401512"},
        "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:q",
    }]})
    .to_string()
}

/// The body of a notification of SNS.
pub(crate) fn notification(message: &str) -> Value {
    json!({
        "Type": "Notification", "MessageId": "n-1", "TopicArn": "arn:aws:sns:eu-west-1:123456789012:t", "Message": message,
        "Timestamp": "2026-11-21T09:29:59.000Z",
        "MessageAttributes": {"eventId": {"Type": "String", "Value": "e-1"}},
    })
}

/// A dead letter, redriven: the queue gives it another id.
pub(crate) fn redriven(dead_letter: &DeadLetter, id: &str) -> String {
    let message = dead_letter.message(1 << 20, |_| true).unwrap();
    let attributes: serde_json::Map<String, Value> = message
        .attributes
        .iter()
        .filter_map(|attribute| match &attribute.value {
            AttributeValue::Text(text) => {
                Some((attribute.name.clone(), json!({"dataType": attribute.kind, "stringValue": text})))
            }
            AttributeValue::Binary(_) => None,
        })
        .collect();
    sqs(id, &message.body, &attributes.into())
}

//! The relay: what receipts emitted is published, each until its channel took it, under the same ids.

// Helpers unwrap like the tests that they help.
#![allow(clippy::unwrap_used)]

mod support;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use serde::{Deserialize, Serialize};
use support::{Letters, PaymentRequested, engine, payment};
use waxseal::{
    BoxError, Envelope, Fault, Handler, Raw, Service, Unit,
    batch::{DeadLetters, Letter},
    contract::block_on,
    item::attribute,
    receipt::{self, Emission, read_emissions},
    relay::{Pending, PublishError, Publisher, publish},
};

#[derive(Serialize, Deserialize)]
struct PaymentCaptured {
    order: String,
    part: u32,
}
waxseal::event!(PaymentCaptured { name: "payment.captured", version: 1, owner: "payment" });

/// Captures in two parts.
struct Capture;
impl Handler for Capture {
    const NAME: &str = "capture";
    type Event = PaymentRequested;
    type Emits = (PaymentCaptured,);
    async fn handle(
        &self,
        event: &Envelope<PaymentRequested>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        for part in 1..=2 {
            unit.emit(PaymentCaptured { order: event.data.order.clone(), part });
        }
        Ok(())
    }
}

/// Three receipts with two emissions each, as a stream brings them.
fn pending() -> Vec<Pending> {
    let (engine, table) = engine(Service::new("payment").handler(Capture));
    (1..=3)
        .map(|n| {
            let raw = payment(&format!("e-{n}"), r#"{"order":"o-7","amount":1250,"card":"amex"}"#);
            block_on(engine.handle(&raw)).unwrap();
            let items = table.items();
            let item = items.get(&receipt::key("payment/capture", "orders", &raw.id)).unwrap();
            let emitted = item.get_text(attribute::EMITTED).unwrap();
            Pending {
                record: format!("seq-{n}"),
                emissions: Ok(read_emissions(emitted).unwrap()),
                body: emitted.as_bytes().to_vec(),
            }
        })
        .collect()
}

fn id(emission: &Emission) -> String {
    Raw::parse(emission.envelope.get()).unwrap().id
}

/// Answers as told, entry by entry; then takes everything.
#[derive(Default)]
struct Bus {
    answers: Mutex<VecDeque<Result<(), PublishError>>>,
    calls: Arc<Mutex<Vec<Vec<String>>>>,
    /// Answers for at most this many entries of a call.
    most: Option<usize>,
}

impl Publisher for Bus {
    async fn publish(&self, emissions: &[&Emission]) -> Vec<Result<(), PublishError>> {
        self.calls.lock().unwrap().push(emissions.iter().map(|emission| id(emission)).collect());
        let mut answers = self.answers.lock().unwrap();
        let most = self.most.unwrap_or(usize::MAX);
        emissions.iter().take(most).map(|_| answers.pop_front().unwrap_or(Ok(()))).collect()
    }
}

fn bus(answers: impl IntoIterator<Item = Result<(), PublishError>>) -> Bus {
    Bus { answers: Mutex::new(answers.into_iter().collect()), ..Bus::default() }
}

fn throttled() -> Result<(), PublishError> {
    Err(PublishError { reason: "ThrottlingException".into(), permanent: false })
}

fn refused() -> Result<(), PublishError> {
    Err(PublishError { reason: "the entry is larger than 1 MiB".into(), permanent: true })
}

#[test]
fn o1_everything_that_was_committed_is_published_in_order() {
    let receipts = pending();
    let (bus, letters) = (bus([]), Letters::default());
    assert_eq!(block_on(publish(&bus, &letters, "payment", &receipts)), None);
    let expected: Vec<_> =
        receipts.iter().flat_map(|receipt| receipt.emissions.as_ref().unwrap()).map(id).collect();
    assert_eq!(*bus.calls.lock().unwrap(), [expected]);
    assert_eq!(block_on(publish(&bus, &letters, "payment", &[])), None);
}

#[test]
fn o2_only_the_entries_that_failed_are_tried_again() {
    let receipts = pending();
    let bus = bus([Ok(()), throttled(), Ok(()), Ok(()), throttled(), Ok(())]);
    assert_eq!(block_on(publish(&bus, &Letters::default(), "payment", &receipts)), None);
    let calls = bus.calls.lock().unwrap();
    assert_eq!(calls[1..], [[calls[0][1].clone(), calls[0][4].clone()]]);
}

#[test]
fn o3_what_is_published_twice_has_the_same_ids() {
    let receipts = pending();
    // The second receipt is never taken: the stream gives it, and all after it, again.
    let never = [Ok(()), Ok(()), throttled(), Ok(()), Ok(()), Ok(()), throttled(), throttled()];
    let first = bus(never);
    assert_eq!(block_on(publish(&first, &Letters::default(), "payment", &receipts)), Some(1));
    let second = bus([]);
    assert_eq!(block_on(publish(&second, &Letters::default(), "payment", &receipts[1..])), None);
    let (first, second) = (first.calls.lock().unwrap(), second.calls.lock().unwrap());
    assert_eq!(second[0], first[0][2..]);
    assert_eq!(first.len(), 3, "the call ends; the stream goes on");
}

#[test]
fn o2_an_entry_without_an_answer_is_not_published() {
    let receipts = pending();
    let bus = Bus { most: Some(2), ..Bus::default() };
    assert_eq!(block_on(publish(&bus, &Letters::default(), "payment", &receipts)), None);
    assert_eq!(bus.calls.lock().unwrap().iter().map(Vec::len).collect::<Vec<_>>(), [6, 4, 2]);
}

#[test]
fn o6_what_can_never_be_published_is_dead_lettered_and_blocks_nobody() {
    let mut receipts = pending();
    receipts[2].emissions = Err("item receipt#x has no readable outbox".into());
    let letters = Letters::default();
    let bus = bus([Ok(()), Ok(()), refused(), Ok(())]);
    assert_eq!(block_on(publish(&bus, &letters, "payment", &receipts)), None);
    let letters = letters.0.lock().unwrap();
    let [unreadable, unpublishable] = &letters[..] else { panic!("{letters:?}") };
    assert_eq!((&unreadable.body, &*unreadable.record), (&receipts[2].body, "seq-3"));
    let emission = &receipts[1].emissions.as_ref().unwrap()[0];
    assert_eq!(unpublishable.body, emission.envelope.get().as_bytes());
    assert_eq!(unpublishable.reason, "cannot be published to bus: the entry is larger than 1 MiB");
    assert_eq!(unpublishable.identity, Some(("payment".to_owned(), id(emission))));
    assert_eq!(unpublishable.name.as_deref(), Some("payment.captured"));
}

struct Broken;
impl DeadLetters for Broken {
    async fn send(&self, _: Letter) -> Result<(), BoxError> {
        Err("AWS.SimpleQueueService.NonExistentQueue".into())
    }
}

#[test]
fn o6_a_letter_that_cannot_be_written_keeps_its_receipt_open() {
    let mut receipts = pending();
    assert_eq!(block_on(publish(&bus([Ok(()), Ok(()), refused()]), &Broken, "payment", &receipts)), Some(1));
    receipts[0].emissions = Err("item receipt#x has no readable outbox".into());
    assert_eq!(block_on(publish(&bus([]), &Broken, "payment", &receipts)), Some(0));
}

//! A sweep: the emissions that a stream has forgotten are published from the receipts, through
//! every interruption.

// Helpers unwrap like the tests that they help.
#![allow(clippy::unwrap_used)]

mod support;

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::FutureExt as _;
use proptest::prelude::*;
use support::start;
use waxseal::observe::Observers;
use waxseal::{
    Emission, Raw, Timestamp, Token,
    relay::{Counts, Progress, Publish, PublishError, Receipts, Relay, Sweep, SweepError, Window},
    row::{Receipt, receipt},
    table::{Item, Key, Scan, ScanPage, TableError, attribute, memory::Items},
};
use waxseal_testing::{RecordedDeadLetters, block_on};

/// A time, in minutes after the start of the day's work.
fn minute(minutes: i64) -> Timestamp {
    Timestamp::from_second(start().as_second() + 60 * minutes).unwrap()
}

fn window(from: i64, to: i64) -> Window {
    Window { from: minute(from), to: minute(to) }
}

/// The receipt of event `n`, whose first attempt began at `began`, with emissions at these times.
fn receipt(n: usize, began: i64, times: &[i64]) -> Item {
    let emitted = times.iter().enumerate().map(|(index, minutes)| {
        let envelope = format!(
            r#"{{"eventId":"e-{n}-{index}","eventType":"payment.captured","eventVersion":1,"source":"payment",
            "timestamp":"{}","data":{{"order":"größe-{n}","amount":1250}}}}"#,
            minute(*minutes)
        );
        let envelope = serde_json::value::RawValue::from_string(envelope).unwrap();
        Emission::new("bus", envelope)
    });
    let key = receipt::key("payment/capture", "orders", &format!("order-{n}"));
    let (began, expires) = (minute(began), minute(35 * 24 * 60));
    let mut receipt = Receipt::completed(key, "5f2b1c6d".to_owned(), 1, began, expires);
    receipt.emitted = emitted.collect();
    receipt.to_item(Token(7))
}

/// Items in pages of a given size.
struct Shelf {
    items: Items,
    page: usize,
    broken: bool,
}

impl Receipts for Shelf {
    async fn emitted(&self, after: Option<&Key>) -> Result<ScanPage, TableError> {
        if self.broken {
            return Err(TableError::new("payment", "Scan", "ThrottlingException"));
        }
        Ok(self.items.scan(&Scan::having(attribute::EMITTED).after(after.cloned()), self.page))
    }
}

fn shelf(page: usize, items: impl IntoIterator<Item = Item>) -> Shelf {
    use waxseal::table::{Action, Condition, Write};
    let mut shelf = Shelf { items: Items::default(), page, broken: false };
    for item in items {
        let condition = Condition::Absent { now: start() };
        shelf.items.write(&[Write { action: Action::Put(item), condition }]).unwrap();
    }
    shelf
}

/// A bus that takes everything but the ids in `refuse`, and records the ids in order.
#[derive(Clone, Default)]
struct Bus {
    taken: Arc<Mutex<Vec<String>>>,
    refuse: Arc<Mutex<BTreeSet<String>>>,
    permanent: bool,
    /// Whether the channel of the refused ids does not exist.
    gone: bool,
    /// Whether the bus takes messages without an answer.
    silent: Arc<AtomicBool>,
}

impl Publish for Bus {
    async fn publish(&self, emissions: &[&Emission], _: Timestamp) -> Vec<Result<(), PublishError>> {
        let take = |emission: &&Emission| {
            let id = serde_json::from_str::<serde_json::Value>(emission.envelope.get()).unwrap()["eventId"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            if self.refuse.lock().unwrap().contains(&id) {
                let reason = "bus shop: InternalFailure".to_owned();
                return Err(match (self.permanent, self.gone) {
                    (true, _) => PublishError::refused(reason),
                    (_, true) => PublishError::no_channel(reason),
                    _ => PublishError::transient(reason),
                });
            }
            self.taken.lock().unwrap().push(id);
            Ok(())
        };
        let answers = emissions.iter().map(take).collect();
        if self.silent.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        answers
    }
}

impl Bus {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.taken.lock().unwrap())
    }
}

/// One step, ten minutes after the start of the day's work.
async fn step(
    sweep: &mut Sweep,
    shelf: &Shelf,
    bus: &Bus,
    dead_letters: &RecordedDeadLetters,
) -> Result<(), SweepError> {
    let progress = Progress::default();
    let relay = Relay {
        publisher: bus,
        dead_letters,
        service: "payment",
        progress: &progress,
        now: minute(10),
        observers: &Observers::default(),
    };
    sweep.step(shelf, &relay).await
}

/// Makes steps until the sweep is complete.
fn run(
    sweep: &mut Sweep,
    shelf: &Shelf,
    bus: &Bus,
    dead_letters: &RecordedDeadLetters,
) -> Result<(), SweepError> {
    while !sweep.is_complete() {
        block_on(step(sweep, shelf, bus, dead_letters))?;
    }
    Ok(())
}

fn counts(receipts: u64, published: u64, dead_lettered: u64, failed: u64) -> Counts {
    let mut counts = Counts::default();
    (counts.receipts, counts.published) = (receipts, published);
    (counts.dead_lettered, counts.failed) = (dead_lettered, failed);
    counts
}

#[test]
fn o1_a_sweep_publishes_what_the_receipts_of_its_window_emitted_and_nothing_else() {
    let shelf = shelf(
        2,
        [
            receipt(1, 5, &[5]),
            receipt(2, 10, &[10, 10]),
            // The effect was tried again for an hour, so its emissions are younger than its
            // receipt.
            receipt(3, 1, &[61]),
            receipt(4, 59, &[60]),
            receipt(5, 20, &[]),
            Item::new(Key::of("stock", &["hat"], "state")).text("data", r#"{"onHand":3}"#),
        ],
    );
    let (bus, dead_letters) = (Bus::default(), RecordedDeadLetters::default());
    let mut sweep = Sweep::new(window(10, 60), None);
    run(&mut sweep, &shelf, &bus, &dead_letters).unwrap();
    assert_eq!(bus.take(), ["e-2-0", "e-2-1"]);
    assert_eq!(sweep.counts(), counts(1, 1, 0, 0));
    run(&mut Sweep::new(window(60, 62), None), &shelf, &bus, &dead_letters).unwrap();
    assert_eq!(bus.take(), ["e-3-0", "e-4-0"]);
    assert!(dead_letters.recorded().is_empty());
}

#[test]
fn o1_what_a_channel_does_not_take_ends_the_sweep_before_it_and_the_next_goes_on_there() {
    let shelf = shelf(250, (100..350).map(|n| receipt(n, 1, &[1, 1])));
    let (bus, dead_letters) = (Bus::default(), RecordedDeadLetters::default());
    bus.refuse.lock().unwrap().extend(["e-220-1".to_owned(), "e-250-0".to_owned()]);
    let mut sweep = Sweep::new(window(0, 2), None);
    let error = run(&mut sweep, &shelf, &bus, &dead_letters).unwrap_err();
    assert_eq!(
        error.to_string(),
        "what receipt receipt#payment/capture#orders#order-220 / receipt emitted was not published: bus shop: InternalFailure"
    );
    assert_eq!(sweep.counts(), counts(200, 198, 0, 2));
    let after = sweep.after().unwrap().clone();
    assert_eq!(after, receipt::key("payment/capture", "orders", "order-219"));
    bus.refuse.lock().unwrap().clear();
    bus.take();
    let mut rest = Sweep::new(window(0, 2), Some(after));
    run(&mut rest, &shelf, &bus, &dead_letters).unwrap();
    let wanted: Vec<String> = (220..350).flat_map(|n| [format!("e-{n}-0"), format!("e-{n}-1")]).collect();
    assert_eq!(bus.take(), wanted);
    assert_eq!(rest.counts(), counts(130, 130, 0, 0));
}

#[test]
fn o1_a_table_that_cannot_be_read_leaves_the_sweep_at_its_place() {
    let mut shelf = shelf(3, (0..9).map(|n| receipt(n, 1, &[1])));
    let (bus, dead_letters) = (Bus::default(), RecordedDeadLetters::default());
    let mut sweep = Sweep::new(window(0, 2), None);
    for _ in 0..4 {
        block_on(step(&mut sweep, &shelf, &bus, &dead_letters)).unwrap();
    }
    shelf.broken = true;
    let error = run(&mut sweep, &shelf, &bus, &dead_letters).unwrap_err();
    assert_eq!(
        waxseal::error_chain(&error),
        "the receipts cannot be read: table payment: Scan failed: ThrottlingException"
    );
    assert_eq!(sweep.after(), Some(&receipt(5, 1, &[]).key));
    shelf.broken = false;
    run(&mut sweep, &shelf, &bus, &dead_letters).unwrap();
    assert_eq!(bus.take().len(), 9);
}

#[test]
fn o6_what_can_never_be_published_is_dead_lettered_by_a_sweep_and_blocks_nobody() {
    let unreadable = receipt(2, 1, &[]).text(attribute::EMITTED, "[{\"channel\":7}]");
    let long_ago = receipt(3, -9, &[]).text(attribute::EMITTED, "[{\"channel\":7}]");
    let shelf = shelf(9, [receipt(1, 1, &[1, 1]), unreadable, long_ago, receipt(4, 1, &[1])]);
    let (bus, dead_letters) = (Bus { permanent: true, ..Bus::default() }, RecordedDeadLetters::default());
    bus.refuse.lock().unwrap().insert("e-1-0".to_owned());
    let mut sweep = Sweep::new(window(0, 2), None);
    run(&mut sweep, &shelf, &bus, &dead_letters).unwrap();
    assert_eq!(bus.take(), ["e-1-1", "e-4-0"]);
    assert_eq!(sweep.counts(), counts(3, 3, 2, 0));
    let dead_letters = dead_letters.recorded();
    let said: Vec<(&str, &str)> =
        dead_letters.iter().map(|dead_letter| (&*dead_letter.record, &*dead_letter.reason)).collect();
    assert_eq!(
        said,
        [
            (
                "receipt#payment/capture#orders#order-2 / receipt",
                "the attribute emitted is not what a receipt holds, at line 1 column 13"
            ),
            (
                "receipt#payment/capture#orders#order-1 / receipt",
                "cannot be published to bus: bus shop: InternalFailure"
            ),
        ]
    );
}

#[test]
fn o6_a_sweep_dead_letters_what_has_waited_for_its_channel_and_counts_it() {
    // At minute 10 the second has waited for five minutes, and the third for four.
    let shelf =
        shelf(9, [receipt(1, 1, &[1]), receipt(2, 1, &[5, 5]), receipt(3, 1, &[6]), receipt(4, 7, &[7])]);
    let (bus, dead_letters) = (Bus { gone: true, ..Bus::default() }, RecordedDeadLetters::default());
    bus.refuse.lock().unwrap().extend(["e-2-0".to_owned(), "e-3-0".to_owned()]);
    let mut sweep = Sweep::new(window(0, 9), None);
    let error = run(&mut sweep, &shelf, &bus, &dead_letters).unwrap_err();
    assert!(error.to_string().starts_with("what receipt receipt#payment/capture#orders#order-3 "), "{error}");
    assert_eq!(bus.take(), ["e-1-0", "e-2-1", "e-4-0"]);
    assert_eq!(sweep.counts(), counts(4, 3, 1, 1));
    let dead_letters = dead_letters.recorded();
    let reasons: Vec<&str> = dead_letters.iter().map(|dead_letter| &*dead_letter.reason).collect();
    assert_eq!(
        reasons,
        ["cannot be published to bus: it is older than 5 minutes, and still bus shop: InternalFailure"]
    );
}

#[test]
fn o1_what_says_nothing_of_time_is_swept_whatever_the_window() {
    let foreign = Item::new(Key::of("receipt", &["payment/test", "test", "t"], "receipt"))
        .text(attribute::EMITTED, r#"[{"channel":"bus","envelope":{"eventId":"e-timeless"}}]"#);
    let (bus, dead_letters) = (Bus::default(), RecordedDeadLetters::default());
    run(&mut Sweep::new(window(0, 1), None), &shelf(5, [foreign]), &bus, &dead_letters).unwrap();
    assert_eq!(bus.take(), ["e-timeless"]);
}

proptest! {
    /// For all page sizes and interruptions, and all places at which the next sweep goes on: the
    /// whole window is published and nothing else, each receipt's emissions in order.
    #[test]
    fn o1_nothing_of_the_window_is_left_out_by_pages_and_interruptions(
        emitted in prop::collection::vec(prop::collection::vec(0..20_i64, 0..3), 0..40),
        page in 1..12_usize,
        cuts in prop::collection::vec(0..6_usize, 0..8),
        (from, length) in (0..20_i64, 1..20_i64),
    ) {
        let shelf = shelf(page, emitted.iter().enumerate().map(|(n, times)| receipt(n, 0, times)));
        let (bus, dead_letters) = (Bus::default(), RecordedDeadLetters::default());
        let window = window(from, from + length);
        let mut after = None;
        for steps in cuts {
            let mut sweep = Sweep::new(window, after.clone());
            for _ in 0..steps {
                block_on(step(&mut sweep, &shelf, &bus, &dead_letters)).unwrap();
            }
            // One more sweep is cut off before the answer that its messages were taken.
            bus.silent.store(true, Ordering::SeqCst);
            let (place, counts) = (sweep.after().cloned(), sweep.counts());
            if step(&mut sweep, &shelf, &bus, &dead_letters).now_or_never().is_none() {
                prop_assert_eq!((sweep.after().cloned(), sweep.counts()), (place, counts));
            }
            bus.silent.store(false, Ordering::SeqCst);
            after = sweep.after().cloned();
        }
        let mut last = Sweep::new(window, after);
        run(&mut last, &shelf, &bus, &dead_letters).unwrap();
        let taken = bus.take();
        let within = |times: &&Vec<i64>| times.iter().any(|time| (from..from + length).contains(time));
        let wanted: BTreeSet<String> = emitted
            .iter()
            .enumerate()
            .filter(|(_, times)| within(times))
            .flat_map(|(n, times)| (0..times.len()).map(move |index| format!("e-{n}-{index}")))
            .collect();
        prop_assert_eq!(taken.iter().cloned().collect::<BTreeSet<_>>(), wanted);
        for pair in taken.windows(2) {
            let one = |id: &str| id.rsplit_once('-').map(|(n, index)| (n.to_owned(), index.to_owned()));
            let ((one, first), (other, second)) = (one(&pair[0]).unwrap(), one(&pair[1]).unwrap());
            prop_assert!(one != other || first < second || second == "0", "{:?}", pair);
        }
    }
}

#[test]
fn an_envelope_of_these_tests_is_one() {
    let item = receipt(1, 1, &[1]);
    let emissions = waxseal::read_emissions(item.get_text(attribute::EMITTED).unwrap()).unwrap();
    assert_eq!(Raw::parse(emissions[0].envelope.get()).unwrap().timestamp, minute(1));
}

//! FIFO queues that others fill (S-68).

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use proptest::{collection::vec, prelude::*};
use serde::{Deserialize, Serialize};
use waxseal::{Entity, Envelope, Fault, Handler, Service, Unit};
use waxseal_catalog::{Deployed, FifoQueue};
use waxseal_local::{Faults, Local, NewMessage, Queue, QueueSettings};

#[derive(Serialize, Deserialize)]
struct Booked {
    customer: String,
    number: u32,
}
waxseal::event!(Booked { name: "room.booked", version: 1, owner: "hotels" });

#[derive(Debug, Default, Serialize, Deserialize)]
struct Bookings {
    numbers: Vec<u32>,
}
impl Entity for Bookings {
    const KIND: &'static str = "bookings";
}

/// Notes bookings in the order in which they take effect. It refuses every seventh for as long as it
/// is told to.
#[derive(Clone, Default)]
struct Note {
    refuses: Arc<AtomicBool>,
}
impl Handler for Note {
    const NAME: &str = "note";
    type Event = Booked;
    type Emits = ();
    async fn handle(&self, booked: &Envelope<Booked>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
        let Booked { customer, number } = &booked.data;
        let mut bookings = match unit.load::<Bookings>(customer).await? {
            Some(bookings) => bookings,
            None => unit.create(customer, Bookings::default()),
        };
        if self.refuses.load(Ordering::SeqCst) && number % 7 == 0 {
            return Err(Fault::permanent("no such room"));
        }
        bookings.numbers.push(*number);
        unit.save(bookings);
        Ok(())
    }
}

fn deployed(note: &Note, local: &Local) {
    let service = Service::new("desk").handler(note.clone());
    local.deploy_service(Deployed::new(service).fifo(FifoQueue::new("bookings").batch(4))).unwrap();
}

fn message(local: &Local, customer: &str, number: u32) -> NewMessage {
    let booked = Booked { customer: customer.to_owned(), number };
    let event = Envelope::starting(format!("{customer}/{number}"), "hotels", local.now(), booked);
    let body = serde_json::to_string(&event).unwrap();
    let (group, deduplication) = (Some(customer.to_owned()), Some(format!("{customer}/{number}")));
    NewMessage { group, deduplication, ..NewMessage::new(body) }
}

/// Where the messages are sent: the FIFO queue, or a wrong one.
type Choose = fn(&Local) -> Queue;

fn to_fifo(local: &Local) -> Queue {
    local.fifo("desk", "bookings").unwrap()
}

/// A wrong source: a standard queue, on which a group names a tenant and orders nothing.
fn to_standard(local: &Local) -> Queue {
    local.queue("desk").unwrap()
}

/// The bookings of each customer as they took effect on a bad day, after those that were sent.
fn on_a_bad_day(choose: Choose, customers: &[u8], seed: u64) -> [BTreeMap<String, Vec<u32>>; 2] {
    let local = Local::builder().seed(seed).faults(Faults::bad_day()).quiet_dead_letters().build();
    deployed(&Note::default(), &local);
    let queue = choose(&local);
    let mut sent: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for (number, customer) in (1..).zip(customers) {
        let customer = format!("c-{customer}");
        let mut content = message(&local, &customer, number);
        if !queue.settings().fifo {
            content.deduplication = None;
        }
        queue.send(content).unwrap();
        sent.entry(customer).or_default().push(number);
    }
    local.run_until_idle();
    let read = |customer: &String| {
        let numbers = local.read::<Bookings>("desk", customer).unwrap_or_default().numbers;
        (customer.clone(), numbers)
    };
    let applied = sent.keys().map(read).collect();
    [sent, applied]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(25))]

    #[test]
    fn s68_a_group_takes_effect_in_its_order_whatever_fails(
        customers in vec(0..4_u8, 1..30),
        seed in any::<u64>(),
    ) {
        let [sent, applied] = on_a_bad_day(to_fifo, &customers, seed);
        prop_assert_eq!(applied, sent);
    }
}

#[test]
fn s68_a_standard_queue_as_the_source_loses_the_order_and_fails() {
    let customers = [1; 20];
    assert!((0..10).any(|seed| {
        let [sent, applied] = on_a_bad_day(to_standard, &customers, seed);
        applied != sent
    }));
}

#[test]
fn s68_dead_letters_of_a_group_are_in_its_fifo_queue_in_order_and_come_back() {
    let local = Local::builder().quiet_dead_letters().build();
    let note = Note { refuses: Arc::new(AtomicBool::new(true)) };
    deployed(&note, &local);
    let (queue, dead_letters) = (to_fifo(&local), local.fifo_dead_letters("desk", "bookings").unwrap());
    assert_eq!((queue.name(), dead_letters.name()), ("desk-bookings.fifo", "desk-bookings-dlq.fifo"));
    for number in 6..22 {
        queue.send(message(&local, if number % 2 == 0 { "even" } else { "odd" }, number)).unwrap();
    }
    local.run_until_idle();
    let places = |queue: &Queue| -> Vec<(String, u32)> {
        let of = |content: &NewMessage| {
            let event: serde_json::Value = serde_json::from_str(&content.body).unwrap();
            let number = event["data"]["number"].as_u64().unwrap();
            (content.group.clone().unwrap(), u32::try_from(number).unwrap())
        };
        queue.peek().iter().map(|message| of(&message.content)).collect()
    };
    let expected = [("odd", 7), ("even", 14), ("odd", 21)].map(|(group, number)| (group.to_owned(), number));
    let mut found = places(&dead_letters);
    found.sort_by_key(|(_, number)| *number);
    assert_eq!(found, expected);
    let odd: Vec<_> = places(&dead_letters).into_iter().filter(|(group, _)| group == "odd").collect();
    assert_eq!(odd.iter().map(|(_, number)| *number).collect::<Vec<_>>(), [7, 21], "in their order");
    assert!(local.dead_letters("desk").unwrap().is_empty(), "none is in the standard queue");

    // Within five minutes they come back and fail again: none is lost to deduplication.
    for _ in 0..3 {
        assert_eq!(dead_letters.move_to(&queue), 3);
        local.run_until_idle();
        assert_eq!(dead_letters.len(), 3);
    }
    note.refuses.store(false, Ordering::SeqCst);
    dead_letters.move_to(&queue);
    local.run_until_idle();
    assert!(dead_letters.is_empty() && queue.is_empty());
    assert!(local.read::<Bookings>("desk", "odd").unwrap().numbers.ends_with(&[7, 21]));
    assert_eq!(
        local.fifo("desk", "returns").unwrap_err().to_string(),
        "service desk has no FIFO queue returns: declare it with `Deployed::fifo`"
    );
}

#[test]
fn s68_equal_contents_are_one_message_for_five_minutes_where_the_queue_says_so() {
    let kept = |fifo: FifoQueue, own_id: Option<&str>| {
        let local = Local::builder().build();
        let service = Service::new("desk").handler(Note::default());
        local.deploy_service(Deployed::new(service).fifo(fifo)).unwrap();
        let booked = NewMessage { deduplication: own_id.map(str::to_owned), ..message(&local, "anna", 1) };
        let queue = to_fifo(&local);
        let sent = [booked.clone(), booked.clone()].map(|content| queue.send(content).is_ok());
        queue.send(NewMessage { body: "{}".to_owned(), ..booked }).ok();
        (sent, queue.len())
    };
    let by_content = || FifoQueue::new("bookings").content_based_deduplication();
    assert_eq!(kept(by_content(), None), ([true, true], 2));
    // The sender's own id decides where there is one.
    assert_eq!(kept(by_content(), Some("d-1")), ([true, true], 1));
    // Without it SQS refuses.
    assert_eq!(kept(FifoQueue::new("bookings"), None), ([false, false], 0));
}

/// What SQS keeps of three dead letters of one message within five minutes: a crash before the
/// acknowledgement writes the first one twice, and a redrive the third.
fn kept(deduplication: fn(sender: &str, record: &str) -> String) -> usize {
    let local = Local::builder().build();
    let mut settings = QueueSettings::default();
    settings.fifo = true;
    let queue = local.create_queue("dlq.fifo", settings);
    for record in ["m-1", "m-1", "m-2"] {
        let (group, deduplication) = (Some("g".to_owned()), Some(deduplication("d-1", record)));
        queue.send(NewMessage { group, deduplication, ..NewMessage::new("x") }).unwrap();
    }
    queue.len()
}

#[test]
fn s68_the_records_id_folds_repeated_dead_letters_and_the_senders_would_lose_one() {
    assert_eq!(kept(|_, record| record.to_owned()), 2);
    // A wrong id: the sender's.
    assert_eq!(kept(|sender, _| sender.to_owned()), 1, "the second failure would be lost");
}

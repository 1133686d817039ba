//! The ledger beside a service: every committed write, once, whatever is killed.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use waxseal::{
    Attempt, Decider, DomainEvent, Effect, Envelope, EventSourced, Fault, Project, Projection, Raised, Raw,
    Record, Recorded, Recorder, Refusal, RowKey, Rows, Service, Timestamp, Translation, Unit, batch::Rebuild,
    table::Item,
};
use waxseal_ledger::{Days, Entry, EntryKind, Finding, Memory, Selection, messages, read, verify};
use waxseal_local::{Faults, Local};
use waxseal_testing::block_on;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Paid {
    account: String,
    cents: u64,
}
waxseal::event!(Paid { name: "invoice.paid", version: 1, owner: "till" });

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Booked {
    account: String,
    version: u64,
}
waxseal::event!(Booked { name: "account.booked", version: 1, owner: "bank" });

#[derive(Serialize, Deserialize)]
enum In {
    Cents(u64),
}
impl DomainEvent for In {}

#[derive(Default, Serialize, Deserialize)]
struct Account {
    cents: u64,
}
impl EventSourced for Account {
    const KIND: &'static str = "account";
    type Event = In;
    fn apply(account: &mut Option<Self>, In::Cents(cents): &In) {
        account.get_or_insert_default().cents += cents;
    }
}

struct Accounts;
impl Decider for Accounts {
    const NAME: &str = "accounts";
    type State = Account;
    type Decides = (Paid,);
    type Emits = (Booked,);
    type Refusal = std::convert::Infallible;
    fn translate(recorded: &Recorded<In>, _: Option<&Account>, out: &mut Translation<Self>) {
        out.emit(Booked { account: recorded.entity.clone(), version: recorded.version });
    }
}
impl Record<Paid> for Accounts {
    fn key(paid: &Paid) -> Cow<'_, str> {
        Cow::Borrowed(&paid.account)
    }
    fn decide(
        &self,
        _: Option<&Account>,
        paid: &Envelope<Paid>,
        out: &mut Recorder<Self>,
    ) -> Result<(), Refusal<std::convert::Infallible>> {
        out.record(In::Cents(paid.data.cents));
        Ok(())
    }
}

/// It acts outside, and fails now and then at first.
struct Notify;
impl Effect for Notify {
    const NAME: &str = "notify";
    const KEY_TTL: Duration = Duration::from_hours(24);
    type Event = Booked;
    type Emits = ();
    async fn act(
        &self,
        booked: &Envelope<Booked>,
        attempt: &Attempt<'_>,
        _: &mut Unit<'_, ()>,
    ) -> Result<(), Fault> {
        match booked.data.version.is_multiple_of(5) && attempt.number() == 1 {
            true => Err(Fault::retry("the line is busy")),
            false => Ok(()),
        }
    }
}

fn local(faults: Faults, seed: u64, keeps: bool) -> Local {
    let builder = Local::builder().seed(seed).faults(faults).quiet_dead_letters();
    let local = if keeps { builder.keep_ledger() } else { builder }.build();
    local.deploy_service(Service::new("bank").decider(Accounts).effect(Notify)).unwrap();
    local
}

fn paid(n: usize) -> Raw {
    let paid = Paid { account: format!("ø#{}", n % 17), cents: n as u64 };
    let envelope = Envelope::starting(format!("invoice-{n}"), "till", Timestamp::UNIX_EPOCH, paid);
    envelope.into_raw().unwrap()
}

fn feed(local: &Local, count: usize) {
    for n in 0..count {
        local.put(&paid(n)).unwrap();
        if n % 20 == 0 {
            local.run_until_idle();
        }
    }
    local.run_until_idle();
}

fn entries(local: &Local) -> Vec<Entry> {
    let days = Days { first: local.now() - Duration::from_hours(48), last: local.now() };
    block_on(read(&local.ledger().unwrap(), "bank", days)).unwrap()
}

/// The item that the entries of its key say is stored.
fn is_as_the_ledger_says(item: &Item, last: &Entry) -> bool {
    let same = |json: Option<&str>, text: Option<&str>| json.is_some() && json == text;
    match &last.what {
        EntryKind::Handled(handled) => item.get_text("status") == Some(&handled.status),
        EntryKind::State { after, .. } => same(after.as_deref().map(|raw| raw.get()), item.get_text("data")),
        EntryKind::Recorded { events, .. } => same(Some(events.get()), item.get_text("events")),
        EntryKind::Other { .. } | EntryKind::Unreadable { .. } => false,
        _ => false,
    }
}

fn every_write_is_read_once(seed: u64, orders: usize) {
    let mut faults = Faults::none();
    faults.crash_before_commit = 0.05;
    faults.crash_after_commit = 0.05;
    faults.lost_answer = 0.05;
    faults.duplicate = 0.1;
    faults.latency = Duration::from_millis(20);
    let local = local(faults, seed, true);
    feed(&local, orders);
    let table = local.table("bank").unwrap();
    let entries = entries(&local);
    assert_eq!(entries.len() as u64, table.changes(), "seed {seed}");
    let records: BTreeSet<&str> = entries.iter().map(|entry| entry.record.as_str()).collect();
    assert_eq!(records.len(), entries.len());
    let last: BTreeMap<(&str, &str), &Entry> =
        entries.iter().map(|entry| ((&*entry.partition, &*entry.sort), entry)).collect();
    for item in table.items() {
        let key = (&*item.key.partition, &*item.key.sort);
        assert!(is_as_the_ledger_says(&item, last[&key]), "{item:?}\n{:?}", last[&key]);
    }
    // What each message emitted is there, too: a rebuild needs nothing else.
    let emitted: usize = entries
        .iter()
        .map(|entry| match &entry.what {
            EntryKind::Handled(handled) => handled.emitted.len(),
            _ => 0,
        })
        .sum();
    assert_eq!(emitted, orders, "seed {seed}");
    let ledger = local.ledger().unwrap();
    assert_eq!(block_on(verify(&ledger, "bank", None)).unwrap(), [] as [Finding; 0]);
}

#[test]
fn e11_every_committed_write_is_read_once_whatever_is_killed() {
    for seed in 0..8 {
        every_write_is_read_once(seed, 100);
    }
}

#[test]
fn e11_after_2000_orders_every_committed_write_is_read_once() {
    every_write_is_read_once(99, 2000);
}

/// How often each account was booked.
struct Bookings<const VERSION: u16>;
impl<const VERSION: u16> Projection for Bookings<VERSION> {
    const NAME: &'static str = "bookings";
    const VERSION: u16 = VERSION;
    type Row = u64;
    type Reads = (Booked,);
    type Emits = ();
}
impl<const VERSION: u16> Project<Booked> for Bookings<VERSION> {
    fn rows(booked: &Envelope<Booked>) -> Vec<RowKey> {
        vec![RowKey::new("accounts", &booked.data.account)]
    }
    fn fold(&self, rows: &mut Rows<u64>, _: &Envelope<Booked>, _: &mut Raised<Self>) -> Result<(), Fault> {
        rows.iter_mut().for_each(|(_, row)| *row.get_or_insert_default() += 1);
        Ok(())
    }
}

#[test]
fn e6_a_projection_that_is_built_long_after_its_events_equals_the_one_that_counted_live() {
    let local = local(Faults::bad_day(), 4, true);
    local.deploy_service(Service::new("statistics").projection(Bookings::<1>)).unwrap();
    feed(&local, 150);
    // A month later somebody has another question.
    local.run_until(local.now() + Duration::from_hours(24 * 30));
    let days = Days { first: local.now() - Duration::from_hours(24 * 40), last: local.now() };
    let entries = block_on(read(&local.ledger().unwrap(), "bank", days)).unwrap();
    let booked = Selection { name: Some("account.booked".to_owned()), ..Selection::default() };
    let history = messages(&entries, &booked).unwrap();
    assert_eq!(history.len(), 150);
    let of_one = Selection { correlation_id: Some("invoice-7".to_owned()), ..booked };
    assert_eq!(messages(&entries, &of_one).unwrap().len(), 1);
    let table = local.table("statistics").unwrap();
    let rebuild = Rebuild::new("statistics", Bookings::<2>, table.clone(), local.host()).unwrap();
    local.executor().block_on(async move { rebuild.run(&history, |_, _| ()).await }).unwrap();
    let rows = |kind: &str| -> Vec<(String, String)> {
        let items = table.items().into_iter().filter(|item| item.key.partition.starts_with(kind));
        let row = |item: Item| (item.key.sort.to_string(), item.get_text("data").unwrap().to_owned());
        items.map(row).collect()
    };
    assert_eq!(rows("bookings@2"), rows("bookings@1"));
    assert_eq!(rows("bookings@1").len(), 17);
}

#[test]
fn e11_the_ledger_costs_its_table_nothing() {
    let units = |keeps: bool| {
        let local = local(Faults::none(), 5, keeps);
        feed(&local, 60);
        let table = local.table("bank").unwrap();
        (table.write_units(), table.requests(), table.changes())
    };
    assert_eq!(units(true), units(false));
}

#[test]
fn e12_a_day_is_sealed_hour_by_hour_and_an_edit_is_seen() {
    let local = local(Faults::none(), 1, true);
    for hour in 0..5 {
        for n in 0..10 {
            local.put(&paid(hour * 10 + n)).unwrap();
        }
        local.run_until_idle();
        local.run_until(local.now() + Duration::from_mins(61));
    }
    let ledger = local.ledger().unwrap();
    let mut objects = ledger.objects();
    let digests = objects.keys().filter(|name| name.contains("/digests/")).count();
    assert_eq!(digests, 5, "one an hour");
    assert!(block_on(verify(&ledger, "bank", None)).unwrap().is_empty());
    let name = objects.keys().find(|name| name.contains("/entries/")).unwrap().clone();
    objects.get_mut(&name).unwrap()[20] ^= 1;
    let edited = Memory::default();
    edited.replace(objects);
    let findings = block_on(verify(&edited, "bank", None)).unwrap();
    assert!(
        matches!(&findings[..], [Finding::ObjectChanged { name: found, number: 1 }] if *found == name),
        "{findings:?}"
    );
}

//! Timers of processes and messages that are sent later, on virtual time (S-69 to S-71).

use std::{borrow::Cow, time::Duration};

use serde::{Deserialize, Serialize};
use waxseal::{
    Begin, Entity, Envelope, Fault, Flow, Handler, Process, Service, Step, Timestamp, Unit,
    handler::{AnyInstance, Phase},
};
use waxseal_catalog::{App, Deployed};
use waxseal_local::{Faults, Local};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct ParcelSent {
    parcel: String,
    seconds: u64,
}
waxseal::event!(ParcelSent { name: "parcel.sent", version: 1, owner: "shop" });

#[derive(Debug, Clone, Serialize, Deserialize)]
struct ParcelArrived {
    parcel: String,
}
waxseal::event!(ParcelArrived { name: "parcel.arrived", version: 1, owner: "shop" });

#[derive(Debug, Clone, Serialize, Deserialize)]
struct ParcelLate {
    parcel: String,
}
waxseal::event!(ParcelLate { name: "parcel.late", version: 1, owner: "depot" });

#[derive(Debug, Clone, Serialize, Deserialize)]
struct RemindCustomer {
    parcel: String,
}
waxseal::command!(RemindCustomer { name: "remind-customer", version: 1, recipient: "mails" });

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
enum At {
    #[default]
    Underway,
}
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Wait {
    Arrival,
}

/// A parcel that has not arrived in its time is late.
struct Delivery;
impl Process for Delivery {
    const NAME: &str = "delivery";
    const KIND: &str = "delivery";
    type Data = String;
    type Step = At;
    type Timer = Wait;
    type Begins = (ParcelSent,);
    type Inputs = (ParcelArrived,);
    type Emits = (ParcelLate,);
    fn timeout(&self, flow: &mut Flow<Self>, Wait::Arrival: Wait) {
        assert!(!flow.data().starts_with("broken"), "its step is wrong");
        flow.emit(ParcelLate { parcel: flow.data().clone() });
        flow.finish("late");
    }
}
impl Begin<ParcelSent> for Delivery {
    fn key(sent: &ParcelSent) -> Cow<'_, str> {
        sent.parcel.as_str().into()
    }
    fn data(sent: &ParcelSent) -> String {
        sent.parcel.clone()
    }
    fn begin(&self, flow: &mut Flow<Self>, sent: &Envelope<ParcelSent>) {
        flow.arm(Wait::Arrival, Duration::from_secs(sent.data.seconds));
    }
}
impl Step<ParcelArrived> for Delivery {
    fn key(arrived: &ParcelArrived) -> Cow<'_, str> {
        arrived.parcel.as_str().into()
    }
    fn step(&self, flow: &mut Flow<Self>, _: &Envelope<ParcelArrived>) {
        flow.finish("arrived");
    }
}

/// The mails about late parcels; a reminder follows after 30 days.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Mails {
    late: u32,
    reminders: Vec<Timestamp>,
}
impl Entity for Mails {
    const KIND: &'static str = "mails";
}

const MONTH: Duration = Duration::from_hours(30 * 24);

struct Apologise;
impl Handler for Apologise {
    const NAME: &str = "apologise";
    type Event = ParcelLate;
    type Emits = (RemindCustomer,);
    async fn handle(
        &self,
        late: &Envelope<ParcelLate>,
        unit: &mut Unit<'_, Self::Emits>,
    ) -> Result<(), Fault> {
        let parcel = &late.data.parcel;
        let mut mails = match unit.load::<Mails>(parcel).await? {
            Some(mails) => mails,
            None => unit.create(parcel, Mails::default()),
        };
        mails.late += 1;
        unit.save(mails);
        unit.send_after(RemindCustomer { parcel: parcel.clone() }, MONTH);
        Ok(())
    }
}

struct Remind;
impl Handler for Remind {
    const NAME: &str = "remind";
    type Event = RemindCustomer;
    type Emits = ();
    async fn handle(&self, remind: &Envelope<RemindCustomer>, unit: &mut Unit<'_, ()>) -> Result<(), Fault> {
        let Some(mut mails) = unit.load::<Mails>(&remind.data.parcel).await? else {
            return Err(Fault::permanent("no mail was sent before"));
        };
        mails.reminders.push(unit.now());
        unit.save(mails);
        Ok(())
    }
}

fn depot(seed: u64, faults: Faults) -> Local {
    let local = Local::builder().seed(seed).faults(faults).quiet_dead_letters().build();
    let mails = Service::new("mails").handler(Apologise).handler(Remind).schedules_messages();
    let app = App::new("parcels")
        .service(Deployed::new(Service::new("depot").process(Delivery)))
        .service(Deployed::new(mails))
        .emitted_elsewhere("parcel.sent")
        .emitted_elsewhere("parcel.arrived");
    assert_eq!(app.check(), []);
    local.deploy(&app).unwrap();
    local
}

fn sent(local: &Local, parcel: &str, seconds: u64) {
    let sent = ParcelSent { parcel: parcel.into(), seconds };
    local.put(&Envelope::starting(parcel, "shop", local.now(), sent).into_raw().unwrap()).unwrap();
}

fn arrived(local: &Local, parcel: &str) {
    let id = format!("{parcel} arrived");
    let arrived = ParcelArrived { parcel: parcel.into() };
    local.put(&Envelope::starting(id, "shop", local.now(), arrived).into_raw().unwrap()).unwrap();
}

fn instance(local: &Local, parcel: &str) -> AnyInstance {
    let (engine, parcel) = (local.engine("depot").unwrap(), parcel.to_owned());
    let read = async move { engine.instance("delivery", &parcel).await.ok().flatten() };
    local.executor().block_on(read).expect("an instance")
}

/// How an instance has ended, and when.
fn end(local: &Local, parcel: &str) -> (String, Timestamp) {
    match instance(local, parcel).phase {
        Phase::Finished { outcome, at } => (outcome, at),
        other => panic!("{parcel}: {other:?}"),
    }
}

fn dead_letters(local: &Local) -> usize {
    let queues = ["depot", "mails"].map(|service| {
        local.dead_letters(service).unwrap().len() + local.relay_dead_letters(service).unwrap().len()
    });
    queues.iter().sum()
}

const DAY: u64 = 24 * 3600;

#[test]
fn s69_a_timer_fires_once_at_its_time_be_it_in_seconds_or_in_days() {
    for (seconds, most_ticks) in [(5, 2), (30 * 60, 3), (40 * DAY, 3)] {
        let local = depot(1, Faults::none());
        let start = local.now();
        sent(&local, "p-1", seconds);
        local.run_until(start + Duration::from_secs(seconds) - Duration::from_millis(1));
        assert_eq!(instance(&local, "p-1").phase, Phase::Running, "{seconds} s: not before its time");
        local.run_until_idle();
        let (outcome, at) = end(&local, "p-1");
        assert_eq!(outcome, "late");
        assert_eq!(at.saturating_duration_since(start), Duration::from_secs(seconds), "to the second");
        assert_eq!(instance(&local, "p-1").log.len(), 2, "one timeout");
        assert_eq!(local.read::<Mails>("mails", "p-1").unwrap().late, 1);
        // Ticks that would find nothing are left out.
        let published = 2;
        let invoked = local.relay_invocations("depot").unwrap();
        assert!(invoked <= published + most_ticks, "{seconds} s: {invoked} invocations of the relay");
        assert_eq!(dead_letters(&local), 0);
    }
}

#[test]
fn s69_ticks_alone_keep_no_run_alive() {
    let local = depot(1, Faults::none());
    let start = local.now();
    local.run_until_idle();
    assert_eq!(local.now(), start, "no timer is armed");
    sent(&local, "p-1", 40 * DAY);
    arrived(&local, "p-1");
    local.run_until_idle();
    assert_eq!(end(&local, "p-1").0, "arrived");
    let passed = local.now().saturating_duration_since(start);
    assert!(passed < Duration::from_secs(60), "the cleared timer is not waited for: {passed:?}");
}

#[test]
fn s69_a_timer_whose_step_fails_again_and_again_ends_the_run_and_delays_no_other() {
    let local = depot(1, Faults::none());
    let start = local.now();
    sent(&local, "broken", 60);
    sent(&local, "p-1", 3 * DAY);
    local.run_until_idle();
    let broken = instance(&local, "broken");
    assert_eq!((broken.phase, broken.timers.len()), (Phase::Running, 1), "its timer stays armed");
    let (outcome, at) = end(&local, "p-1");
    assert_eq!(outcome, "late");
    assert_eq!(at.saturating_duration_since(start), Duration::from_secs(3 * DAY));
    assert_eq!(dead_letters(&local), 0, "a hint is no event");
}

#[test]
fn s69_hints_that_are_lost_or_doubled_change_nothing() {
    let mut faults = Faults::none();
    (faults.lost_hint, faults.duplicate, faults.reorder) = (0.6, 0.6, Duration::from_millis(400));
    let mut latest = Duration::ZERO;
    for seed in 0..20 {
        let local = depot(seed, faults.clone());
        let start = local.now();
        let parcels = [("p-1", 5), ("p-2", 30 * 60), ("p-3", 40 * DAY)];
        for (parcel, seconds) in parcels {
            sent(&local, parcel, seconds);
        }
        // Later its instances have expired.
        local.run_until(start + Duration::from_secs(41 * DAY));
        for (parcel, seconds) in parcels {
            let (outcome, at) = end(&local, parcel);
            assert_eq!(outcome, "late", "seed {seed}, {parcel}");
            let after = at.saturating_duration_since(start);
            assert!(after >= Duration::from_secs(seconds), "seed {seed}, {parcel}: early, after {after:?}");
            latest = latest.max(after - Duration::from_secs(seconds));
            assert_eq!(instance(&local, parcel).log.len(), 2, "seed {seed}, {parcel}: one timeout");
            assert_eq!(local.read::<Mails>("mails", parcel).unwrap().late, 1, "seed {seed}, {parcel}");
        }
        assert_eq!(dead_letters(&local), 0, "seed {seed}");
    }
    assert!(latest > Duration::from_secs(60), "hints were lost: the latest came {latest:?} after its time");
}

#[test]
fn s70_of_a_timeout_and_a_reply_at_the_same_time_one_wins() {
    let (mut late, mut in_time) = (0, 0);
    for seed in 0..40 {
        let local = depot(seed, Faults::bad_day());
        let start = local.now();
        for parcel in ["p-1", "p-2"] {
            sent(&local, parcel, 30);
        }
        local.run_until(start + Duration::from_millis(29_900));
        arrived(&local, "p-1");
        local.run_until_idle();
        let (outcome, _) = end(&local, "p-1");
        let mails = local.read::<Mails>("mails", "p-1").map_or(0, |mails| mails.late);
        match &*outcome {
            "late" => late += 1,
            _ => in_time += 1,
        }
        assert_eq!(mails, u32::from(outcome == "late"), "seed {seed}: {outcome}");
        assert_eq!(end(&local, "p-2").0, "late", "seed {seed}");
        assert_eq!(dead_letters(&local), 0, "seed {seed}");
    }
    assert!(late > 2 && in_time > 2, "both have won: {late} and {in_time}");
}

#[test]
fn s71_a_message_that_is_sent_in_30_days_arrives_once_and_leaves_nothing() {
    for (seed, faults) in [(1, Faults::none()), (2, Faults::bad_day()), (3, Faults::bad_day())] {
        let local = depot(seed, faults);
        let start = local.now();
        sent(&local, "p-1", 5);
        local.run_until(start + MONTH);
        assert!(local.read::<Mails>("mails", "p-1").unwrap().reminders.is_empty(), "not before its time");
        let scheduled = || {
            let table = local.table("mails").unwrap();
            table.items().iter().filter(|item| item.get_number("wake_at").is_some()).count()
        };
        assert_eq!(scheduled(), 1, "an item of its own");
        local.run_until_idle();
        let reminders = local.read::<Mails>("mails", "p-1").unwrap().reminders;
        let [at] = reminders[..] else { panic!("seed {seed}: {reminders:?}") };
        let after = at.saturating_duration_since(start + Duration::from_secs(5));
        assert!(after >= MONTH && after < MONTH + Duration::from_mins(10), "seed {seed}: {after:?}");
        assert_eq!(scheduled(), 0, "it has been sent");
        assert_eq!(dead_letters(&local), 0, "seed {seed}");
    }
}

#[test]
fn s69_the_same_seed_gives_the_same_run() {
    let run = |seed| {
        let local = depot(seed, Faults::bad_day());
        for (index, seconds) in [5, 700, 1000, 3 * DAY].into_iter().enumerate() {
            sent(&local, &format!("p-{index}"), seconds);
        }
        local.run_until_idle();
        let items = format!("{:?}", local.table("depot").unwrap().items());
        (local.now(), local.deliveries(), local.relay_invocations("depot").unwrap(), items)
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7).3, run(8).3);
}

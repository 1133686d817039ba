//! Processes: one step is one request, a timeout and a reply have one winner, and no input is lost
//! (G-1 to G-7).

use std::{sync::Arc, time::Duration};

use super::{
    env::ContractEnv,
    travel::{
        FLIGHT, FlightBooked, FlightCancelled, HOTEL, HotelBooked, HotelFull, TripPlanned, message, travel,
    },
    world::{Function, RecordedDeadLetters, World, policy, record, settings},
};
use waxseal::{
    Emission, Outcome, Raw, Table, Timestamp, WAKE,
    handler::{AnyInstance, CallState, Decision, Phase},
    hint,
    lock::Lock,
    observe::{CompensationFailed, Observer, Observers},
    table::{Item, Key, attribute},
};

pub(super) const TRAVEL: &str = "travel/travel";

/// The key of the row of trip `t-1`.
pub(super) fn row() -> Key {
    Key::of("trip", &["t-1"], "state")
}

/// The hint about the row of trip `t-1`.
pub(super) fn wake(at: Timestamp) -> Raw {
    let row = row();
    parsed(&hint("travel", (&*row.partition, &*row.sort), at, at))
}

pub(super) fn parsed(emission: &Emission) -> Raw {
    Raw::parse(emission.envelope.get()).unwrap()
}

pub(super) async fn instance<T: Table + Clone>(function: &Function<T>) -> AnyInstance {
    function.engine.instance("trip", "t-1").await.unwrap().unwrap()
}

pub(super) fn step(instance: &AnyInstance) -> String {
    instance
        .state
        .as_ref()
        .map_or_else(String::new, |state| state.step.as_str().unwrap_or_default().to_owned())
}

pub(super) fn planned(at: Timestamp) -> Raw {
    message::<TripPlanned>("p-1", "t-1", at)
}

/// The reply to the command `cause`.
pub(super) fn reply<M>(id: &str, at: Timestamp, cause: &Raw) -> Raw
where
    M: waxseal::Message + for<'a> From<&'a str>,
{
    Raw {
        causation_id: Some(cause.id.clone()),
        correlation_id: cause.correlation_id.clone(),
        ..message::<M>(id, "t-1", at)
    }
}

/// The messages that the receipt of `raw` emitted, without hints.
pub(super) async fn sent<T: Table + Clone>(world: &World<T>, consumer: &str, raw: &Raw) -> Vec<Raw> {
    let emitted = world.emitted(consumer, raw).await;
    emitted.iter().map(parsed).filter(|raw| raw.name != WAKE).collect()
}

/// The names of what the receipts of all messages emitted so far, in any order, without hints.
pub(super) async fn all_sent<T: Table + Clone>(world: &World<T>) -> Vec<String> {
    let mut names = Vec::new();
    let mut scan = waxseal::table::Scan::having(attribute::EMITTED);
    loop {
        let page = world.table.scan(&scan).await.unwrap();
        for item in &page.items {
            let text = item.get_text(attribute::EMITTED).unwrap_or("[]");
            names.extend(waxseal::read_emissions(text).unwrap().iter().map(|emission| parsed(emission).name));
        }
        let Some(next) = page.next else { break };
        scan = scan.after(Some(next));
    }
    names.retain(|name| name != WAKE);
    names.sort_unstable();
    names
}

/// A step commits the receipt of its input, its row and what it sends in one request. A duplicate
/// takes no step.
pub async fn g6_a_step_commits_receipt_row_and_commands_in_one_request(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.function(travel());
    let begin = planned(env.start());
    assert_eq!(function.deliver(&begin).await.unwrap(), Outcome::Applied);
    assert_eq!(function.line.counts(), (1, 1), "one read and one write");
    assert_eq!(world.function(travel()).deliver(&begin).await.unwrap(), Outcome::Duplicate);

    let book = &sent(&world, TRAVEL, &begin).await[0];
    assert_eq!((&*book.name, &*book.source), ("book-flight", "travel"));
    let begun = instance(&function).await;
    assert_eq!((step(&begun).as_str(), begun.phase.clone()), ("Flight", Phase::Running));
    assert_eq!(
        (begun.calls[0].id.as_str(), begun.calls[0].state.clone()),
        (book.id.as_str(), CallState::Sent)
    );
    assert_eq!(begun.wakes_at(), Some(env.start() + FLIGHT));

    let booked = reply::<FlightBooked>("f-1", env.start(), book);
    assert_eq!(function.deliver(&booked).await.unwrap(), Outcome::Applied);
    assert_eq!(function.deliver(&booked).await.unwrap(), Outcome::Duplicate);
    let after = instance(&function).await;
    assert_eq!(step(&after), "Hotel");
    assert!(matches!(&after.calls[0].state, CallState::Acknowledged { by, .. } if by == "f-1"), "{after:?}");
    assert_eq!(after.wakes_at(), Some(env.start() + HOTEL));
    assert_eq!(
        after.log.iter().map(|entry| &*entry.input).collect::<Vec<_>>(),
        ["trip.planned", "flight.booked"]
    );

    // A crash before the commit leaves no trace, and the second run sends the same command.
    let other = World::of(env).await;
    let function = other.function(travel());
    function.line.fail_writes([super::world::WriteFault::NeverArrives]);
    assert!(function.deliver(&begin).await.is_err());
    assert!(other.item(&row()).await.is_none());
    assert_eq!(function.deliver(&begin).await.unwrap(), Outcome::Applied);
    assert_eq!(sent(&other, TRAVEL, &begin).await[0].id, book.id);
}

/// 100 replies to one instance in batches of 10 cost at most 1.3 requests each, and none is lost.
pub async fn g7_replies_to_one_instance_share_a_read_and_a_write(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.function(travel());
    function.deliver(&planned(env.start())).await.unwrap();
    let before = function.line.requests();
    for batch in 0..10 {
        let replies: Vec<Raw> =
            (0..10).map(|n| message::<HotelFull>(&format!("h-{batch}-{n}"), "t-1", env.start())).collect();
        let records: Vec<_> = replies.iter().map(|raw| record(&format!("m-{}", raw.id), raw)).collect();
        let dead_letters = RecordedDeadLetters::default();
        let (failed, _) = function.batch(&records, &dead_letters, policy(|_| {})).await;
        assert!(failed.is_empty() && dead_letters.recorded().is_empty());
        for raw in &replies {
            assert!(world.receipt(TRAVEL, raw).await.is_some(), "{}", raw.id);
        }
    }
    let requests = function.line.requests() - before;
    assert!(requests <= 130, "{requests} requests for 100 replies");
    let after = instance(&function).await;
    assert_eq!(after.log.len() as u64 + after.forgotten, 101);
}

/// Compensation undoes what was sent, the last first, each once, and goes on after a crash.
pub async fn g2_compensation_runs_in_reverse_and_goes_on_after_a_crash(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.function(travel());
    let begin = planned(env.start());
    function.deliver(&begin).await.unwrap();
    let book = sent(&world, TRAVEL, &begin).await.remove(0);
    let booked = reply::<FlightBooked>("f-1", env.start(), &book);
    function.deliver(&booked).await.unwrap();
    // 40 days without an answer about the hotel: what is not known to be refused is undone, too.
    world.clock.pass(HOTEL);
    let late = env.start() + HOTEL;
    function.line.fail_writes([super::world::WriteFault::NeverArrives]);
    assert!(function.deliver(&wake(late)).await.is_err(), "the hint comes again");
    assert_eq!(function.deliver(&wake(late)).await.unwrap(), Outcome::Applied);
    let compensating = instance(&function).await;
    assert_eq!(compensating.phase, Phase::Compensating { reason: "no answer: Hotel".to_owned() });
    assert!(compensating.calls[1].is_undoing() && !compensating.calls[0].is_undoing(), "the last first");

    let cancel_hotel = by_name(&world, "cancel-hotel").await;
    assert_eq!(cancel_hotel.undoes().unwrap().unwrap().id, compensating.calls[1].id);
    assert!(!cancel_hotel.undoes().unwrap().unwrap().is_acknowledged);
    function.deliver(&reply::<super::travel::HotelCancelled>("hc-1", late, &cancel_hotel)).await.unwrap();
    let cancel_flight = by_name(&world, "cancel-flight").await;
    assert!(cancel_flight.undoes().unwrap().unwrap().is_acknowledged, "its reply has come");
    let cancelled = reply::<FlightCancelled>("fc-1", late, &cancel_flight);
    function.deliver(&cancelled).await.unwrap();
    assert_eq!(function.deliver(&cancelled).await.unwrap(), Outcome::Duplicate);

    let after = instance(&function).await;
    assert!(matches!(&after.phase, Phase::Finished { outcome, .. } if outcome == "cancelled"), "{after:?}");
    assert!(after.calls.iter().all(|call| matches!(call.state, CallState::Undone { .. })));
    assert_eq!(after.wakes_at(), None);
    assert_eq!(
        all_sent(&world).await,
        ["book-flight", "book-hotel", "cancel-flight", "cancel-hotel", "trip.cancelled"]
    );
}

/// A refused command is not undone.
pub async fn g2_a_refused_command_is_not_undone(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.function(travel());
    let begin = planned(env.start());
    function.deliver(&begin).await.unwrap();
    let book = sent(&world, TRAVEL, &begin).await.remove(0);
    function.deliver(&reply::<FlightBooked>("f-1", env.start(), &book)).await.unwrap();
    let hotel = by_name(&world, "book-hotel").await;
    function.deliver(&reply::<HotelFull>("h-1", env.start(), &hotel)).await.unwrap();
    assert_eq!(all_sent(&world).await, ["book-flight", "book-hotel", "cancel-flight"]);
}

/// An observer of compensations that have failed.
#[derive(Default)]
struct Watcher(Lock<Vec<String>>);
impl Observer for Watcher {
    fn compensation_failed(&self, failed: &CompensationFailed<'_>) {
        let CompensationFailed { consumer, instance, command, .. } = failed;
        self.0.lock().push(format!("{consumer} {instance} {command}"));
    }
}

/// An undo without an answer is sent again, each time as another message about the same command.
/// After the last try the compensation has failed, and a person resumes it or skips the command.
pub async fn g2_a_failed_compensation_waits_for_a_person(env: &impl ContractEnv) {
    for decision in [Decision::Resume, Decision::Skip] {
        let world = World::of(env).await;
        let watcher = Arc::new(Watcher::default());
        let observers = Observers::of(watcher.clone());
        let function = world.function_with(travel(), settings(|it| it.observers = observers));
        function.deliver(&planned(env.start())).await.unwrap();
        world.clock.pass(FLIGHT);
        for _ in 0..=3 {
            let now = waxseal::Host::now(&*world.clock);
            assert_eq!(function.deliver(&wake(now)).await.unwrap(), Outcome::Applied);
            world.clock.pass(Duration::from_secs(60));
        }
        assert_eq!(*watcher.0.lock(), ["travel/travel trip#t-1 book-flight"], "once");
        let failed = instance(&function).await;
        let Phase::CompensationFailed { call, .. } = &failed.phase else { panic!("{failed:?}") };
        assert_eq!(*call, failed.calls[0].id);
        let undos = ["book-flight", "cancel-flight", "cancel-flight", "cancel-flight", "trip.stuck"];
        assert_eq!(all_sent(&world).await, undos);
        let CallState::Undoing { ids, .. } = &failed.calls[0].state else { panic!("{failed:?}") };
        assert_eq!(ids.len(), 3, "a try each");
        assert_eq!(failed.wakes_at(), None, "it waits for a person alone");

        assert_eq!(function.engine.decide("trip", "t-1", decision, None).await.unwrap(), Outcome::Applied);
        let after = instance(&function).await;
        match decision {
            Decision::Resume => {
                assert!(matches!(after.phase, Phase::Compensating { .. }), "{after:?}");
                assert_eq!(all_sent(&world).await.iter().filter(|name| *name == "cancel-flight").count(), 4);
            }
            Decision::Skip => {
                assert!(matches!(after.phase, Phase::Finished { .. }), "{after:?}");
                assert!(matches!(after.calls[0].state, CallState::Skipped { .. }));
            }
        }
    }
}

/// An answer that comes after the last try mends a compensation that has failed.
pub async fn g2_a_late_answer_mends_a_failed_compensation(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.function(travel());
    function.deliver(&planned(env.start())).await.unwrap();
    world.clock.pass(FLIGHT);
    for _ in 0..=3 {
        let now = waxseal::Host::now(&*world.clock);
        function.deliver(&wake(now)).await.unwrap();
        world.clock.pass(Duration::from_secs(60));
    }
    let failed = instance(&function).await;
    let CallState::Undoing { ids, .. } = &failed.calls[0].state else { panic!("{failed:?}") };
    let now = waxseal::Host::now(&*world.clock);
    let first_try = Raw { id: ids[0].clone(), ..planned(now) };
    function.deliver(&reply::<FlightCancelled>("fc-1", now, &first_try)).await.unwrap();
    let after = instance(&function).await;
    assert!(matches!(&after.phase, Phase::Finished { outcome, .. } if outcome == "cancelled"), "{after:?}");
}

/// A reply for an unknown or a finished instance is recorded, and changes nothing else. A beginning
/// that comes later begins the instance.
pub async fn g3_a_reply_without_a_running_instance_is_recorded(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.function(travel());
    let early = message::<HotelBooked>("h-0", "t-1", env.start());
    assert_eq!(function.deliver(&early).await.unwrap(), Outcome::Applied);
    let unknown = instance(&function).await;
    assert_eq!((unknown.phase.clone(), unknown.log[0].id.as_str()), (Phase::Unknown, "h-0"));
    let expires = world.item(&row()).await.unwrap().get_number(attribute::EXPIRES);
    assert!(expires.is_some_and(|expires| expires > env.start().as_second()), "it is forgotten one day");

    function.deliver(&planned(env.start())).await.unwrap();
    let begun = instance(&function).await;
    assert_eq!((begun.phase.clone(), begun.log.len()), (Phase::Running, 2));
    assert_eq!(world.item(&row()).await.unwrap().get_number(attribute::EXPIRES), None, "a live one never is");

    function.deliver(&message::<HotelBooked>("h-1", "t-1", env.start())).await.unwrap();
    let sent = all_sent(&world).await;
    let late = message::<HotelFull>("h-2", "t-1", env.start());
    assert_eq!(function.deliver(&late).await.unwrap(), Outcome::Applied);
    let over = instance(&function).await;
    assert!(matches!(&over.phase, Phase::Finished { outcome, .. } if outcome == "booked"));
    assert_eq!(over.log.last().map(|entry| &*entry.id), Some("h-2"));
    assert_eq!(all_sent(&world).await, sent, "nothing more is sent");
    // A second beginning is recorded, too.
    let again = message::<TripPlanned>("p-2", "t-1", env.start());
    assert_eq!(function.deliver(&again).await.unwrap(), Outcome::Applied);
    assert!(matches!(instance(&function).await.phase, Phase::Finished { .. }));
}

/// The row of a newer build is not read and not overwritten. Its inputs are retried.
pub async fn g5_a_row_of_a_newer_build_keeps_its_inputs(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.function(travel());
    let begin = planned(env.start());
    function.deliver(&begin).await.unwrap();
    let item = world.item(&row()).await.unwrap();
    let data = item.get_text("data").unwrap().replacen("\"version\":1", "\"version\":2", 1);
    let newer = Item { ..item.clone().text("data", data) };
    put(&world, newer.clone()).await;
    // The check before a deploy says so from the row alone.
    assert!(travel().reads_row(&item).is_ok());
    let refused = travel().reads_row(&newer).unwrap_err();
    assert!(refused.to_string().contains("newer build"), "{refused}");
    let booked = message::<FlightBooked>("f-1", "t-1", env.start());
    let failure = function.deliver(&booked).await.unwrap_err();
    assert!(!failure.is_permanent() && failure.to_string().contains("newer build"), "{failure}");
    assert_eq!(world.item(&row()).await, Some(newer.clone()));
    assert!(world.receipt(TRAVEL, &booked).await.is_none());

    // A timeout of such a row is moved on, and nothing of it is lost.
    world.clock.pass(FLIGHT);
    assert_eq!(function.deliver(&wake(env.start() + FLIGHT)).await.unwrap(), Outcome::Postponed);
    let moved = world.item(&row()).await.unwrap();
    assert_eq!(moved.get_text("data"), newer.get_text("data"));
    assert!(moved.get_number(attribute::WAKE_AT) > newer.get_number(attribute::WAKE_AT));
}

async fn put<T: Table + Clone>(world: &World<T>, item: Item) {
    use waxseal::table::{Action, Condition, Write};
    let version =
        item.get_number(attribute::VERSION).and_then(|version| u64::try_from(version).ok()).unwrap();
    world
        .table
        .write(&[Write { action: Action::Put(item), condition: Condition::Version(version) }])
        .await
        .unwrap();
}

/// The one message of this name that was sent.
pub(super) async fn by_name<T: Table + Clone>(world: &World<T>, name: &str) -> Raw {
    let page = world.table.scan(&waxseal::table::Scan::having(attribute::EMITTED)).await.unwrap();
    let texts = page.items.iter().filter_map(|item| item.get_text(attribute::EMITTED));
    let emissions = texts.flat_map(|text| waxseal::read_emissions(text).unwrap());
    let mut found: Vec<Raw> =
        emissions.map(|emission| parsed(&emission)).filter(|raw| raw.name == name).collect();
    assert_eq!(found.len(), 1, "{name}: {found:?}");
    found.remove(0)
}

//! An undo and its command, in every order and after every crash (S-72). A command takes effect and
//! is undone, or it never takes effect: nothing is left behind.

use std::time::Duration;

use super::{
    env::ContractEnv,
    processes::sent,
    travel::{BookFlight, BookHotel, CancelFlight, CancelHotel, Desk, Flight, flights, hotels, raw},
    world::{RecordedDeadLetters, World, WriteFault, policy, record},
};
use waxseal::{
    Code, EffectOutcome, Envelope, Failure, Fault, Outcome, Raw, Release, ReleaseError, Settings, Table,
    Timestamp, UNDOES, Undoes, row::Status,
};

const BOOK: &str = "flights/flights/book-flight";
const CANCEL: &str = "flights/flights/cancel-flight";
const HOTEL: &str = "hotels/book";
const LEASE: Duration = Duration::from_secs(30);

fn booking(at: Timestamp) -> Raw {
    raw(&Envelope::starting("c-1", "travel", at, BookFlight::from("t-1")))
}

fn hotel(at: Timestamp) -> Raw {
    raw(&Envelope::starting("c-1", "travel", at, BookHotel::from("t-1")))
}

/// The undo of command `c-1`, which was sent at `sent`.
fn undoing(mut undo: Raw, sent: Timestamp, is_acknowledged: bool) -> Raw {
    let undoes = Undoes { id: "c-1".into(), source: "travel".into(), sent, is_acknowledged };
    undo.metadata.insert(UNDOES.to_owned(), serde_json::to_value(undoes).unwrap());
    undo
}

fn cancel(id: &str, at: Timestamp) -> Raw {
    undoing(raw(&Envelope::starting(id, "travel", at, CancelFlight::from("t-1"))), at, false)
}

fn cancel_hotel(at: Timestamp) -> Raw {
    undoing(raw(&Envelope::starting("u-1", "travel", at, CancelHotel::from("t-1"))), at, false)
}

async fn flight<T: Table + Clone>(world: &World<T>) -> Option<Flight> {
    world.entity("t-1").await
}

async fn status<T: Table + Clone>(world: &World<T>, consumer: &str, raw: &Raw) -> Option<Status> {
    world.receipt(consumer, raw).await.map(|receipt| receipt.status)
}

/// An undo after its command undoes it. A second undo decides by the state, and a late duplicate of
/// the command does nothing.
pub async fn s72_an_undo_after_its_command_undoes_it(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.function(flights());
    let (book, cancel) = (booking(env.start()), cancel("u-1", env.start()));
    assert_eq!(function.deliver(&book).await.unwrap(), Outcome::Applied);
    let before = function.line.counts();
    assert_eq!(function.deliver(&cancel).await.unwrap(), Outcome::Applied);
    assert_eq!(
        function.line.counts(),
        (before.0 + 1, before.1 + 1),
        "its command is read with its own receipt"
    );
    assert_eq!(flight(&world).await, Some(Flight { booked: false, changes: 2 }));
    assert_eq!(status(&world, BOOK, &book).await, Some(Status::Completed), "it has taken effect");
    assert_eq!(sent(&world, CANCEL, &cancel).await[0].name, "flight.cancelled");

    let again = self::cancel("u-2", env.start());
    assert_eq!(world.function(flights()).deliver(&again).await.unwrap(), Outcome::Applied);
    assert_eq!(world.function(flights()).deliver(&book).await.unwrap(), Outcome::Duplicate);
    assert_eq!(flight(&world).await, Some(Flight { booked: false, changes: 2 }));
}

/// An undo that overtakes its command keeps it from ever taking effect. The body of the undo runs, so
/// that its sender has an answer.
pub async fn s72_an_undo_before_its_command_keeps_it_from_taking_effect(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (book, cancel) = (booking(env.start()), cancel("u-1", env.start()));
    let function = world.function(flights());
    assert_eq!(function.deliver(&cancel).await.unwrap(), Outcome::Applied);
    assert_eq!(function.line.counts(), (1, 1));
    assert_eq!(sent(&world, CANCEL, &cancel).await[0].name, "flight.cancelled");
    assert_eq!(status(&world, BOOK, &book).await, Some(Status::Undone));
    for function in [&function, &world.function(flights())] {
        assert_eq!(function.deliver(&book).await.unwrap(), Outcome::Duplicate);
    }
    // The undo brought no payload, so no payload of the command is another one.
    let other =
        Raw { data: serde_json::value::to_raw_value(&BookFlight::from("t-2")).unwrap(), ..book.clone() };
    assert_eq!(world.function(flights()).deliver(&other).await.unwrap(), Outcome::Duplicate);
    assert_eq!(flight(&world).await, None);
    assert_eq!(function.deliver(&cancel).await.unwrap(), Outcome::Duplicate);
}

/// A command and its undo race, in each interleaving of their requests: nothing is left booked.
pub async fn s72_a_race_of_a_command_and_its_undo_leaves_nothing(env: &impl ContractEnv) {
    for is_undo_inside in [true, false] {
        let world = World::of(env).await;
        let (book, cancel) = (booking(env.start()), cancel("u-1", env.start()));
        let (outer, inner) = (world.function(flights()), world.function(flights()));
        let (first, second) = if is_undo_inside { (&book, cancel) } else { (&cancel, book.clone()) };
        let engine = inner.engine.clone();
        outer.line.meanwhile(async move {
            assert_eq!(engine.handle(&second).await.unwrap(), Outcome::Applied);
        });
        let outcome = outer.deliver(first).await.unwrap();
        assert_eq!(outcome, if is_undo_inside { Outcome::Duplicate } else { Outcome::Applied });
        assert!(!flight(&world).await.unwrap_or_default().booked, "undo inside: {is_undo_inside}");
        assert_eq!(inner.deliver(&book).await.unwrap(), Outcome::Duplicate);
    }
}

/// A command and its undo in one batch, in either order: nothing is left booked, and no record
/// fails.
pub async fn s72_a_command_and_its_undo_in_one_batch_leave_nothing(env: &impl ContractEnv) {
    for is_undo_first in [true, false] {
        let world = World::of(env).await;
        let mut records =
            vec![record("m-1", &booking(env.start())), record("m-2", &cancel("u-1", env.start()))];
        if is_undo_first {
            records.reverse();
        }
        let dead_letters = RecordedDeadLetters::default();
        let (failed, _) = world.function(flights()).batch(&records, &dead_letters, policy(|_| {})).await;
        assert!(failed.is_empty() && dead_letters.recorded().is_empty());
        let left = flight(&world).await.unwrap_or_default();
        assert_eq!((left.booked, left.changes), (false, if is_undo_first { 0 } else { 2 }));
    }
}

/// A crash of the undo, before or after its commit, changes nothing about that.
pub async fn s72_an_undo_whose_answer_is_lost_is_found_to_be_applied(env: &impl ContractEnv) {
    for fault in [WriteFault::NeverArrives, WriteFault::AnswerLost, WriteFault::Echo] {
        for is_undo_first in [true, false] {
            let world = World::of(env).await;
            let (book, cancel) = (booking(env.start()), cancel("u-1", env.start()));
            if !is_undo_first {
                world.function(flights()).deliver(&book).await.unwrap();
            }
            let crashing = world.function(flights());
            crashing.line.fail_writes([fault]);
            drop(crashing.deliver(&cancel).await);
            assert!(world.function(flights()).deliver(&cancel).await.is_ok());
            assert_eq!(world.function(flights()).deliver(&book).await.unwrap(), Outcome::Duplicate);
            let left = flight(&world).await.unwrap_or_default();
            assert_eq!((left.booked, left.changes), (false, if is_undo_first { 0 } else { 2 }), "{fault:?}");
        }
    }
}

/// Beyond the horizon the absence of a receipt proves nothing. Where the command was acknowledged,
/// the body runs; else a person decides.
pub async fn s72_beyond_the_horizon_a_person_decides(env: &impl ContractEnv) {
    let horizon = Settings::default().horizon;
    for (age, is_acknowledged) in
        [(horizon, true), (horizon, false), (horizon - Duration::from_secs(1), false)]
    {
        let world = World::of(env).await;
        world.clock.pass(age);
        let undo = raw(&Envelope::starting("u-1", "travel", env.start() + age, CancelFlight::from("t-1")));
        let undo = undoing(undo, env.start(), is_acknowledged);
        let result = world.function(flights()).deliver(&undo).await;
        if age < horizon || is_acknowledged {
            assert_eq!(result.unwrap(), Outcome::Applied);
        } else {
            let failure = result.unwrap_err();
            assert!(failure.is_permanent(), "{failure}");
            assert_eq!(failure.code(), Code::UndoUnknown);
            assert!(failure.to_string().contains("book-flight c-1 of travel"), "{failure}");
        }
        let mark = status(&world, BOOK, &booking(env.start())).await;
        assert_eq!(mark, (age < horizon).then_some(Status::Undone));
    }
}

/// An undo whose metadata does not name its command is refused, and not taken for another message.
pub async fn s72_an_undo_that_names_no_command_is_refused(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let mut undo = cancel("u-1", env.start());
    undo.metadata.insert(UNDOES.to_owned(), "c-1".into());
    let failure = world.function(flights()).deliver(&undo).await.unwrap_err();
    assert!(failure.is_permanent() && failure.to_string().contains("undoes"), "{failure}");
    assert_eq!(flight(&world).await, None);
}

/// While an attempt of the command holds its lease, the undo waits, however often it is received.
/// Then it takes the receipt over, and its body has the command's keys.
pub async fn s72_an_undo_waits_for_the_lease_of_its_command(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (book, cancel) = (hotel(env.start()), cancel_hotel(env.start()));
    let desk = Desk::default();
    let crashing = world.function(hotels(&desk));
    // The lease is taken, the desk books, and the commit never arrives.
    crashing.line.meanwhile(async {});
    let line = crashing.line.clone();
    crashing.line.fail_writes([WriteFault::AnswerLost]);
    drop(line);
    assert!(crashing.deliver(&book).await.is_err());
    assert!(matches!(status(&world, HOTEL, &book).await, Some(Status::Leased { .. })));

    let function = world.function(hotels(&desk));
    let failure = function.deliver(&cancel).await.unwrap_err();
    assert!(matches!(failure, Failure::InProgress { until } if until == env.start() + LEASE), "{failure:?}");
    let dead_letters = RecordedDeadLetters::default();
    let often = record("m-1", &cancel).received(100);
    let (failed, _) = function.batch(&[often], &dead_letters, policy(|it| it.max_receives = Some(3))).await;
    assert_eq!(
        (failed.len(), dead_letters.recorded().len()),
        (1, 0),
        "it is never dead-lettered for waiting"
    );

    world.clock.pass(LEASE);
    assert_eq!(function.deliver(&cancel).await.unwrap(), Outcome::Applied);
    assert_eq!(status(&world, HOTEL, &book).await, Some(Status::Undone));
    assert_eq!(function.deliver(&book).await.unwrap(), Outcome::Duplicate);
    assert_eq!(desk.booked.lock().len(), 0, "the command never acted");
    assert_eq!(desk.cancelled.lock().len(), 1);
}

/// A command that failed for good may have acted, so its undo runs with the command's keys. A release
/// or a redrive never runs it afterwards.
pub async fn s72_an_undo_after_a_failure_for_good_has_the_keys_of_its_command(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (book, cancel) = (hotel(env.start()), cancel_hotel(env.start()));
    let desk = Desk::default();
    *desk.fails.lock() = Some(|| Fault::permanent("the desk answered with half a page").may_have_acted());
    let function = world.function(hotels(&desk));
    assert!(function.deliver(&book).await.unwrap_err().is_permanent());
    assert!(matches!(status(&world, HOTEL, &book).await, Some(Status::Failed { .. })));
    *desk.fails.lock() = None;
    assert_eq!(function.deliver(&cancel).await.unwrap(), Outcome::Applied);
    assert_eq!(*desk.cancelled.lock(), *desk.booked.lock(), "the desk knows the booking by its key");
    assert_eq!(status(&world, HOTEL, &book).await, Some(Status::Undone));
    assert_eq!(function.deliver(&book).await.unwrap(), Outcome::Duplicate);
    for outcome in [EffectOutcome::Done, EffectOutcome::NotDone] {
        let release = Release::new("travel", "c-1", "book", outcome);
        let error = function.engine.release(&release).await.unwrap_err();
        assert!(matches!(error, ReleaseError::Undone), "{error}");
    }
    assert_eq!(desk.booked.lock().len(), 1);
}

/// An undo that is an effect marks its command before it acts: a command that comes while the undo
/// acts does nothing.
pub async fn s72_an_effect_that_undoes_marks_its_command_before_it_acts(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (book, cancel) = (hotel(env.start()), cancel_hotel(env.start()));
    let desk = Desk::default();
    let undo = world.function(hotels(&desk));
    undo.line.fail_writes([WriteFault::AnswerLost]);
    assert!(undo.deliver(&cancel).await.is_err(), "it has its lease and dies");
    assert_eq!(status(&world, HOTEL, &book).await, Some(Status::Undone));
    assert_eq!(world.function(hotels(&desk)).deliver(&book).await.unwrap(), Outcome::Duplicate);
    world.clock.pass(LEASE);
    assert_eq!(world.function(hotels(&desk)).deliver(&cancel).await.unwrap(), Outcome::Applied);
    assert_eq!((desk.booked.lock().len(), desk.cancelled.lock().len()), (0, 1));
}

/// A command that starts between the read of its undo and the undo's write is not taken over: the undo
/// waits for its lease.
pub async fn s72_an_undo_takes_over_only_what_it_has_judged(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (book, cancel) = (hotel(env.start()), cancel_hotel(env.start()));
    let desk = Desk::default();
    let (undo, crashing) = (world.function(hotels(&desk)), world.function(hotels(&desk)));
    crashing.line.fail_writes([WriteFault::AnswerLost]);
    let (engine, command) = (crashing.engine.clone(), book.clone());
    undo.line.meanwhile(async move { assert!(engine.handle(&command).await.is_err()) });
    let failure = undo.deliver(&cancel).await.unwrap_err();
    assert!(matches!(failure, Failure::InProgress { .. }), "{failure:?}");
    assert!(matches!(status(&world, HOTEL, &book).await, Some(Status::Leased { .. })));
    assert_eq!(desk.cancelled.lock().len(), 0);
}

/// A zombie of the command, whose lease ran out, cannot commit after the undo took its receipt over.
pub async fn s72_a_zombie_of_the_command_loses_to_the_undo(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (book, cancel) = (hotel(env.start()), cancel_hotel(env.start()));
    let desk = Desk::default();
    let (zombie, undo) = (world.function(hotels(&desk)), world.function(hotels(&desk)));
    let (engine, clock) = (undo.engine.clone(), world.clock.clone());
    // The first write of the zombie is its lease, so the undo runs before the second one.
    let line = zombie.line.clone();
    zombie.line.meanwhile(async move {
        line.meanwhile(async move {
            clock.pass(LEASE);
            assert_eq!(engine.handle(&cancel).await.unwrap(), Outcome::Applied);
        });
    });
    let failure = zombie.deliver(&book).await.unwrap_err();
    assert!(matches!(failure, Failure::LeaseLost), "{failure:?}");
    assert_eq!(status(&world, HOTEL, &book).await, Some(Status::Undone));
    assert_eq!(*desk.cancelled.lock(), *desk.booked.lock(), "what the zombie booked is cancelled by its key");
    assert!(sent(&world, HOTEL, &book).await.is_empty());
}

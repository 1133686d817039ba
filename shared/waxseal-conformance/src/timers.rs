//! Timers: hints, timeouts, and their races with replies (G-1, G-4, S-69, S-70).

use std::time::Duration;

use super::{
    env::ContractEnv,
    processes::{TRAVEL, all_sent, instance, parsed, planned, reply, row, sent, step, wake},
    travel::{At, FLIGHT, FlightBooked, HOTEL, HotelBooked, Travel, message, travel},
    world::{Function, RecordedDeadLetters, World, policy, record},
};
use waxseal::{
    Emission, Failure, Outcome, Raw, Service, Table, Timestamp, WAKE, handler::Phase, table::attribute,
};

/// The work of one side of the race.
async fn takes<T: Table + Clone>(function: &Function<T>, raw: &Raw) -> Outcome {
    function.deliver(raw).await.unwrap()
}

/// A timeout and a reply have exactly one winner, in each interleaving of their requests.
pub async fn g1_a_timeout_and_a_reply_have_one_winner(env: &impl ContractEnv) {
    for (interleaving, timeout_wins) in [
        ("timeout, reply", true),
        ("reply, timeout", false),
        ("reply within timeout", false),
        ("timeout within reply", true),
    ] {
        let world = World::of(env).await;
        let begin = planned(env.start());
        world.function(travel()).deliver(&begin).await.unwrap();
        let book = sent(&world, TRAVEL, &begin).await.remove(0);
        world.clock.pass(FLIGHT);
        let now = env.start() + FLIGHT;
        let (hint, booked) = (wake(now), reply::<FlightBooked>("f-1", now, &book));
        let (timer, other) = (world.function(travel()), world.function(travel()));
        let (first, second) = match interleaving {
            "timeout, reply" => {
                let first = takes(&timer, &hint).await;
                (first, takes(&other, &booked).await)
            }
            "reply, timeout" => {
                let first = takes(&other, &booked).await;
                (first, takes(&timer, &hint).await)
            }
            "reply within timeout" => {
                let (engine, inner) = (other.engine.clone(), booked.clone());
                timer.line.meanwhile(async move { assert!(engine.handle(&inner).await.is_ok()) });
                (Outcome::Applied, takes(&timer, &hint).await)
            }
            _ => {
                let (engine, inner) = (timer.engine.clone(), hint.clone());
                other.line.meanwhile(async move { assert!(engine.handle(&inner).await.is_ok()) });
                (Outcome::Applied, takes(&other, &booked).await)
            }
        };
        let loser = if timeout_wins { Outcome::Applied } else { Outcome::Stale };
        assert_eq!((first, second), (Outcome::Applied, loser), "{interleaving}");
        let after = instance(&timer).await;
        let sent = all_sent(&world).await;
        if timeout_wins {
            // The late reply is recorded and says that the flight is booked, so its undo follows.
            assert!(matches!(after.phase, Phase::Compensating { .. }), "{interleaving}: {after:?}");
            assert_eq!(sent, ["book-flight", "cancel-flight"], "{interleaving}");
        } else {
            assert_eq!(
                (after.phase.clone(), step(&after)),
                (Phase::Running, "Hotel".to_owned()),
                "{interleaving}"
            );
            assert_eq!(sent, ["book-flight", "book-hotel"], "{interleaving}");
        }
    }
}

/// A hint about a timer and the reply that clears it, in one batch: either order has one winner.
pub async fn g1_a_hint_and_a_reply_in_one_batch_have_one_winner(env: &impl ContractEnv) {
    for is_hint_first in [true, false] {
        let world = World::of(env).await;
        let begin = planned(env.start());
        let function = world.function(travel());
        function.deliver(&begin).await.unwrap();
        let book = sent(&world, TRAVEL, &begin).await.remove(0);
        world.clock.pass(FLIGHT);
        let now = env.start() + FLIGHT;
        let mut records =
            vec![record("hint", &wake(now)), record("reply", &reply::<FlightBooked>("f-1", now, &book))];
        if !is_hint_first {
            records.reverse();
        }
        let dead_letters = RecordedDeadLetters::default();
        let (failed, _) = function.batch(&records, &dead_letters, policy(|_| {})).await;
        assert!(failed.is_empty() && dead_letters.recorded().is_empty());
        let sent = all_sent(&world).await;
        let expected = if is_hint_first { "cancel-flight" } else { "book-hotel" };
        assert_eq!(sent, ["book-flight", expected]);
    }
}

/// An instance lives as long as its timers say: days and weeks.
pub async fn g4_an_instance_outlives_every_invocation_and_queue(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let begin = planned(env.start());
    world.function(travel()).deliver(&begin).await.unwrap();
    let book = sent(&world, TRAVEL, &begin).await.remove(0);
    world.function(travel()).deliver(&reply::<FlightBooked>("f-1", env.start(), &book)).await.unwrap();
    world.clock.pass(HOTEL - Duration::from_millis(1));
    let function = world.function(travel());
    let early = wake(env.start() + HOTEL);
    assert_eq!(function.deliver(&early).await.unwrap(), Outcome::Stale, "not yet");
    world.clock.pass(Duration::from_millis(1));
    assert_eq!(function.deliver(&early).await.unwrap(), Outcome::Applied);
    assert!(matches!(instance(&function).await.phase, Phase::Compensating { .. }));
}

/// A row wakes by its first timer, a hint that is early, late, doubled, or about nothing does
/// nothing, and a timer fires once.
pub async fn s69_a_hint_does_no_harm_whenever_and_however_often_it_comes(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.function(travel());
    assert_eq!(function.deliver(&wake(env.start())).await.unwrap(), Outcome::Stale, "about nothing");
    let begin = planned(env.start());
    function.deliver(&begin).await.unwrap();
    let hints: Vec<Emission> = world
        .emitted(TRAVEL, &begin)
        .await
        .into_iter()
        .filter(|emission| parsed(emission).name == WAKE)
        .collect();
    assert_eq!(hints.len(), 1, "the timer is within a queue's delay");
    assert_eq!(
        (hints[0].channel.as_str(), hints[0].not_before),
        ("queue:travel", Some(env.start() + FLIGHT))
    );
    let item = world.item(&row()).await;
    assert_eq!(function.deliver(&parsed(&hints[0])).await.unwrap(), Outcome::Stale, "early");
    assert_eq!(world.item(&row()).await, item, "an early hint writes nothing");
    world.clock.pass(FLIGHT);
    let (_, writes) = function.line.counts();
    assert_eq!(function.deliver(&parsed(&hints[0])).await.unwrap(), Outcome::Applied);
    let after = world.item(&row()).await;
    assert_eq!(function.deliver(&parsed(&hints[0])).await.unwrap(), Outcome::Stale, "doubled");
    assert_eq!(world.function(travel()).deliver(&wake(env.start())).await.unwrap(), Outcome::Stale);
    assert_eq!((world.item(&row()).await, function.line.counts().1), (after, writes + 1));
    let strange = Raw { data: serde_json::value::to_raw_value(&"row 7").unwrap(), ..wake(env.start()) };
    let failure = function.deliver(&strange).await.unwrap_err();
    assert!(failure.is_permanent() && matches!(failure, Failure::Fault(_)), "{failure}");
}

/// The index of timers finds a row from its time on, the newest first, and no row without a timer.
pub async fn s69_the_index_of_timers_finds_what_is_due(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.function(travel());
    function.deliver(&planned(env.start())).await.unwrap();
    let item = world.item(&row()).await.unwrap();
    let shard = item.get_text(attribute::WAKE_SHARD).unwrap().to_owned();
    let due = |at| waxseal::table::Due::of(shard.clone(), at);
    let at = env.start() + FLIGHT;
    let early = world.table.due(&due(at - Duration::from_millis(1))).await.unwrap();
    assert_eq!(early.items, []);
    let page = world.table.due(&due(at)).await.unwrap();
    assert_eq!(page.items.iter().map(|item| &item.key).collect::<Vec<_>>(), [&row()]);
    assert_eq!(page.items[0].at, at.as_millisecond());
    function.deliver(&message::<HotelBooked>("h-1", "t-1", env.start())).await.unwrap();
    assert_eq!(world.table.due(&due(Timestamp::MAX)).await.unwrap().items, [], "its timers are cleared");
}

/// A timeout whose step fails moves the row's time on, ever farther, and leaves the row as it is
/// otherwise, its writer included. It fires once its step succeeds.
pub async fn s70_a_failed_timeout_comes_again_later_and_later(env: &impl ContractEnv) {
    let world = World::of(env).await;
    world.function(travel()).deliver(&planned(env.start())).await.unwrap();
    let before = world.item(&row()).await.unwrap();
    let failing = world.function(Service::new("travel").process(Travel { panics: true }));
    let mut wakes = vec![before.get_number(attribute::WAKE_AT).unwrap()];
    world.clock.pass(FLIGHT);
    for _ in 0..4 {
        let now = waxseal::Host::now(&*world.clock);
        assert_eq!(failing.deliver(&wake(now)).await.unwrap(), Outcome::Postponed);
        let moved = world.item(&row()).await.unwrap();
        let next = moved.get_number(attribute::WAKE_AT).unwrap();
        assert_eq!(moved.clone().number(attribute::WAKE_AT, wakes[0]), before, "nothing else has changed");
        wakes.push(next);
        world.clock.set(Timestamp::from_millisecond(next).unwrap());
    }
    let gaps: Vec<i64> = wakes.windows(2).skip(1).map(|pair| (pair[1] - pair[0]) / 1000).collect();
    assert_eq!(gaps, [60, 120, 240], "each delay is the time for which the timer is late");
    let now = waxseal::Host::now(&*world.clock);
    assert_eq!(world.function(travel()).deliver(&wake(now)).await.unwrap(), Outcome::Applied);
    assert_eq!(step(&instance(&failing).await), format!("{:?}", At::Flight));
}

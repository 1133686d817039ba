//! Effects: take the lease, act, commit. The statements cover when an attempt may run, the receipt
//! of a failed one, and the price of a duplicate.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use super::{
    domain::{Entered, KEY_TTL, LEASE, Ledger, Script, charging, envelope, mailing, order},
    env::ContractEnv,
    world::{RecordedDeadLetters, World, policy, record, settings},
};
use waxseal::{
    Delivery, Failure, Fault, Outcome, Raw, Service, Settings, Table, Timestamp,
    batch::{Policy, RecordOutcome},
    row::Status,
};

const CHARGE: &str = "payment/charge";
const MILLISECOND: Duration = Duration::from_millis(1);

/// A process that charges and dies before it commits.
pub(super) async fn crash<T: Table + Clone>(world: &World<T>, raw: &Raw) -> Entered {
    let line = world.line();
    let script = Script::deciding({
        let line = line.clone();
        move |_| {
            line.cut();
            Ok(())
        }
    });
    let function = world.function_on(line, charging(&script), Settings::default());
    let failure = function.deliver(raw).await.unwrap_err();
    assert!(matches!(failure, Failure::Table(_)), "{failure:?}");
    assert_eq!(script.runs(), 1, "it has acted");
    script.entered().remove(0)
}

async fn lease_end<T: Table + Clone>(world: &World<T>, consumer: &str, raw: &Raw) -> Timestamp {
    match world.receipt(consumer, raw).await.expect("a claim leaves a row").status {
        Status::Leased { until } => until,
        other => panic!("not leased but {other:?}"),
    }
}

/// After a crash the lease keeps back every redelivery until its very end; then the next attempt
/// has the same keys.
pub async fn s10_after_a_crash_the_lease_decides_to_the_millisecond(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let raw = order("o-10", 1);
    let first = crash(&world, &raw).await;
    let until = lease_end(&world, CHARGE, &raw).await;
    assert_eq!(until, env.start() + LEASE);

    let script = Script::default();
    world.clock.set(until - MILLISECOND);
    let failure = world.function(charging(&script)).deliver(&raw).await.unwrap_err();
    assert!(matches!(failure, Failure::InProgress { until: end } if end == until), "{failure:?}");
    assert_eq!(script.runs(), 0);

    for after in [Duration::ZERO, MILLISECOND] {
        let world = World::of(env).await;
        crash(&world, &raw).await;
        world.clock.set(until + after);
        let script = Script::default();
        assert_eq!(world.function(charging(&script)).deliver(&raw).await.unwrap(), Outcome::Applied);
        let entered = script.entered();
        assert_eq!((entered.len(), entered[0].attempt), (1, 2));
        assert_eq!(entered[0].keys, first.keys, "the outside sees one key");
        assert_eq!(entered[0].first_at, Some(env.start()));
        let [one, two] = first.keys.clone().unwrap();
        assert_ne!(one, two);
        assert_eq!(world.entity("CHF").await, Some(Ledger { captured: 1250, by: 2 }));
        assert_eq!(world.receipt(CHARGE, &raw).await.unwrap().status, Status::Completed);
    }
}

/// Once the outside system has forgotten the key, acting again could act twice, so a person
/// decides.
pub async fn s10_a_retry_past_the_keys_life_is_an_unknown_outcome(env: &impl ContractEnv) {
    for (age, outcome_known) in [(KEY_TTL - MILLISECOND, true), (KEY_TTL, false)] {
        let world = World::of(env).await;
        let raw = order("o-10", 1);
        crash(&world, &raw).await;
        let stored = world.receipt_item(CHARGE, &raw).await;
        world.clock.pass(age);
        let (script, dead_letters) = (Script::default(), RecordedDeadLetters::default());
        let function = world.function(charging(&script));
        let (failed, outcomes) =
            function.batch(&[record("m-1", &raw)], &dead_letters, Policy::default()).await;
        assert!(failed.is_empty(), "{outcomes:?}");
        if outcome_known {
            assert_eq!((script.runs(), dead_letters.recorded().len()), (1, 0));
        } else {
            assert_eq!((script.runs(), dead_letters.recorded().len()), (0, 1));
            assert!(
                dead_letters.recorded()[0].reason.starts_with("outcome unknown: 1 attempts"),
                "{dead_letters:?}"
            );
            assert_eq!(world.receipt_item(CHARGE, &raw).await, stored);
        }
    }
}

/// The lease is the default, or lasts to a later deadline, or has the configured length where that
/// is longer.
pub async fn s11_there_is_always_a_lease(env: &impl ContractEnv) {
    let start = env.start();
    let deadline = |seconds| Some(start + Duration::from_secs(seconds));
    for (service, consumer, deadline, expected) in [
        (mailing as fn(&Script) -> Service, "notification/mail", None, 45),
        (mailing, "notification/mail", deadline(44), 45),
        (mailing, "notification/mail", deadline(900), 900),
        (charging, CHARGE, None, 30),
        (charging, CHARGE, deadline(29), 30),
        (charging, CHARGE, deadline(31), 31),
    ] {
        let world = World::of(env).await;
        let raw = order("o-11", 1);
        let seen = Arc::new(Mutex::new(None));
        // A second delivery, while the first acts, sees the end of the lease.
        let script = Script::new({
            let (seen, raw, table, clock) =
                (seen.clone(), raw.clone(), world.table.clone(), world.clock.clone());
            move |_: Entered| {
                let rival = World { table: table.clone(), clock: clock.clone() }
                    .function(service(&Script::default()));
                let (seen, raw) = (seen.clone(), raw.clone());
                async move {
                    *seen.lock().unwrap() = Some(rival.deliver(&raw).await.unwrap_err());
                    Ok(())
                }
            }
        });
        let settings = settings(|it| it.lease = Duration::from_secs(45));
        let acting = world.function_with(service(&script), settings);
        acting.engine.deliver(Delivery::of(&raw).within(deadline)).await.unwrap();
        let Some(Failure::InProgress { until }) = &*seen.lock().unwrap() else {
            panic!("{consumer} holds no lease while it acts");
        };
        assert_eq!(*until, start + Duration::from_secs(expected), "{consumer} with deadline {deadline:?}");
    }
}

/// A duplicate waits for the rest of another attempt's lease, and is never dead-lettered for its
/// receives.
pub async fn s14_a_duplicate_in_progress_waits_for_the_rest_of_the_lease(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let raw = order("o-14", 1);
    crash(&world, &raw).await;
    world.clock.pass(Duration::from_millis(12_345));
    let (script, dead_letters) = (Script::default(), RecordedDeadLetters::default());
    let again = record("m-1", &raw).received(5);
    let policy = policy(|it| it.max_receives = Some(5));
    let function = world.function(charging(&script));
    let (failed, outcomes) = function.batch(&[again], &dead_letters, policy).await;
    assert_eq!((failed, script.runs()), (vec!["m-1".to_owned()], 0));
    let [RecordOutcome::Failed { retry_after, .. }] = &outcomes[..] else { panic!("{outcomes:?}") };
    // The rest of the lease, and jitter: at most a tenth of it, or a second.
    let rest = Duration::from_millis(30_000 - 12_345);
    let retry_after = retry_after.unwrap();
    assert!((rest..=rest + rest / 10).contains(&retry_after), "{retry_after:?}");
    assert!(dead_letters.recorded().is_empty(), "waiting is no failure of its own");
}

/// A duplicate of a completed effect runs nothing: it costs one request, or none from the warm
/// cache.
pub async fn s15_a_duplicate_of_a_completed_effect_runs_nothing(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (script, raw) = (Script::default(), order("o-15", 1));
    let warm = world.function(mailing(&script));
    let (result, requests) = warm.count(&raw).await;
    assert_eq!((result.unwrap(), requests), (Outcome::Applied, 2));
    let (result, requests) = warm.count(&raw).await;
    assert_eq!((result.unwrap(), requests), (Outcome::Duplicate, 0));
    let (result, requests) = world.cold(mailing(&script)).count(&raw).await;
    assert_eq!((result.unwrap(), requests), (Outcome::Duplicate, 1));
    assert_eq!(script.runs(), 1);
}

/// The cache keeps completed receipts only, never leases.
pub async fn s15_claims_are_never_cached(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let raw = order("o-15", 1);
    let failing = std::sync::atomic::AtomicBool::new(true);
    let script = Script::deciding(move |_| {
        if failing.swap(false, std::sync::atomic::Ordering::SeqCst) {
            return Err(Fault::retry("the gateway answered 503"));
        }
        Ok(())
    });
    let function = world.function(charging(&script));
    function.deliver(&raw).await.unwrap_err();
    assert_eq!(function.deliver(&raw).await.unwrap(), Outcome::Applied);
}

/// 64 processes get one event at once: one acts, and no other reports a success before it has.
pub async fn s17_of_64_racers_exactly_one_acts(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (script, raw) = (Script::default(), order("o-17", 1));
    let functions: Vec<_> = (0..64).map(|_| world.function(charging(&script))).collect();
    let results =
        futures_util::future::join_all(functions.iter().map(|function| function.deliver(&raw))).await;
    let applied = results.iter().filter(|result| matches!(result, Ok(Outcome::Applied))).count();
    assert!(
        results.iter().all(|result| matches!(result, Ok(_) | Err(Failure::InProgress { .. }))),
        "{results:?}"
    );
    assert_eq!((applied, script.runs()), (1, 1));
    assert_eq!(world.entity("CHF").await, Some(Ledger { captured: 1250, by: 1 }));
}

/// A failed attempt keeps its count and its reason, and the next one may start at once.
pub async fn s19_a_failed_attempt_keeps_its_row(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let raw = order("o-19", 1);
    for attempt in 1..=3 {
        let script = Script::deciding(|_| Err(Fault::retry("the gateway answered 503")));
        world.function(charging(&script)).deliver(&raw).await.unwrap_err();
        assert_eq!(script.entered()[0].attempt, attempt);
        let receipt = world.receipt(CHARGE, &raw).await.unwrap();
        assert_eq!((receipt.attempt, receipt.first_at), (attempt, env.start()));
        assert_eq!(receipt.last_error.as_deref(), Some("the gateway answered 503"));
    }
    let script = Script::default();
    assert_eq!(world.function(charging(&script)).deliver(&raw).await.unwrap(), Outcome::Applied);
    assert_eq!(script.entered()[0].attempt, 4);
}

/// A panic is a failed attempt like any other: the lease is released with the panic's text.
pub async fn s19_a_panic_releases_the_lease(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let raw = order("o-19", 1);
    let script = Script::deciding(|_| panic!("no such currency"));
    let failure = world.function(charging(&script)).deliver(&raw).await.unwrap_err();
    assert!(matches!(failure, Failure::Panic { .. }), "{failure:?}");
    let receipt = world.receipt(CHARGE, &raw).await.unwrap();
    assert!(receipt.last_error.is_some_and(|error| error.contains("no such currency")));
    assert_eq!(world.function(charging(&Script::default())).deliver(&raw).await.unwrap(), Outcome::Applied);
}

/// An effect that failed for good does not run again, and is dead-lettered again instead of being
/// acknowledged silently.
pub async fn s19_a_permanent_failure_is_remembered(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let raw = order("o-19", 1);
    let script = Script::deciding(|_| Err(Fault::permanent("the card is unknown")));
    let dead_letters = RecordedDeadLetters::default();
    for delivery in 1..=2 {
        let function = world.function(charging(&script));
        let (failed, outcomes) =
            function.batch(&[record("m-1", &raw)], &dead_letters, Policy::default()).await;
        assert!(
            failed.is_empty() && matches!(outcomes[..], [RecordOutcome::DeadLettered { .. }]),
            "{outcomes:?}"
        );
        assert_eq!((dead_letters.recorded().len(), script.runs()), (delivery, 1));
        assert!(dead_letters.recorded()[delivery - 1].reason.contains("the card is unknown"));
    }
    assert!(matches!(world.receipt(CHARGE, &raw).await.unwrap().status, Status::Failed { .. }));
    assert_eq!(world.entity::<Ledger>("CHF").await, None);
}

/// A version that this build does not know takes no lease, so waiting for a deploy never ages an
/// effect's key.
pub async fn s43_a_newer_version_claims_nothing(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let newer = envelope("o-43", "orders", 3, r#"{"parcels":[]}"#);
    let (result, requests) = world.function(charging(&Script::default())).count(&newer).await;
    let failure = result.unwrap_err();
    assert!(!failure.is_permanent(), "{failure}");
    assert_eq!(requests, 0);
    assert!(world.receipt(CHARGE, &newer).await.is_none());
}

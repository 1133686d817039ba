//! Receipts of transactional handlers: which delivery is a duplicate, and the price of one.

use std::time::Duration;

use futures_util::future::join_all;

use super::{
    domain::{SKU, Script, Stock, Tally, announcing, counting, envelope, order, reserving},
    env::ContractEnv,
    world::{RecordedDeadLetters, World, record, settings},
};
use waxseal::{
    Delivery, Failure, Fault, Outcome, Settings, Timestamp,
    batch::{Policy, RecordOutcome},
    derived_id,
    row::Status,
};

const ANNOUNCE: &str = "inventory/announce";
const RESERVE: &str = "inventory/reserve";

fn is_duplicate(result: &Result<Outcome, Failure>) -> bool {
    matches!(result, Ok(Outcome::Duplicate))
}

/// An event that was handled longer ago than the horizon is new again, whether its row still exists
/// or not.
pub async fn s9_a_row_past_its_expiry_counts_as_absent(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (script, raw) = (Script::default(), order("o-9", 1));
    let function = world.function(announcing(&script));
    function.deliver(&raw).await.unwrap();
    let expires = world.receipt(ANNOUNCE, &raw).await.unwrap().expires;
    world.clock.set(expires);
    assert!(world.receipt(ANNOUNCE, &raw).await.is_some(), "the row is not deleted yet");
    assert_eq!(function.deliver(&raw).await.unwrap(), Outcome::Applied);
    assert_eq!(script.runs(), 2);
    assert!(world.receipt(ANNOUNCE, &raw).await.unwrap().expires > expires, "the new receipt lives on");
}

/// A completed receipt suppresses duplicates for the whole horizon, to the millisecond.
pub async fn s9_a_receipt_suppresses_for_the_whole_horizon(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let horizon = Duration::from_hours(1);
    let settings = || settings(|it| it.horizon = horizon);
    let (script, raw) = (Script::default(), order("o-9", 1));
    let function = world.function_with(reserving(&script), settings());
    function.deliver(&raw).await.unwrap();
    world.clock.pass(horizon - Duration::from_millis(1));
    let cold = world.function_with(reserving(&script), settings());
    assert!(is_duplicate(&cold.deliver(&raw).await));
    assert_eq!(world.entity(SKU).await, Some(Stock { on_hand: 99 }));
    // A receipt that is found shortly before its end is not cached for longer than it is stored.
    world.clock.pass(Duration::from_secs(2));
    assert_eq!(cold.deliver(&raw).await.unwrap(), Outcome::Applied);
}

/// A duplicate in the process that handled the event costs nothing.
pub async fn s15_a_cached_duplicate_costs_no_request(env: &impl ContractEnv) {
    let world = World::of(env).await;
    for service in [announcing, reserving, |_: &Script| counting()] {
        let script = Script::default();
        let (function, raw) = (world.function(service(&script)), order("o-15", 1));
        assert_eq!(function.deliver(&raw).await.unwrap(), Outcome::Applied);
        let runs = script.runs();
        let (result, requests) = function.count(&raw).await;
        assert!(is_duplicate(&result), "{result:?}");
        assert_eq!((requests, script.runs()), (0, runs));
        world.clock.pass(Duration::from_mins(5));
        assert!(is_duplicate(&function.deliver(&raw).await), "after five minutes it asks again");
    }
}

/// A duplicate in another process costs one request, for every form of handler.
pub async fn s15_a_cold_duplicate_costs_one_request(env: &impl ContractEnv) {
    let world = World::of(env).await;
    for (service, consumer) in [
        (announcing as fn(&Script) -> _, ANNOUNCE),
        (reserving, RESERVE),
        (|_| counting(), "inventory/count/order.placed"),
    ] {
        let (first, second) = (Script::default(), Script::default());
        let raw = order("o-15", 1);
        world.cold(service(&first)).deliver(&raw).await.unwrap();
        let stored = world.receipt_item(consumer, &raw).await;
        let (result, requests) = world.cold(service(&second)).count(&raw).await;
        assert!(is_duplicate(&result), "{consumer}: {result:?}");
        assert_eq!(requests, 1, "{consumer}");
        assert_eq!(world.receipt_item(consumer, &raw).await, stored, "{consumer}: nothing is written");
    }
    assert_eq!(world.entity(SKU).await, Some(Stock { on_hand: 99 }));
    assert_eq!(world.entity(SKU).await, Some(Tally { orders: 1 }));
}

/// A record that SQS delivers again has its receipt read first, so its handler does not run.
pub async fn s15_a_redelivered_duplicate_runs_nothing(env: &impl ContractEnv) {
    let world = World::of(env).await;
    for service in [announcing, reserving] {
        let script = Script::default();
        let raw = order("o-15", 1);
        world.cold(service(&Script::default())).deliver(&raw).await.unwrap();
        let cold = world.cold(service(&script));
        let result = cold.engine.deliver(Delivery::of(&raw).received(2)).await;
        assert!(is_duplicate(&result), "{result:?}");
        assert_eq!((cold.line.requests(), script.runs()), (1, 0));
    }
}

/// An event that took effect stays a success, even where the handler would now refuse it.
pub async fn s15_a_duplicate_that_would_now_fail_is_still_a_success(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let refuse = || Script::deciding(|_| Err(Fault::permanent("the order is already reserved")));
    for service in [announcing, reserving] {
        let raw = order("o-15", 1);
        world.cold(service(&Script::default())).deliver(&raw).await.unwrap();
        let dead_letters = RecordedDeadLetters::default();
        let cold = world.cold(service(&refuse()));
        let (failed, outcomes) = cold.batch(&[record("m-1", &raw)], &dead_letters, Policy::default()).await;
        assert!(matches!(outcomes[..], [RecordOutcome::Done(Some(Outcome::Duplicate))]), "{outcomes:?}");
        assert_eq!((failed.len(), dead_letters.recorded().len()), (0, 0));
    }
}

/// Two payloads have one id: the first stands, the second is refused for good, and the receipt
/// stays as it is.
pub async fn s16_another_payload_under_one_id_is_refused_for_good(env: &impl ContractEnv) {
    let world = World::of(env).await;
    for service in [announcing, reserving] {
        let script = Script::default();
        let warm = world.function(service(&script));
        let (first, other) = (order("o-16", 1), order("o-16", 2));
        warm.deliver(&first).await.unwrap();
        let consumer = warm.engine.service().catalog()[0].consumer();
        let stored = world.receipt_item(&consumer, &first).await.unwrap();
        let cold = world.cold(service(&script));
        for function in [&warm, &cold] {
            let dead_letters = RecordedDeadLetters::default();
            let (failed, _) =
                function.batch(&[record("m-1", &other)], &dead_letters, Policy::default()).await;
            assert!(failed.is_empty(), "permanent: dead-lettered, not retried");
            let reason = &dead_letters.recorded()[0].reason;
            let hashes = [&first, &other].map(|raw| waxseal::payload_hash(raw.data.get()).unwrap());
            assert!(hashes.iter().all(|hash| reason.contains(hash)), "both hashes: {reason}");
        }
        assert_eq!(world.receipt_item(&consumer, &first).await, Some(stored));
    }
    assert_eq!(world.entity(SKU).await, Some(Stock { on_hand: 99 }));
}

/// The same payload in another spelling, or in another version of its schema, is a duplicate.
pub async fn s16_another_spelling_or_version_is_a_duplicate(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.function(reserving(&Script::default()));
    let first = envelope("o-16", "orders", 1, r#"{"sku":"hat/Größe #5","quantity":1,"total":1250}"#);
    assert_eq!(function.deliver(&first).await.unwrap(), Outcome::Applied);
    for (version, data) in [
        (1, "{ \"total\": 1.25e3, \"quantity\":1.0,\n\"sku\":\"hat\\/Gr\\u00f6\\u00dfe #5\" }"),
        (2, r#"{"sku":"hat/Größe #5","quantity":1,"total":1250,"currency":"EUR"}"#),
    ] {
        let again = envelope("o-16", "orders", version, data);
        assert!(is_duplicate(&function.deliver(&again).await));
        assert!(is_duplicate(&world.cold(reserving(&Script::default())).deliver(&again).await));
    }
    assert_eq!(world.entity(SKU).await, Some(Stock { on_hand: 99 }));
}

/// 64 processes get one event at once: one commits, all succeed.
pub async fn s17_of_64_racers_exactly_one_commits(env: &impl ContractEnv) {
    for service in [announcing, reserving, |_: &Script| counting()] {
        let world = World::of(env).await;
        let raw = order("o-17", 1);
        let functions: Vec<_> = (0..64).map(|_| world.function(service(&Script::default()))).collect();
        let results = join_all(functions.iter().map(|function| function.deliver(&raw))).await;
        let applied = results.iter().filter(|result| matches!(result, Ok(Outcome::Applied))).count();
        let duplicates = results.iter().filter(|result| is_duplicate(result)).count();
        assert_eq!((applied, duplicates), (1, 63), "{results:?}");
        let stock: Option<Stock> = world.entity(SKU).await;
        assert!(stock.is_none_or(|stock| stock.on_hand == 99));
        let tally: Option<Tally> = world.entity(SKU).await;
        assert!(tally.is_none_or(|tally| tally.orders == 1));
    }
}

/// Two consumers on one table each take effect.
pub async fn s18_two_consumers_never_suppress_each_other(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (announce, reserve) = (Script::default(), Script::default());
    let raw = order("o-18", 1);
    assert_eq!(world.function(announcing(&announce)).deliver(&raw).await.unwrap(), Outcome::Applied);
    assert_eq!(world.function(reserving(&reserve)).deliver(&raw).await.unwrap(), Outcome::Applied);
    assert_eq!((announce.runs(), reserve.runs()), (1, 1));
    let ids = [
        world.emitted(ANNOUNCE, &raw).await[0].envelope.get().to_owned(),
        world.emitted(RESERVE, &raw).await[0].envelope.get().to_owned(),
    ]
    .map(|json| waxseal::Raw::parse(&json).unwrap().id);
    assert_ne!(ids[0], ids[1]);
}

/// One id from two sources is two events. Ids and sources whose concatenations are equal stay
/// apart.
pub async fn s18_one_id_from_two_sources_is_two_events(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let script = Script::default();
    let function = world.function(announcing(&script));
    let data = r#"{"sku":"hat","quantity":1,"total":1250,"currency":"CHF"}"#;
    for (id, source) in
        [("o-18", "orders"), ("o-18", "orders-archive"), ("b#c", "a"), ("c", "a#b"), ("c", "a%23b")]
    {
        let raw = envelope(id, source, 2, data);
        assert_eq!(function.deliver(&raw).await.unwrap(), Outcome::Applied, "{source} {id}");
    }
    assert_eq!(script.runs(), 5);
}

/// Several handlers of one event have a receipt each: the one that failed runs again, the other
/// does not.
pub async fn s18_one_handler_that_fails_does_not_run_its_sibling_twice(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (announce, reserve) = (Script::default(), Script::failing(&["o-18"]));
    let service = || {
        let both = waxseal::Service::new("inventory");
        both.handler(super::domain::Announce(announce.clone()))
            .handler(super::domain::Reserve(reserve.clone()))
    };
    let raw = order("o-18", 1);
    assert!(world.function(service()).deliver(&raw).await.is_err());
    assert!(world.receipt(ANNOUNCE, &raw).await.is_some() && world.receipt(RESERVE, &raw).await.is_none());
    let again = world.function(service());
    assert!(again.engine.deliver(Delivery::of(&raw).received(2)).await.is_err());
    assert_eq!((announce.runs(), reserve.runs()), (1, 2));
}

/// Emitted messages inherit the flow and name their cause.
pub async fn s44_what_is_emitted_inherits_the_flow_and_names_its_cause(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let raw = order("o-44", 1);
    world.function(announcing(&Script::default())).deliver(&raw).await.unwrap();
    let emitted = world.emitted(ANNOUNCE, &raw).await;
    let out = waxseal::Raw::parse(emitted[0].envelope.get()).unwrap();
    assert_eq!((&*out.correlation_id, out.causation_id.as_deref()), ("cart-7", Some("o-44")));
    assert_eq!((&*out.source, out.traceparent()), ("inventory", raw.traceparent()));
}

/// Every run of an event emits under the same ids.
pub async fn s45_a_second_run_emits_the_same_ids(env: &impl ContractEnv) {
    let raw = order("o-45", 1);
    let expected = derived_id("orders", "o-45", ANNOUNCE, 0);
    for _ in 0..2 {
        let world = World::of(env).await;
        world.function(announcing(&Script::default())).deliver(&raw).await.unwrap();
        let emitted = world.emitted(ANNOUNCE, &raw).await;
        assert_eq!(waxseal::Raw::parse(emitted[0].envelope.get()).unwrap().id, expected);
    }
}

/// A receipt states what happened and when it may be forgotten.
pub async fn s9_a_receipt_says_what_happened(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (raw, start) = (order("o-9", 1), env.start());
    world.function(announcing(&Script::default())).deliver(&raw).await.unwrap();
    let receipt = world.receipt(ANNOUNCE, &raw).await.unwrap();
    assert_eq!((receipt.status, receipt.version, receipt.attempt), (Status::Completed, 2, 1));
    assert_eq!(receipt.hash, waxseal::payload_hash(raw.data.get()).unwrap());
    let horizon: Timestamp = start + Settings::default().horizon;
    assert!(receipt.expires >= horizon && receipt.expires < horizon + Duration::from_secs(1));
}

//! Two payloads under one id are told apart (S-16), across builds.

use super::{
    domain::{Script, announcing, charging, envelope, order, reserving},
    env::ContractEnv,
    world::{RecordedDeadLetters, World, received, record},
};
use waxseal::{
    Failure, Raw, Service, Table,
    batch::{Policy, RecordOutcome},
    row::receipt,
    table::{Action, Condition, Item, Write, attribute},
};

/// The hash of the payload of `order(_, 1)` as the build before algorithm 2 stored it.
const OLDER: &str = "5e4aab8b5c7ecacb396ad62083cf5a7a";

/// The receipt of a completed event, with the attributes that builds before algorithm 2 wrote.
fn older_receipt(env: &impl ContractEnv, consumer: &str, raw: &Raw, hash: &str) -> Item {
    let start = env.start();
    Item::new(receipt::key(consumer, &raw.source, &raw.id))
        .text("status", "completed")
        .text("hash", hash)
        .number("event_version", 2)
        .number("attempt", 1)
        .number("first_at", start.as_millisecond())
        .number(attribute::EXPIRES, start.as_second() + 86_400)
        .text(attribute::WRITER, "0000000000000000000000000000f00d")
}

async fn store<T: Table + Clone>(world: &World<T>, env: &impl ContractEnv, item: Item) {
    let write = Write { action: Action::Put(item), condition: Condition::Absent { now: env.start() } };
    world.table.write(&[write]).await.unwrap();
}

type MakeService = fn(&Script) -> Service;

/// Each form of handler, with the consumer of its receipts.
fn services() -> [(MakeService, &'static str); 3] {
    [(announcing, "inventory/announce"), (reserving, "inventory/reserve"), (charging, "payment/charge")]
}

fn whole(total: &str) -> Raw {
    let data = format!(r#"{{"sku":"hat","quantity":1,"total":1250,"currency":"CHF","units":{total}}}"#);
    envelope("o-16", "orders", 2, &data)
}

/// Integers beyond 64 bits, and fractions beyond a float, make another payload, warm and cold.
pub async fn s16_integers_beyond_64_bits_differ(env: &impl ContractEnv) {
    for (service, _) in services() {
        for (one, other, same) in [
            ("18446744073709551617", "18446744073709551618", "1.8446744073709551617e19"),
            ("0.1", "0.1000000000000000055", "0.10"),
            ("1e400000000", "1e400000001", "10e399999999"),
        ] {
            let world = World::of(env).await;
            let script = Script::default();
            let warm = world.function(service(&script));
            warm.deliver(&whole(one)).await.unwrap();
            for function in [&warm, &world.cold(service(&script))] {
                let failure = function.deliver(&whole(other)).await.unwrap_err();
                assert!(matches!(failure, Failure::PayloadMismatch { .. }), "{one} and {other}: {failure}");
                assert!(function.deliver(&whole(same)).await.is_ok(), "{one} is {same}");
            }
        }
    }
}

/// A receipt of an older build keeps its meaning. The same payload is a duplicate. Another one is
/// refused with both hashes in the receipt's algorithm, and the row stays as it is.
pub async fn s16_a_receipt_of_an_older_build_keeps_its_meaning(env: &impl ContractEnv) {
    for (service, consumer) in services() {
        let world = World::of(env).await;
        let script = Script::default();
        let raw = order("o-16", 1);
        store(&world, env, older_receipt(env, consumer, &raw, OLDER)).await;
        let stored = world.receipt_item(consumer, &raw).await;
        let dead_letters = RecordedDeadLetters::default();
        let function = world.function(service(&script));
        // Cold, then from the warm cache.
        for receives in [2, 2, 1] {
            let again = [received(receives, record("m-1", &raw))];
            let (failed, outcomes) = function.batch(&again, &dead_letters, Policy::default()).await;
            assert!(failed.is_empty() && matches!(outcomes[0], RecordOutcome::Done(_)), "{outcomes:?}");
            let other = [received(receives, record("m-2", &order("o-16", 2)))];
            function.batch(&other, &dead_letters, Policy::default()).await;
        }
        let kept = dead_letters.recorded();
        assert_eq!(kept.len(), 3, "each of the other payloads, and none of the duplicates");
        for dead_letter in kept {
            assert!(dead_letter.reason.contains(&format!("hash {OLDER} then, ")), "{}", dead_letter.reason);
            let now = dead_letter.reason.split(" then, ").nth(1).unwrap();
            assert!(
                !now.contains(':') || now.find(':') > now.find(" now"),
                "of the same algorithm: {}",
                dead_letter.reason
            );
        }
        assert_eq!(script.runs(), 0);
        assert_eq!(world.receipt_item(consumer, &raw).await, stored);
    }
}

/// A hash of an unknown algorithm is no mismatch: a newer build wrote it, so the record waits for a
/// deploy.
pub async fn s16_a_hash_of_a_later_algorithm_is_retried(env: &impl ContractEnv) {
    for (service, consumer) in services() {
        let world = World::of(env).await;
        let script = Script::default();
        let (raw, sibling) = (order("o-16", 1), order("o-17", 1));
        store(&world, env, older_receipt(env, consumer, &raw, "3:5e4aab8b5c7ecacb396ad62083cf5a7a")).await;
        let stored = world.receipt_item(consumer, &raw).await;
        let dead_letters = RecordedDeadLetters::default();
        for receives in [1, 2] {
            let records =
                [record("m-1", &raw), record("m-2", &sibling)].map(|record| received(receives, record));
            let function = world.function(service(&script));
            let (failed, outcomes) = function.batch(&records, &dead_letters, Policy::default()).await;
            assert_eq!(failed, ["m-1"], "{outcomes:?}");
            let RecordOutcome::Failed { reason, .. } = &outcomes[0] else { panic!("{outcomes:?}") };
            assert!(reason.contains("an algorithm that this build does not know"), "{reason}");
        }
        assert!(dead_letters.recorded().is_empty());
        assert_eq!(world.receipt_item(consumer, &raw).await, stored, "never overwritten");
    }
}

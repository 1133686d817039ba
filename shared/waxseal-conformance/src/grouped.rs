//! A batch's records share one read and one write, but each has its own outcome.

use std::sync::Arc;

use super::{
    domain::{SKU, Script, Stock, Tally, announcing, counting, order, order_of, reserving, tallying},
    env::ContractEnv,
    world::{RecordedDeadLetters, World, WriteFault, grouped, policy, record, settings},
};
use waxseal::{
    Outcome,
    batch::{Grouping, Policy, Record, RecordOutcome},
    row::state,
    table::attribute,
};

/// `count` orders, each of an article of its own.
fn apart(count: usize) -> Vec<Record> {
    (0..count).map(|n| record(&format!("m-{n}"), &order_of(&format!("o-{n}"), &format!("sku-{n}")))).collect()
}

/// `count` orders of one article.
fn together(count: usize) -> Vec<Record> {
    (0..count).map(|n| record(&format!("m-{n}"), &order(&format!("o-{n}"), 1))).collect()
}

fn count_of(outcomes: &[RecordOutcome], wanted: Outcome) -> usize {
    outcomes
        .iter()
        .filter(|outcome| matches!(outcome, RecordOutcome::Done(Some(outcome)) if *outcome == wanted))
        .count()
}

/// Receipts alone are written at once, one request each. With state, a batch is one read, and one
/// write for each hundred actions.
pub async fn c1_a_batch_shares_its_read_and_its_write(env: &impl ContractEnv) {
    let script = Script::default();
    for (service, grouping, count, price) in [
        (announcing(&script), Grouping::Cheapest, 10, (0, 10)),
        (announcing(&script), Grouping::FewestRequests, 100, (0, 1)),
        (counting(), Grouping::Cheapest, 10, (1, 1)),
        (counting(), Grouping::Cheapest, 100, (2, 2)),
        (counting(), Grouping::Apart, 10, (1, 10)),
        (reserving(&script), Grouping::Cheapest, 10, (1, 1)),
    ] {
        let world = World::of(env).await;
        let function = world.function(service);
        let policy = policy(|it| it.grouping = grouping);
        let records = apart(count);
        for counts in [price, price] {
            let (failed, outcomes) =
                function.batch(&records, &RecordedDeadLetters::default(), policy.clone()).await;
            assert!(failed.is_empty(), "{outcomes:?}");
            // The second time costs nothing more, since the cache is warm.
            assert_eq!(function.line.counts(), counts, "{grouping:?}, {count} records");
        }
    }
}

/// Records about one entity are decided in order on each other's state: one read, one write.
pub async fn c1_records_on_one_entity_fold_into_one_write(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.function(counting());
    let (failed, _) = function.batch(&together(50), &RecordedDeadLetters::default(), Policy::default()).await;
    assert!(failed.is_empty());
    assert_eq!(function.line.counts(), (1, 1));
    assert_eq!(world.entity(SKU).await, Some(Tally { orders: 50 }));
    let item = world.item(&state::key::<Tally>(SKU)).await.unwrap();
    assert_eq!(item.get_number(attribute::VERSION), Some(1), "one write");
    for n in 0..50 {
        assert_eq!(
            world.emitted("inventory/count/order.placed", &order(&format!("o-{n}"), 1)).await.len(),
            1
        );
    }
    // A fold that exceeds one transaction is written in several, still in order.
    let world = World::of(env).await;
    let function = world.function(counting());
    let (failed, _) =
        function.batch(&together(250), &RecordedDeadLetters::default(), Policy::default()).await;
    assert!(failed.is_empty());
    assert_eq!(function.line.counts(), (3, 3));
    assert_eq!(world.entity(SKU).await, Some(Tally { orders: 250 }));
}

/// Duplicates are taken out, whether they are known before the commit or found by it; the rest
/// shares its write.
pub async fn c1_where_a_few_are_duplicates_the_rest_shares_its_write(env: &impl ContractEnv) {
    let records = apart(50);
    let earlier: Vec<Record> = [3, 14, 15, 26, 47].map(|n: usize| records[n].clone()).to_vec();
    for meanwhile in [false, true] {
        let world = World::of(env).await;
        let rival = Arc::new(world.cold(counting()));
        let function = world.cold(counting());
        let first = {
            let (rival, earlier) = (rival.clone(), earlier.clone());
            async move {
                rival.batch(&earlier, &RecordedDeadLetters::default(), Policy::default()).await;
            }
        };
        if meanwhile {
            function.line.meanwhile(first);
        } else {
            first.await;
        }
        let (failed, outcomes) =
            function.batch(&records, &RecordedDeadLetters::default(), Policy::default()).await;
        assert!(failed.is_empty(), "{outcomes:?}");
        assert_eq!((count_of(&outcomes, Outcome::Applied), count_of(&outcomes, Outcome::Duplicate)), (45, 5));
        assert!(function.line.counts().1 <= 3, "{:?}", function.line.counts());
        for n in 0..50 {
            assert_eq!(world.entity(&format!("sku-{n}")).await, Some(Tally { orders: 1 }), "{n}");
        }
    }
}

/// Another writer changes one entity between the read and the write: decisions on that entity are
/// made again on fresh state, and all others are written unchanged.
pub async fn c2_a_conflict_reruns_who_shares_its_entity_and_nobody_else(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let script = Script::default();
    let function = world.function(tallying(&script));
    let rival = world.function(counting());
    function.line.meanwhile(async move {
        rival.deliver(&order_of("rival", "sku-7")).await.unwrap();
    });
    let mut records = apart(20);
    records.push(record("m-20", &order_of("o-20", "sku-7")));
    let (failed, _) = function.batch(&records, &RecordedDeadLetters::default(), Policy::default()).await;
    assert!(failed.is_empty());
    assert_eq!(world.entity("sku-7").await, Some(Tally { orders: 3 }));
    let twice: Vec<_> = (0..21).filter(|n| script.runs_of(&format!("o-{n}")) == 2).collect();
    assert_eq!((script.runs(), twice), (23, vec![7, 20]));
}

/// The answer to a shared commit is lost: all of its records are delivered again and are
/// duplicates.
pub async fn c2_a_shared_commit_whose_answer_is_lost_is_found_to_be_applied(env: &impl ContractEnv) {
    for service in [|_: &Script| counting(), reserving] {
        let world = World::of(env).await;
        let (script, records) = (Script::default(), apart(10));
        let function = world.function(service(&script));
        function.line.fail_writes([WriteFault::AnswerLost]);
        let (failed, _) = function.batch(&records, &RecordedDeadLetters::default(), Policy::default()).await;
        assert_eq!(failed.len(), 10, "the outcome is not known yet");
        let (failed, outcomes) =
            function.batch(&records, &RecordedDeadLetters::default(), Policy::default()).await;
        assert_eq!((failed.len(), count_of(&outcomes, Outcome::Duplicate)), (0, 10));
        // A refusal by the commit's own token is no refusal.
        let function = world.function(service(&script));
        function.line.fail_writes([WriteFault::Echo]);
        let others: Vec<_> = (10..20)
            .map(|n| record(&format!("m-{n}"), &order_of(&format!("o-{n}"), &format!("sku-{n}"))))
            .collect();
        let (failed, outcomes) =
            function.batch(&others, &RecordedDeadLetters::default(), Policy::default()).await;
        assert_eq!((failed.len(), count_of(&outcomes, Outcome::Applied)), (0, 10));
    }
}

/// Handlers that load by hand cannot know that they want the same entity. They find out and run one
/// after another, also where a read was under way when another handler wrote.
pub async fn c2_handlers_on_one_entity_in_one_batch_all_take_effect_once(env: &impl ContractEnv) {
    for is_late in [false, true] {
        let world = World::of(env).await;
        let script = Script::default();
        // No race may be lost, since there is no other process.
        let function = world.function_with(reserving(&script), settings(|it| it.reruns = 0));
        if is_late {
            function.line.answer_late();
        }
        let (failed, outcomes) =
            function.batch(&together(60), &RecordedDeadLetters::default(), Policy::default()).await;
        assert!(failed.is_empty(), "{outcomes:?}");
        assert_eq!(world.entity(SKU).await, Some(Stock { on_hand: 40 }));
        assert!(script.runs() <= 3 * 60, "{} runs", script.runs());
    }
}

/// In a FIFO group events about one entity share a write as well, up to the first that fails.
pub async fn s29_a_failure_among_events_on_one_entity_holds_back_the_rest(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let script = Script::failing(&["o-3"]);
    let function = world.function(tallying(&script));
    let records: Vec<_> =
        (1..=5).map(|n| grouped(&format!("m-{n}"), "customer-7", &order(&format!("o-{n}"), 1))).collect();
    let (failed, _) = function.batch(&records, &RecordedDeadLetters::default(), Policy::default()).await;
    assert_eq!(failed, ["m-3", "m-4", "m-5"]);
    assert_eq!((script.runs(), function.line.counts()), (3, (1, 1)));
    assert_eq!(world.entity(SKU).await, Some(Tally { orders: 2 }));
}

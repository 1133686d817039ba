//! Redelivery: its time, its isolation, and its end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt as _;

use super::{
    domain::{Script, announcing, charging, order_of, reserving},
    env::ContractEnv,
    world::{Delays, RecordedDeadLetters, World, breathe, grouped, policy, received, record},
};
use waxseal::{
    End, Fault, Host as _, Outcome,
    batch::{Backoff, Batches, GroupPolicy, Policy, Record, RecordOutcome},
};

fn isolating() -> Policy {
    policy(|it| it.isolation = true)
}

fn fresh(n: usize) -> Record {
    received(1, record(&format!("m-{n}"), &order_of(&format!("o-{n}"), &format!("sku-{n}"))))
}

/// A failed record waits with full jitter, and a handler's own delay wins. A record that did not
/// start is delivered at once, and one that took effect is not touched.
pub async fn s24_a_failed_record_comes_again_after_a_while_and_an_unstarted_one_at_once(
    env: &impl ContractEnv,
) {
    let world = World::of(env).await;
    let script = Script::deciding(|entered| match &*entered.event {
        "o-1" => Err(Fault::retry("the warehouse does not answer")),
        "o-2" => Err(Fault::retry("the warehouse opens at nine").after(Duration::from_hours(2))),
        "o-3" => Err(Fault::retry("next week").after(Duration::from_hours(7 * 24))),
        _ => Ok(()),
    });
    let (delays, dead_letters) = (Delays::default(), RecordedDeadLetters::default());
    let engine = world.function(announcing(&script)).engine;
    let backoff = Backoff::new(Duration::from_secs(8), Duration::from_mins(2));
    let policy = policy(|it| it.backoff = backoff);
    let batches = Batches::new(engine, dead_letters, policy).delayed(delays.clone());
    for (receives, most) in [(1, 8), (2, 16), (3, 32), (9, 120)] {
        let records: Vec<_> = (0..4).map(|n| fresh(n).received(receives)).collect();
        batches.run(&records, None).await;
        let told = delays.take();
        assert_eq!(told.iter().map(|(id, _)| &**id).collect::<Vec<_>>(), ["m-1", "m-2", "m-3"]);
        assert!(told[0].1 <= Duration::from_secs(most), "{told:?}");
        assert_eq!(told[1].1, Duration::from_hours(2));
        assert!(told[2].1 < Duration::from_hours(12), "SQS takes no more: {told:?}");
    }
    batches.run_until(&[fresh(7)], None, End::stopped_by(std::future::ready(()))).await;
    assert_eq!(delays.take(), [("m-7".to_owned(), Duration::ZERO)]);
}

/// The failed head of a FIFO group is delayed; the records behind it wait for it anyway.
pub async fn s25_on_fifo_only_the_head_of_the_group_is_delayed(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let script = Script::failing(&["o-2"]);
    let delays = Delays::default();
    let engine = world.function(announcing(&script)).engine;
    let batches =
        Batches::new(engine, RecordedDeadLetters::default(), Policy::default()).delayed(delays.clone());
    let records: Vec<_> = (1..=5).map(|n| fresh(n).in_group("customer-7".to_owned())).collect();
    batches.run(&records, None).await;
    let told = delays.take();
    assert_eq!(told.iter().map(|(id, _)| &**id).collect::<Vec<_>>(), ["m-2"]);
}

/// Fresh records run first and at once. Records that were received before run after them, one at a
/// time.
pub async fn s28_records_received_before_run_last_and_one_at_a_time(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let running = Arc::new(AtomicUsize::new(0));
    let script = Script::new({
        let running = running.clone();
        move |entered| {
            let running = running.clone();
            async move {
                let others = running.fetch_add(1, Ordering::SeqCst);
                let suspect = entered.event.trim_start_matches("o-").parse::<usize>().unwrap() < 5;
                assert!(!suspect || others == 0, "{} runs beside {others} others", entered.event);
                for _ in 0..5 {
                    breathe().await;
                }
                running.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            }
        }
    });
    let records: Vec<_> = (0..10).map(|n| if n < 5 { fresh(n).received(2) } else { fresh(n) }).collect();
    let function = world.function(announcing(&script));
    let (failed, outcomes) = function.batch(&records, &RecordedDeadLetters::default(), isolating()).await;
    assert!(failed.is_empty(), "{outcomes:?}");
    let entered: Vec<_> = script.entered().into_iter().map(|entered| entered.event).collect();
    assert_eq!(entered[5..], ["o-0", "o-1", "o-2", "o-3", "o-4"]);
    // A duplicate that was received before still costs one request.
    let before = world.cold(announcing(&script));
    let (failed, _) = before.batch(&records[..1], &RecordedDeadLetters::default(), isolating()).await;
    assert_eq!((failed.len(), before.line.requests(), script.runs()), (0, 1, 10));
}

/// A record that kills its process leaves its marker behind. The third time it is dead-lettered
/// without a run, and the other records go on. After a redrive it gets another chance.
pub async fn s28_a_record_that_kills_the_process_is_dead_lettered_without_running(env: &impl ContractEnv) {
    for service in [announcing, reserving, charging] {
        let world = World::of(env).await;
        let deadline = || world.clock.now().checked_add(Duration::from_secs(30));
        let poison = |receives| fresh(1).received(receives);
        for receives in [1, 2, 3] {
            // The process dies in the handler: seen from outside, its line is cut and it never
            // answers.
            let line = world.line();
            let script = Script::new({
                let line = line.clone();
                move |_| {
                    line.cut();
                    std::future::ready(Err(Fault::retry("an answer that is never sent")))
                }
            });
            let function = world.function_on(line, service(&script), waxseal::Settings::default());
            let batches = Batches::new(function.engine.clone(), RecordedDeadLetters::default(), isolating());
            batches.run(&[poison(receives)], deadline()).await;
            assert_eq!(script.runs(), 1, "receive {receives}");
            world.clock.pass(Duration::from_secs(31));
        }
        let (script, dead_letters) = (Script::default(), RecordedDeadLetters::default());
        let function = world.function(service(&script));
        let batches = Batches::new(function.engine.clone(), dead_letters.clone(), isolating());
        let outcomes = batches.run(&[fresh(2), poison(4), fresh(3).received(2)], deadline()).await;
        assert!(outcomes.iter().all(|outcome| !outcome.is_failed()), "{outcomes:?}");
        assert_eq!((script.runs_of("o-1"), script.runs()), (0, 2));
        assert_eq!(
            dead_letters.recorded()[0].reason,
            "suspected of killing its process: 2 runs of it have no known end, so it does, or takes longer than an invocation may, or its \
             process was ended by something else; it was not run again"
        );
        // The cause is gone, and the dead letter is redriven.
        let outcomes = batches.run(&[poison(1)], deadline()).await;
        assert!(matches!(outcomes[0], RecordOutcome::Done(Some(Outcome::Applied))), "{outcomes:?}");
    }
}

/// While another invocation may still run it, a record with a marker waits and does not count as
/// poison.
pub async fn s28_a_record_that_only_takes_long_is_no_poison(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let deadline = || world.clock.now().checked_add(Duration::from_secs(30));
    let hanging = Script::new(|_| std::future::pending());
    let slow = world.function(announcing(&hanging));
    let record = fresh(1).received(2);
    // The handler hangs, and the invocation is frozen there.
    let batches = Batches::new(slow.engine.clone(), RecordedDeadLetters::default(), isolating());
    let records = [record.clone()];
    let mut running = Box::pin(batches.run(&records, deadline()));
    while hanging.runs() == 0 {
        assert!((&mut running).now_or_never().is_none());
        breathe().await;
    }
    let (script, dead_letters) = (Script::default(), RecordedDeadLetters::default());
    let function = world.function(announcing(&script));
    for receives in 3..9 {
        let again = record.clone().received(receives);
        let (failed, outcomes) = function.batch(&[again], &dead_letters, isolating()).await;
        assert_eq!(failed, ["m-1"]);
        let RecordOutcome::Failed { reason, .. } = &outcomes[0] else { panic!("{outcomes:?}") };
        assert!(reason.starts_with("another attempt holds it until "), "{reason}");
    }
    world.clock.pass(Duration::from_secs(30));
    let (failed, _) = function.batch(&[record.received(9)], &dead_letters, isolating()).await;
    assert_eq!((failed.len(), script.runs(), dead_letters.recorded().len()), (0, 1, 0));
}

/// Where the policy blocks groups, the records behind a dead letter follow it to the queue, in
/// order, until the group is unblocked. Other groups are not affected.
pub async fn s32_where_the_policy_says_so_the_group_follows_until_it_is_released(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let script = Script::deciding(|entered| match &*entered.event {
        "o-2" => Err(Fault::permanent("no such SKU")),
        _ => Ok(()),
    });
    let dead_letters = RecordedDeadLetters::default();
    let policy = policy(|it| it.groups = GroupPolicy::Block);
    let of = |n: usize, group: &str| {
        grouped(&format!("m-{n}"), group, &order_of(&format!("o-{n}"), &format!("sku-{n}")))
    };
    let function = world.function(announcing(&script));
    let batch = [of(1, "a"), of(2, "a"), of(3, "a"), of(4, "b"), of(5, "a")];
    let (failed, _) = function.batch(&batch, &dead_letters, policy.clone()).await;
    assert!(failed.is_empty());
    let (failed, _) =
        world.function(announcing(&script)).batch(&[of(6, "a")], &dead_letters, policy.clone()).await;
    assert!(failed.is_empty());
    let kept: Vec<_> = dead_letters.recorded().into_iter().map(|dead_letter| dead_letter.record).collect();
    assert_eq!(kept, ["m-2", "m-3", "m-5", "m-6"]);
    assert_eq!(
        dead_letters.recorded()[1].reason,
        "its group a is held back until it is released, since record m-2 was dead-lettered: no such SKU"
    );
    assert!(function.engine.blocked_group("a").await.unwrap().is_some());
    assert!(function.engine.unblock_group("a").await.unwrap());
    assert!(!function.engine.unblock_group("a").await.unwrap());
    let (failed, outcomes) = function.batch(&[of(3, "a"), of(5, "a")], &dead_letters, policy).await;
    assert!(failed.is_empty() && outcomes.iter().all(|outcome| matches!(outcome, RecordOutcome::Done(_))));
    assert_eq!((script.runs(), dead_letters.recorded().len()), (5, 4));
}

//! The end of an invocation: the records that do not start, the handlers that are dropped, and the
//! commits before it.

use std::{sync::Arc, time::Duration};

use super::{
    domain::{LEASE, Script, announcing, charging, counting, mailing, order_of, reserving},
    env::ContractEnv,
    world::{RecordedDeadLetters, World, breathe, grouped, policy, record},
};
use waxseal::{
    End, Host as _, Outcome,
    batch::{Batches, Policy, Record, RecordOutcome, failures},
    row::Status,
};

fn records(count: usize) -> Vec<Record> {
    (0..count).map(|n| record(&format!("m-{n}"), &order_of(&format!("o-{n}"), &format!("sku-{n}")))).collect()
}

/// With less time left than the margin nothing starts, and nothing counts as an attempt.
pub async fn s20_without_time_left_no_record_starts(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let clock = world.clock.clone();
    // Each takes 4 of 30 seconds, and they share no items.
    let script = Script::new(move |_| {
        clock.pass(Duration::from_secs(4));
        std::future::ready(Ok(()))
    });
    let function = world.function(mailing(&script));
    let policy = policy(|it| {
        it.margin = Duration::from_secs(10);
        it.concurrency = 1;
    });
    let records: Vec<_> = records(20)
        .into_iter()
        .enumerate()
        // Two groups, since a lane checks the time before each record.
        .map(|(n, record)| record.in_group(format!("g-{}", n % 2)))
        .collect();
    let deadline = world.clock.now().checked_add(Duration::from_secs(30)).unwrap();
    let batches = Batches::new(function.engine.clone(), RecordedDeadLetters::default(), policy);
    let outcomes = batches.run(&records, Some(deadline)).await;
    let unstarted = outcomes.iter().filter(|outcome| matches!(outcome, RecordOutcome::Unstarted)).count();
    // The margin is at most a quarter of the time: 30 - 7.5 s.
    assert_eq!((script.runs(), unstarted), (6, 14), "{outcomes:?}");
    assert_eq!(failures(&records, &outcomes).unwrap().len(), 14);
    for (record, outcome) in records.iter().zip(&outcomes) {
        let waxseal::batch::Content::Message(raw) = &record.content else { continue };
        let receipt = world.receipt("notification/mail", raw).await;
        assert_eq!(receipt.is_some(), !outcome.is_failed(), "no claim, so no attempt");
    }
}

/// A finished handler commits without waiting for a slow one.
pub async fn s20_a_slow_handler_does_not_hold_the_commit_of_the_others(env: &impl ContractEnv) {
    for service in [announcing, reserving] {
        let world = Arc::new(World::of(env).await);
        let script = Script::new(|entered| async move {
            if entered.event == "o-4" {
                std::future::pending::<()>().await;
            }
            Ok(())
        });
        let function = world.function(service(&script));
        let records = records(10);
        let consumer = function.engine.service().catalog()[0].consumer();
        // The stop comes when the table has all the others. If they waited for the slow one, it
        // would never come.
        let all = async {
            for n in (0..10).filter(|n| *n != 4) {
                let raw = order_of(&format!("o-{n}"), &format!("sku-{n}"));
                while world.receipt(&consumer, &raw).await.is_none() {
                    breathe().await;
                }
            }
        };
        let batches =
            Batches::new(function.engine.clone(), RecordedDeadLetters::default(), Policy::default());
        let outcomes = batches.run_until(&records, None, End::stopped_by(all)).await;
        assert_eq!(failures(&records, &outcomes).unwrap(), ["m-4"]);
    }
}

/// A handler that still runs at the end is dropped, and its lease is released, so that the next
/// delivery need not wait.
pub async fn s20_at_the_end_running_handlers_are_given_up_and_their_leases_released(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let script = Script::new(|_| async {
        std::future::pending::<()>().await;
        Ok(())
    });
    let function = world.function(charging(&script));
    let records = records(3);
    let stop = async {
        while script.runs() < 3 {
            breathe().await;
        }
    };
    let batches = Batches::new(function.engine.clone(), RecordedDeadLetters::default(), Policy::default());
    let outcomes = batches.run_until(&records, None, End::stopped_by(stop)).await;
    assert_eq!(failures(&records, &outcomes).unwrap().len(), 3);
    for n in 0..3 {
        let raw = order_of(&format!("o-{n}"), &format!("sku-{n}"));
        let receipt = world.receipt("payment/charge", &raw).await.unwrap();
        assert_eq!(receipt.status, Status::Leased { until: world.clock.now() }, "released");
        let reason = receipt.last_error.unwrap();
        assert_eq!(reason, "stopped before it was done: the invocation's time was up");
        let again = world.function(charging(&Script::default()));
        assert_eq!(again.deliver(&raw).await.unwrap(), Outcome::Applied, "without waiting for {LEASE:?}");
    }
}

/// At a stop every unfinished record is among the failures: those that run, those that wait, and
/// those behind them in their group.
pub async fn s22_whatever_is_unfinished_at_a_stop_is_reported_as_failed(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let script = Script::new(|entered| async move {
        if entered.event.as_str() >= "o-2" {
            std::future::pending::<()>().await;
        }
        Ok(())
    });
    let function = world.function(announcing(&script));
    let of_group = |n: usize| {
        let raw = order_of(&format!("o-{n}"), &format!("sku-{n}"));
        grouped(&format!("m-{n}"), &format!("g-{}", n % 3), &raw)
    };
    let records: Vec<_> = (0..9).map(of_group).collect();
    let stop = async {
        while script.runs() < 3 + 2 {
            breathe().await;
        }
    };
    let policy = policy(|it| it.concurrency = 3);
    let batches = Batches::new(function.engine.clone(), RecordedDeadLetters::default(), policy);
    let outcomes = batches.run_until(&records, None, End::stopped_by(stop)).await;
    let failed = failures(&records, &outcomes).unwrap();
    assert_eq!(failed, ["m-2", "m-3", "m-4", "m-5", "m-6", "m-7", "m-8"]);
    // A batch that begins after the stop starts nothing.
    let batches =
        Batches::new(world.function(counting()).engine, RecordedDeadLetters::default(), Policy::default());
    let outcomes = batches.run_until(&records, None, End::stopped_by(std::future::ready(()))).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, RecordOutcome::Unstarted)), "{outcomes:?}");
}

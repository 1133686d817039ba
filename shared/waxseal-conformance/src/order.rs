//! Order: groups keep theirs through failures, and do not wait for each other.

use std::sync::{Arc, Mutex};

use super::{
    domain::{Script, announcing, charging, observing, order},
    env::ContractEnv,
    world::{RecordedDeadLetters, World, breathe, grouped, policy, received},
};
use waxseal::{
    Code, Fault, Host as _,
    batch::{Policy, ReceiptHandle, Record, RecordOutcome},
    dead_letter::DeadLetter,
};

fn fifo(ids: &[&str]) -> Vec<Record> {
    ids.iter().map(|id| grouped(id, &id[..1], &order(id, 1))).collect()
}

/// A failure keeps back the rest of its group, and of no other group.
pub async fn s29_a_failure_holds_back_its_group_alone(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let script = Script::failing(&["a1"]);
    let records = fifo(&["a1", "b1", "a2", "b2", "a3"]);
    let function = world.function(announcing(&script));
    let (failed, outcomes) =
        function.batch(&records, &RecordedDeadLetters::default(), Policy::default()).await;
    assert_eq!(failed, ["a1", "a2", "a3"]);
    assert!(matches!(outcomes[2], RecordOutcome::Blocked) && matches!(outcomes[4], RecordOutcome::Blocked));
    let runs = ["a1", "a2", "a3", "b1", "b2"].map(|id| script.runs_of(id));
    assert_eq!(runs, [1, 0, 0, 1, 1]);
    for (id, done) in [("a2", false), ("b1", true), ("b2", true)] {
        assert_eq!(world.receipt("inventory/announce", &order(id, 1)).await.is_some(), done, "{id}");
    }
}

/// Records of a group run strictly one after the other; groups run at once, up to k.
pub async fn s30_a_group_is_strict_and_groups_run_at_once(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let ids: Vec<String> =
        (1..=5).flat_map(|n| ["a", "b", "c", "d"].map(|group| format!("{group}{n}"))).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    for k in [1, 2, 4, 10] {
        let running = Arc::new(Mutex::new((Vec::<String>::new(), 0)));
        let script = Script::new({
            let running = running.clone();
            move |entered| {
                let running = running.clone();
                async move {
                    {
                        let (now, most) = &mut *running.lock().unwrap();
                        assert!(
                            now.iter().all(|other| other[..1] != entered.event[..1]),
                            "{now:?} and {entered:?}"
                        );
                        now.push(entered.event.clone());
                        *most = (*most).max(now.len());
                    }
                    for _ in 0..3 {
                        breathe().await;
                    }
                    running.lock().unwrap().0.retain(|event| *event != entered.event);
                    Ok(())
                }
            }
        });
        let policy = policy(|it| it.concurrency = k);
        let function = world.function(observing(&script));
        let (failed, outcomes) = function.batch(&fifo(&ids), &RecordedDeadLetters::default(), policy).await;
        assert!(failed.is_empty(), "{outcomes:?}");
        assert_eq!(running.lock().unwrap().1, k.min(4));
        for group in ["a", "b", "c", "d"] {
            let order: Vec<String> = script
                .entered()
                .into_iter()
                .map(|e| e.event)
                .filter(|event| event.starts_with(group))
                .collect();
            assert_eq!(order, (1..=5).map(|n| format!("{group}{n}")).collect::<Vec<_>>());
        }
    }
}

/// A group's head that another attempt has leased blocks the group as a failure would.
pub async fn s31_a_head_in_progress_blocks_its_group(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let line = world.line();
    let crashing = Script::deciding({
        let line = line.clone();
        move |_| {
            line.cut();
            Ok(())
        }
    });
    let dead = world.function_on(line, charging(&crashing), waxseal::Settings::default());
    dead.deliver(&order("a1", 1)).await.unwrap_err();
    let script = Script::default();
    let function = world.function(charging(&script));
    let (failed, _) =
        function.batch(&fifo(&["a1", "b1", "a2"]), &RecordedDeadLetters::default(), Policy::default()).await;
    assert_eq!(failed, ["a1", "a2"]);
    assert_eq!((script.runs_of("a1"), script.runs_of("a2"), script.runs_of("b1")), (0, 0, 1));
}

/// A head that is dead-lettered is skipped, as after SQS's own redrive.
pub async fn s32_a_dead_lettered_head_is_skipped(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let script = Script::deciding(|entered| match &*entered.event {
        "a1" => Err(Fault::permanent("no such SKU")),
        _ => Ok(()),
    });
    let dead_letters = RecordedDeadLetters::default();
    let function = world.function(announcing(&script));
    let (failed, _) = function.batch(&fifo(&["a1", "a2"]), &dead_letters, Policy::default()).await;
    assert_eq!((failed.len(), dead_letters.recorded().len(), script.runs_of("a2")), (0, 1, 1));
}

/// A dead letter of a FIFO queue says its place in the FIFO queue beside it: its group, and the id of
/// the record. A redelivery gives the same id, so that the queue folds both.
pub async fn s68_a_dead_letter_of_a_fifo_group_says_its_place(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let script = Script::deciding(|_| Err(Fault::permanent("no such room")));
    let dead_letters = RecordedDeadLetters::default();
    let raw = order("o-85", 1);
    let of = |record: &str, queue: &str| {
        let mut record = received(1, grouped(record, "customer-7", &raw));
        record.receipt_handle = record.receipt_handle.map(|handle| ReceiptHandle {
            queue: format!("arn:aws:sqs:eu-west-1:123456789012:{queue}"),
            ..handle
        });
        record
    };
    // A redelivery, and a redrive, which gives another record id.
    for record in ["m-1", "m-1", "m-2"] {
        let records = [of(record, "bookings.fifo")];
        world.cold(announcing(&script)).batch(&records, &dead_letters, Policy::default()).await;
    }
    let recorded = dead_letters.recorded();
    let place = |dead_letter: &DeadLetter| {
        let place = dead_letter.fifo().expect("its queue is FIFO");
        (place.queue.to_owned(), place.group.to_owned(), place.deduplication.to_owned())
    };
    let expected = ["m-1", "m-1", "m-2"].map(|record| {
        let queue = "arn:aws:sqs:eu-west-1:123456789012:bookings.fifo";
        (queue.to_owned(), "customer-7".to_owned(), record.to_owned())
    });
    assert_eq!(recorded.iter().map(place).collect::<Vec<_>>(), expected);
    let standard = of("m-3", "bookings");
    let time = world.clock.now();
    let dead_letter = standard.dead_letter("orders", time, Code::HandlerFailed, "no such room".to_owned());
    assert_eq!(dead_letter.fifo(), None);
}

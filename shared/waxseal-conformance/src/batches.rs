//! Batches: the records that are reported as failed or dead-lettered, and the number of handlers at
//! once.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::{
    domain::{SKU, Script, Stock, announcing, charging, envelope, observing, order, reserving},
    env::ContractEnv,
    world::{RecordedDeadLetters, World, breathe, policy, record},
};
use waxseal::{
    Fault, Malformed, Outcome,
    batch::{Content, MalformedPolicy, Policy, Record, RecordOutcome},
};

fn three() -> [Record; 3] {
    ["1", "2", "3"].map(|n| record(&format!("m-{n}"), &order(&format!("o-{n}"), 1)))
}

/// All succeed: nothing is reported. A batch without records runs nothing.
pub async fn s1_all_succeed_and_nothing_is_reported(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (script, dead_letters) = (Script::default(), RecordedDeadLetters::default());
    let function = world.function(announcing(&script));
    let (failed, outcomes) = function.batch(&[], &dead_letters, Policy::default()).await;
    assert_eq!((failed.len(), outcomes.len(), script.runs(), function.line.requests()), (0, 0, 0, 0));
    let (failed, outcomes) = function.batch(&three(), &dead_letters, Policy::default()).await;
    assert!(failed.is_empty() && outcomes.iter().all(|outcome| !outcome.is_failed()), "{outcomes:?}");
    assert_eq!((script.runs(), dead_letters.recorded().len()), (3, 0));
}

/// One fails: it alone is reported, and the others take effect once.
pub async fn s2_one_failure_is_reported_alone(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (script, dead_letters) = (Script::failing(&["o-2"]), RecordedDeadLetters::default());
    let function = world.function(announcing(&script));
    for _ in 0..2 {
        let (failed, _) = function.batch(&three(), &dead_letters, Policy::default()).await;
        assert_eq!(failed, ["m-2"]);
    }
    assert_eq!((script.runs_of("o-1"), script.runs_of("o-2"), script.runs_of("o-3")), (1, 2, 1));
    assert!(dead_letters.recorded().is_empty());
    // The succeeding records share one state, and all of them are in it.
    let function = world.function(reserving(&Script::failing(&["o-2"])));
    let (failed, _) = function.batch(&three(), &dead_letters, Policy::default()).await;
    assert_eq!(failed, ["m-2"]);
    assert_eq!(world.entity(SKU).await, Some(Stock { on_hand: 98 }));
}

/// A record that cannot be read, or has no handler, is dead-lettered at once with its reason. Where
/// that is the policy, it is retried instead.
pub async fn s3_an_unreadable_record_concerns_itself_alone(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let not_text = Content::Malformed(Malformed::new("the body is not UTF-8"));
    let unreadable = Record::new("m-2", b"\xff\xfe not text".to_vec(), not_text);
    let mut unknown = order("o-2", 1);
    unknown.name = "parcel.lost".to_owned();
    let unknown = record("m-2", &unknown);
    for (bad, reason) in [
        (unreadable, "malformed: the body is not UTF-8"),
        (unknown, "service inventory has no handler for parcel.lost: it handles order.placed"),
    ] {
        for (malformed, failed_ids, kept) in
            [(MalformedPolicy::DeadLetter, vec![], 1), (MalformedPolicy::Retry, vec!["m-2"], 0)]
        {
            let (script, dead_letters) = (Script::default(), RecordedDeadLetters::default());
            let [one, _, three] = three();
            let records = [one, bad.clone(), three];
            let policy = policy(|it| it.malformed = malformed);
            let (failed, _) =
                world.function(observing_as_inventory(&script)).batch(&records, &dead_letters, policy).await;
            assert_eq!((failed, script.runs()), (failed_ids.iter().map(|id| (*id).to_owned()).collect(), 2));
            let dead_letters = dead_letters.recorded();
            assert_eq!(dead_letters.len(), kept);
            assert!(
                dead_letters
                    .iter()
                    .all(|dead_letter| dead_letter.reason == reason && dead_letter.body == bad.body),
                "{dead_letters:?}"
            );
        }
    }
}

fn observing_as_inventory(script: &Script) -> waxseal::Service {
    waxseal::Service::new("inventory").naturally_idempotent(super::domain::Observe(script.clone()))
}

/// Failed ids come in the order of the input, each once, in whatever order the records finish.
pub async fn s5_failed_ids_come_once_and_in_input_order(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let breaths = Arc::new(AtomicUsize::new(40));
    let script = Script::new(move |_| {
        let mine = breaths.fetch_sub(1, Ordering::SeqCst);
        async move {
            for _ in 0..mine {
                breathe().await;
            }
            Err(Fault::retry("the warehouse does not answer"))
        }
    });
    let mut records: Vec<_> =
        (0..20).map(|n| record(&format!("m-{n}"), &order(&format!("o-{n}"), 1))).collect();
    records.push(records[7].clone());
    let function = world.function(announcing(&script));
    let (failed, _) = function.batch(&records, &RecordedDeadLetters::default(), Policy::default()).await;
    assert_eq!(failed, (0..20).map(|n| format!("m-{n}")).collect::<Vec<_>>());
}

/// A panic is one failed record; the text that it quotes is withheld.
pub async fn s6_a_panic_is_one_failed_record(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let script = Script::deciding(|entered| {
        assert!(entered.event != "o-2", "no shelf for {}", entered.event);
        Ok(())
    });
    let function = world.function(reserving(&script));
    let (failed, outcomes) =
        function.batch(&three(), &RecordedDeadLetters::default(), Policy::default()).await;
    assert_eq!(failed, ["m-2"]);
    let RecordOutcome::Failed { reason, .. } = &outcomes[1] else { panic!("{outcomes:?}") };
    // Its message quotes the event, so it is withheld.
    assert!(reason.starts_with("the handler panicked") && reason.contains("withheld"), "{reason}");
    assert!(!reason.contains("o-2"), "{reason}");
    assert_eq!(world.entity(SKU).await, Some(Stock { on_hand: 98 }));
}

/// The same event twice in one batch runs once; the second copy shares the outcome of the first.
pub async fn s17_twice_in_a_batch_runs_once(env: &impl ContractEnv) {
    let world = World::of(env).await;
    type Fail = Option<fn() -> Fault>;
    let cases: [(Fail, &[&str], usize); 3] = [
        (None, &[], 0),
        (Some(|| Fault::retry("the warehouse does not answer")), &["m-1", "m-2"], 0),
        (Some(|| Fault::permanent("no such SKU")), &[], 1),
    ];
    for (n, (fault, expected, kept)) in cases.into_iter().enumerate() {
        for service in [announcing, charging] {
            let script = Script::deciding(move |_| fault.map_or(Ok(()), |fault| Err(fault())));
            let dead_letters = RecordedDeadLetters::default();
            let raw = order(&format!("o-17-{n}"), 1);
            let records = [record("m-1", &raw), record("m-2", &raw)];
            let (failed, outcomes) =
                world.function(service(&script)).batch(&records, &dead_letters, Policy::default()).await;
            assert_eq!(
                (&failed[..], script.runs()),
                (&expected.iter().map(ToString::to_string).collect::<Vec<_>>()[..], 1)
            );
            assert_eq!(dead_letters.recorded().len(), kept, "{outcomes:?}");
            assert_eq!(std::mem::discriminant(&outcomes[0]), std::mem::discriminant(&outcomes[1]));
        }
    }
}

/// Never more than k handlers run at once, however many records there are. With enough records k
/// handlers do run.
pub async fn s21_at_most_k_handlers_at_once_on_10_000_records(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let script = Script::new({
        let most = most.clone();
        move |_| {
            let (running, most) = (running.clone(), most.clone());
            async move {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                breathe().await;
                running.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            }
        }
    });
    let records: Vec<_> =
        (0..10_000).map(|n| record(&format!("m-{n}"), &order(&format!("o-{n}"), 1))).collect();
    let policy = policy(|it| it.concurrency = 7);
    let (failed, _) =
        world.function(observing(&script)).batch(&records, &RecordedDeadLetters::default(), policy).await;
    assert!(failed.is_empty());
    assert_eq!((script.runs(), most.load(Ordering::SeqCst)), (10_000, 7));
}

/// A permanent failure is dead-lettered at the first attempt, with the verbatim body, the reason
/// and the identity of the event.
pub async fn s27_a_permanent_failure_is_dead_lettered_at_the_first_attempt(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let script = Script::deciding(|entered| match &*entered.event {
        "o-2" => Err(Fault::permanent("no such SKU")),
        _ => Ok(()),
    });
    let dead_letters = RecordedDeadLetters::default();
    let records = three();
    let function = world.function(reserving(&script));
    let (failed, _) = function.batch(&records, &dead_letters, Policy::default()).await;
    assert!(failed.is_empty());
    let dead_letters = dead_letters.recorded();
    assert_eq!(dead_letters.len(), 1);
    let dead_letter = &dead_letters[0];
    assert_eq!((&dead_letter.body, &*dead_letter.reason), (&records[1].body, "no such SKU"));
    assert_eq!(
        (&*dead_letter.record, &*dead_letter.service, dead_letter.name.as_deref()),
        ("m-2", "inventory", Some("order.placed"))
    );
    assert_eq!(dead_letter.identity, Some(("orders".to_owned(), "o-2".to_owned())));
    assert_eq!(world.entity(SKU).await, Some(Stock { on_hand: 98 }));
}

/// A dead letter that cannot be written is not lost: its record is reported as failed.
pub async fn s27_a_dead_letter_that_cannot_be_written_fails_its_record(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let script = Script::deciding(|_| Err(Fault::permanent("no such SKU")));
    let function = world.function(reserving(&script));
    let malformed = record("m-4", &order("o-4", 1)).holding(Content::Malformed(Malformed::new("not JSON")));
    let records = [&three()[..], &[malformed]].concat();
    let (failed, outcomes) =
        function.batch(&records, &RecordedDeadLetters::refusing(), Policy::default()).await;
    assert_eq!(failed, ["m-1", "m-2", "m-3", "m-4"]);
    let RecordOutcome::Failed { reason, .. } = &outcomes[0] else { panic!("{outcomes:?}") };
    assert!(reason.contains("no such SKU") && reason.contains("NonExistentQueue"), "both reasons: {reason}");
}

/// On the last receive that the queue allows, the dead letter carries the reason that the queue's
/// own redrive could not give.
pub async fn s27_the_last_receive_is_dead_lettered_with_its_reason(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.function(reserving(&Script::failing(&["o-1"])));
    let (dead_letters, policy) = (RecordedDeadLetters::default(), policy(|it| it.max_receives = Some(5)));
    for receives in 1..=5 {
        let again = record("m-1", &order("o-1", 1)).received(receives);
        let (failed, _) = function.batch(&[again], &dead_letters, policy.clone()).await;
        assert_eq!(failed.len(), usize::from(receives < 5));
    }
    assert_eq!(dead_letters.recorded()[0].reason, "gave up after 5 receives: the warehouse does not answer");
}

/// A newer version than this build knows is retried, and runs after a deploy that knows it.
pub async fn s43_a_newer_version_is_retried_until_a_deploy_knows_it(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let newer = envelope("o-43", "orders", 3, r#"{"parcels":[]}"#);
    let (script, dead_letters) = (Script::default(), RecordedDeadLetters::default());
    let policy = policy(|it| it.max_receives = Some(2));
    let function = world.function(reserving(&script));
    let (failed, _) = function.batch(&[record("m-1", &newer)], &dead_letters, policy.clone()).await;
    assert_eq!((failed, script.runs()), (vec!["m-1".to_owned()], 0));
    let again = record("m-1", &newer).received(2);
    function.batch(&[again], &dead_letters, policy).await;
    let reason = &dead_letters.recorded()[0].reason;
    assert!(reason.contains("order.placed version 3 is newer than 2"), "{reason}");
    // A build that knows version 3 would run it, since this build leaves no receipt.
    assert!(world.receipt("inventory/reserve", &newer).await.is_none());
}

/// An older version is lifted to the newest.
pub async fn s43_an_older_version_is_lifted(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let older = envelope("o-43", "orders", 1, r#"{"sku":"hat/Größe #5","quantity":3,"total":990}"#);
    let function = world.function(charging(&Script::default()));
    assert_eq!(function.deliver(&older).await.unwrap(), Outcome::Applied);
    let ledger: Option<super::domain::Ledger> = world.entity("EUR").await;
    assert_eq!(ledger.map(|ledger| ledger.captured), Some(990));
}

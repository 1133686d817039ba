//! Batches: what is reported as failed, what is dead-lettered, and how many run at once.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::{
    domain::{SKU, Script, Stock, announcing, charging, envelope, observing, order, reserving},
    env::ContractEnv,
    world::{Letters, World, breathe, policy, record},
};
use waxseal::{
    Fault, Malformed, Outcome,
    batch::{Content, MalformedPolicy, Policy, Record, RecordOutcome},
};

fn three() -> [Record; 3] {
    ["1", "2", "3"].map(|n| record(&format!("m-{n}"), &order(&format!("o-{n}"), 1)))
}

/// All succeed: nothing is reported. No records: nothing runs.
pub async fn s1_all_succeed_and_nothing_is_reported(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (script, letters) = (Script::default(), Letters::default());
    let function = world.function(announcing(&script));
    let (failed, verdicts) = function.batch(&[], &letters, Policy::default()).await;
    assert_eq!((failed.len(), verdicts.len(), script.runs(), function.line.requests()), (0, 0, 0, 0));
    let (failed, verdicts) = function.batch(&three(), &letters, Policy::default()).await;
    assert!(failed.is_empty() && verdicts.iter().all(|verdict| !verdict.is_failed()), "{verdicts:?}");
    assert_eq!((script.runs(), letters.kept().len()), (3, 0));
}

/// One fails: it alone is reported, and the others take effect once.
pub async fn s2_one_failure_is_reported_alone(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (script, letters) = (Script::failing(&["o-2"]), Letters::default());
    let function = world.function(announcing(&script));
    for _ in 0..2 {
        let (failed, _) = function.batch(&three(), &letters, Policy::default()).await;
        assert_eq!(failed, ["m-2"]);
    }
    assert_eq!((script.runs_of("o-1"), script.runs_of("o-2"), script.runs_of("o-3")), (1, 2, 1));
    assert!(letters.kept().is_empty());
    // With state in common, all that succeed are in it.
    let function = world.function(reserving(&Script::failing(&["o-2"])));
    let (failed, _) = function.batch(&three(), &letters, Policy::default()).await;
    assert_eq!(failed, ["m-2"]);
    assert_eq!(world.entity(SKU).await, Some(Stock { on_hand: 98 }));
}

/// What cannot be read, or nobody handles, is dead-lettered at once with its reason; or retried, where that is the policy.
pub async fn s3_an_unreadable_record_concerns_itself_alone(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let unreadable = Record {
        body: b"\xff\xfe not text".to_vec(),
        content: Content::Malformed(Malformed::new("the body is not UTF-8")),
        ..record("m-2", &order("o-2", 1))
    };
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
            let (script, letters) = (Script::default(), Letters::default());
            let [one, _, three] = three();
            let records = [one, bad.clone(), three];
            let policy = policy(|it| it.malformed = malformed);
            let (failed, _) =
                world.function(observing_as_inventory(&script)).batch(&records, &letters, policy).await;
            assert_eq!((failed, script.runs()), (failed_ids.iter().map(|id| (*id).to_owned()).collect(), 2));
            let letters = letters.kept();
            assert_eq!(letters.len(), kept);
            assert!(
                letters.iter().all(|letter| letter.reason == reason && letter.body == bad.body),
                "{letters:?}"
            );
        }
    }
}

fn observing_as_inventory(script: &Script) -> waxseal::Service {
    waxseal::Service::new("inventory").handler(super::domain::Observe(script.clone()))
}

/// Failed ids come in the order of the input, each once, whatever finishes first.
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
    let (failed, _) = function.batch(&records, &Letters::default(), Policy::default()).await;
    assert_eq!(failed, (0..20).map(|n| format!("m-{n}")).collect::<Vec<_>>());
}

/// A panic is one failed record; what it quotes is withheld.
pub async fn s6_a_panic_is_one_failed_record(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let script = Script::deciding(|entered| {
        assert!(entered.event != "o-2", "no shelf for {}", entered.event);
        Ok(())
    });
    let function = world.function(reserving(&script));
    let (failed, verdicts) = function.batch(&three(), &Letters::default(), Policy::default()).await;
    assert_eq!(failed, ["m-2"]);
    let RecordOutcome::Failed { reason, .. } = &verdicts[1] else { panic!("{verdicts:?}") };
    // Its message quotes the event, so it is withheld.
    assert!(reason.starts_with("the handler panicked") && reason.contains("withheld"), "{reason}");
    assert!(!reason.contains("o-2"), "{reason}");
    assert_eq!(world.entity(SKU).await, Some(Stock { on_hand: 98 }));
}

/// The same event twice in one batch runs once; the second copy shares what became of the first.
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
            let letters = Letters::default();
            let raw = order(&format!("o-17-{n}"), 1);
            let records = [record("m-1", &raw), record("m-2", &raw)];
            let (failed, verdicts) =
                world.function(service(&script)).batch(&records, &letters, Policy::default()).await;
            assert_eq!(
                (&failed[..], script.runs()),
                (&expected.iter().map(ToString::to_string).collect::<Vec<_>>()[..], 1)
            );
            assert_eq!(letters.kept().len(), kept, "{verdicts:?}");
            assert_eq!(std::mem::discriminant(&verdicts[0]), std::mem::discriminant(&verdicts[1]));
        }
    }
}

/// Never more than k handlers at once, however many records there are; and all of them when there are enough.
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
    let (failed, _) = world.function(observing(&script)).batch(&records, &Letters::default(), policy).await;
    assert!(failed.is_empty());
    assert_eq!((script.runs(), most.load(Ordering::SeqCst)), (10_000, 7));
}

/// A permanent failure is dead-lettered at the first attempt: the body verbatim, the reason, whose and of what.
pub async fn s27_a_permanent_failure_is_dead_lettered_at_the_first_attempt(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let script = Script::deciding(|entered| match &*entered.event {
        "o-2" => Err(Fault::permanent("no such SKU")),
        _ => Ok(()),
    });
    let letters = Letters::default();
    let records = three();
    let function = world.function(reserving(&script));
    let (failed, _) = function.batch(&records, &letters, Policy::default()).await;
    assert!(failed.is_empty());
    let letters = letters.kept();
    assert_eq!(letters.len(), 1);
    let letter = &letters[0];
    assert_eq!((&letter.body, &*letter.reason), (&records[1].body, "no such SKU"));
    assert_eq!(
        (&*letter.record, &*letter.service, letter.name.as_deref()),
        ("m-2", "inventory", Some("order.placed"))
    );
    assert_eq!(letter.identity, Some(("orders".to_owned(), "o-2".to_owned())));
    assert_eq!(world.entity(SKU).await, Some(Stock { on_hand: 98 }));
}

/// A letter that cannot be written is not lost: its record is reported as failed.
pub async fn s27_a_letter_that_cannot_be_written_fails_its_record(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let script = Script::deciding(|_| Err(Fault::permanent("no such SKU")));
    let function = world.function(reserving(&script));
    let malformed =
        Record { content: Content::Malformed(Malformed::new("not JSON")), ..record("m-4", &order("o-4", 1)) };
    let records = [&three()[..], &[malformed]].concat();
    let (failed, verdicts) = function.batch(&records, &Letters::refusing(), Policy::default()).await;
    assert_eq!(failed, ["m-1", "m-2", "m-3", "m-4"]);
    let RecordOutcome::Failed { reason, .. } = &verdicts[0] else { panic!("{verdicts:?}") };
    assert!(reason.contains("no such SKU") && reason.contains("NonExistentQueue"), "both reasons: {reason}");
}

/// On the last receive that the queue allows, the letter carries the reason that the queue's own redrive could not give.
pub async fn s27_the_last_receive_is_dead_lettered_with_its_reason(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let function = world.function(reserving(&Script::failing(&["o-1"])));
    let (letters, policy) = (Letters::default(), policy(|it| it.max_receives = Some(5)));
    for receives in 1..=5 {
        let again = Record { receives, ..record("m-1", &order("o-1", 1)) };
        let (failed, _) = function.batch(&[again], &letters, policy.clone()).await;
        assert_eq!(failed.len(), usize::from(receives < 5));
    }
    assert_eq!(letters.kept()[0].reason, "gave up after 5 receives: the warehouse does not answer");
}

/// A newer version than this build knows is retried, and runs after a deploy that knows it.
pub async fn s43_a_newer_version_is_retried_until_a_deploy_knows_it(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let newer = envelope("o-43", "orders", 3, r#"{"parcels":[]}"#);
    let (script, letters) = (Script::default(), Letters::default());
    let policy = policy(|it| it.max_receives = Some(2));
    let function = world.function(reserving(&script));
    let (failed, _) = function.batch(&[record("m-1", &newer)], &letters, policy.clone()).await;
    assert_eq!((failed, script.runs()), (vec!["m-1".to_owned()], 0));
    let again = Record { receives: 2, ..record("m-1", &newer) };
    function.batch(&[again], &letters, policy).await;
    let reason = &letters.kept()[0].reason;
    assert!(reason.contains("order.placed version 3 is newer than 2"), "{reason}");
    // A build that knows version 3 would run it: nothing of this one stands in the way.
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

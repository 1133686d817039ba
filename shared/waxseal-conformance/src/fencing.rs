//! Fenced effects: a write after the lease was taken counts only while that lease is on the row.
//! The statements try a zombie, a rival and a lost answer.

use std::sync::Arc;

use super::{
    domain::{Entered, LEASE, Ledger, Script, charging, order},
    env::ContractEnv,
    leased::crash,
    world::{World, WriteFault},
};
use waxseal::{Failure, Fault, Outcome, Raw, Settings, Table, row::Status};

const CHARGE: &str = "payment/charge";

/// A process whose `act` outlasts its lease, while a successor takes over and follows its script.
async fn overtaken<T: Table + Clone>(
    world: &World<T>,
    raw: &Raw,
    successor: Script,
    fault: Option<fn() -> Fault>,
) -> Result<Outcome, Failure> {
    let (table, clock, event) = (world.table.clone(), world.clock.clone(), raw.clone());
    let zombie = Script::new(move |_: Entered| {
        let world = World { table: table.clone(), clock: clock.clone() };
        let (successor, event) = (successor.clone(), event.clone());
        async move {
            world.clock.pass(LEASE);
            // The successor's own failure does not matter here.
            let _ = world.function(charging(&successor)).deliver(&event).await;
            fault.map_or(Ok(()), |fault| Err(fault()))
        }
    });
    world.function(charging(&zombie)).deliver(raw).await
}

/// A's lease ends, B takes over and commits, A wakes and commits: A's commit has no effect.
pub async fn s12_a_zombie_commit_loses(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (raw, successor) = (order("o-12", 1), Script::default());
    let failure = overtaken(&world, &raw, successor.clone(), None).await.unwrap_err();
    assert!(matches!(failure, Failure::LeaseLost), "{failure:?}");
    assert!(!failure.is_permanent(), "it comes again, and is a duplicate then");
    assert_eq!(successor.entered()[0].attempt, 2);
    assert_eq!(world.entity("CHF").await, Some(Ledger { captured: 1250, by: 2 }));
    let emitted = world.emitted(CHARGE, &raw).await;
    assert_eq!(emitted.len(), 1);
    assert!(
        emitted[0].envelope.get().contains(r#""attempt":2"#),
        "nothing that A emitted exists: {emitted:?}"
    );
    assert_eq!(world.function(charging(&Script::default())).deliver(&raw).await.unwrap(), Outcome::Duplicate);
}

/// The successor is still acting when the zombie commits.
pub async fn s12_a_zombie_loses_to_a_successor_that_has_not_finished(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let raw = order("o-12", 1);
    let busy = Script::deciding(|_| Err(Fault::retry("the gateway answered 503")));
    let failure = overtaken(&world, &raw, busy, None).await.unwrap_err();
    assert!(matches!(failure, Failure::LeaseLost), "{failure:?}");
    assert_eq!(world.entity::<Ledger>("CHF").await, None);
    assert!(world.emitted(CHARGE, &raw).await.is_empty());
}

/// No successor took over: a late commit still counts, since its lease is still on the row.
pub async fn s12_a_late_commit_counts_while_nobody_has_taken_over(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let clock = world.clock.clone();
    let script = Script::deciding(move |_| {
        clock.pass(LEASE * 3);
        Ok(())
    });
    let raw = order("o-12", 1);
    assert_eq!(world.function(charging(&script)).deliver(&raw).await.unwrap(), Outcome::Applied);
    assert_eq!(world.entity("CHF").await, Some(Ledger { captured: 1250, by: 1 }));
}

/// A fails late, with a retry or for good: its successor's row stays as it is.
pub async fn s13_a_zombie_release_changes_nothing(env: &impl ContractEnv) {
    let faults: [fn() -> Fault; 2] =
        [|| Fault::retry("timed out"), || Fault::permanent("the card is unknown")];
    for fault in faults {
        let world = World::of(env).await;
        let raw = order("o-13", 1);
        overtaken(&world, &raw, Script::default(), Some(fault)).await.unwrap_err();
        let receipt = world.receipt(CHARGE, &raw).await.unwrap();
        assert_eq!((receipt.status, receipt.attempt), (Status::Completed, 2));
        assert_eq!(world.emitted(CHARGE, &raw).await.len(), 1);
        assert_eq!(world.entity("CHF").await, Some(Ledger { captured: 1250, by: 2 }));
    }
}

/// A rejected duplicate writes nothing.
pub async fn s13_a_rejected_duplicate_writes_nothing(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let raw = order("o-13", 1);
    crash(&world, &raw).await;
    let stored = world.receipt_item(CHARGE, &raw).await;
    let failure = world.cold(charging(&Script::default())).deliver(&raw).await.unwrap_err();
    assert!(matches!(failure, Failure::InProgress { .. }), "{failure:?}");
    let failure = world.cold(charging(&Script::default())).deliver(&order("o-13", 2)).await.unwrap_err();
    assert!(matches!(failure, Failure::PayloadMismatch { .. }), "{failure:?}");
    assert_eq!(world.receipt_item(CHARGE, &raw).await, stored);
}

/// A refusal that shows the attempt's own lease, or its own commit, is a success.
pub async fn c2_our_own_token_on_a_claim_or_commit_is_success(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (script, raw) = (Script::default(), order("o-2", 1));
    let function = world.function(charging(&script));
    function.line.fail_writes([WriteFault::Echo, WriteFault::Echo]);
    assert_eq!(function.deliver(&raw).await.unwrap(), Outcome::Applied);
    assert_eq!((script.runs(), world.entity("CHF").await), (1, Some(Ledger { captured: 1250, by: 1 })));

    // The same holds for taking over after a crash.
    let raw = order("o-3", 1);
    crash(&world, &raw).await;
    world.clock.pass(LEASE);
    function.line.fail_writes([WriteFault::NeverArrives]);
    function.deliver(&raw).await.unwrap_err();
    function.line.fail_writes([WriteFault::Echo, WriteFault::Echo, WriteFault::Echo]);
    assert_eq!(function.deliver(&raw).await.unwrap(), Outcome::Applied);
    assert_eq!(script.entered()[1].attempt, 2);
}

/// A commit whose answer is lost stays a commit; the release after it must not undo it.
pub async fn c2_a_lost_answer_to_the_commit_does_not_undo_it(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (script, raw) = (Script::default(), order("o-2", 1));
    let line = world.line();
    // The lease is taken, and the answer to the commit is lost.
    let acting = Script::deciding({
        let line = line.clone();
        move |_| {
            line.fail_writes([WriteFault::AnswerLost]);
            Ok(())
        }
    });
    let function = world.function_on(line, charging(&acting), Settings::default());
    function.deliver(&raw).await.unwrap_err();
    assert_eq!(world.receipt(CHARGE, &raw).await.unwrap().status, Status::Completed);
    assert_eq!(world.emitted(CHARGE, &raw).await.len(), 1);
    assert_eq!(world.function(charging(&script)).deliver(&raw).await.unwrap(), Outcome::Duplicate);
    assert_eq!((acting.runs(), script.runs()), (1, 0));
}

/// Another writer changes the state while the effect acts: the effect acts again, with the same
/// keys and attempt.
pub async fn c2_a_conflict_on_state_acts_again_with_the_same_keys(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let rival = Arc::new(world.function(charging(&Script::default())));
    let tries = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let script = Script::new(move |_: Entered| {
        let (rival, n) = (rival.clone(), tries.fetch_add(1, std::sync::atomic::Ordering::SeqCst));
        async move {
            if n == 0 {
                rival
                    .deliver(&order("rival", 1))
                    .await
                    .map_err(|failure| Fault::permanent(failure.to_string()))?;
            }
            Ok(())
        }
    });
    let raw = order("o-2", 1);
    assert_eq!(world.function(charging(&script)).deliver(&raw).await.unwrap(), Outcome::Applied);
    let entered = script.entered();
    assert_eq!(entered.len(), 2);
    assert_eq!(entered[0], entered[1]);
    assert_eq!(world.entity("CHF").await, Some(Ledger { captured: 2500, by: 1 }));
}

/// After a crash many processes try to take over at once: one does, the others find it in progress.
pub async fn s12_of_64_successors_exactly_one_takes_over(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (script, raw) = (Script::default(), order("o-12", 1));
    crash(&world, &raw).await;
    world.clock.pass(LEASE);
    let functions: Vec<_> = (0..64).map(|_| world.function(charging(&script))).collect();
    let results =
        futures_util::future::join_all(functions.iter().map(|function| function.deliver(&raw))).await;
    let applied = results.iter().filter(|result| matches!(result, Ok(Outcome::Applied))).count();
    assert!(
        results.iter().all(|result| matches!(result, Ok(_) | Err(Failure::InProgress { .. }))),
        "{results:?}"
    );
    assert_eq!((applied, script.runs()), (1, 1));
    assert_eq!(script.entered()[0].attempt, 2);
    assert_eq!(world.entity("CHF").await, Some(Ledger { captured: 1250, by: 2 }));
}

//! Isolation suspects no record whose run is known to have ended, whatever happened to its marker
//! (S-28).

use std::time::Duration;

use super::{
    domain::{Script, announcing, charging, order, reserving},
    ends::{answered, ending},
    env::ContractEnv,
    world::{Function, RecordedDeadLetters, World, WriteFault, policy, received, record},
};
use waxseal::{
    Fault, Host as _, Service, Settings, Table, Timestamp,
    batch::{Batches, Record, failures},
    table::{Action, Item, Key, Write},
};

type MakeService = fn(&Script) -> Service;

/// Each form of handler, with its service's name.
const SERVICES: [(MakeService, &str); 3] =
    [(announcing, "inventory"), (reserving, "inventory"), (charging, "payment")];

fn marker(service: &str, n: usize) -> Key {
    Key::of("marker", &[service, "orders", &format!("o-{n}")], "marker")
}

fn again(n: usize, receives: u32) -> Record {
    received(receives, record(&format!("m-{n}"), &order(&format!("o-{n}"), 1)))
}

/// Runs a batch with isolation in an invocation of 30 s, and returns the failed records.
async fn run<T: Table>(
    function: &Function<T>,
    now: Timestamp,
    records: &[Record],
    dead_letters: &RecordedDeadLetters,
) -> Vec<String> {
    let policy = policy(|it| it.isolation = true);
    let batches = Batches::new(function.engine.clone(), dead_letters.clone(), policy);
    let outcomes = batches.run(records, now.checked_add(Duration::from_secs(30))).await;
    failures(records, &outcomes).unwrap().into_iter().map(str::to_owned).collect()
}

fn is_removal(write: &Write) -> bool {
    matches!(&write.action, Action::Delete(key) if key.sort == "marker")
}

/// Whether a write states that a run has ended: the marker's removal, or a marker without runs.
fn is_end(write: &Write) -> bool {
    let counts_none = |item: &Item| item.get_number("runs") == Some(0);
    is_removal(write)
        || matches!(&write.action, Action::Put(item) if item.key.sort == "marker" && counts_none(item))
}

/// A handler that fails for the first order alone.
fn failing() -> Script {
    Script::failing(&["o-1"])
}

/// Only removals are refused, as by a policy without `dynamodb:DeleteItem`. The marker itself
/// states that its run ended, so no other environment takes it for poison.
pub async fn s28_where_markers_cannot_be_removed_they_say_that_their_run_ended(env: &impl ContractEnv) {
    for (service, _) in SERVICES {
        let world = World::of(env).await;
        let (script, dead_letters) = (failing(), RecordedDeadLetters::default());
        for receives in 2..8 {
            let function = world.function(service(&script));
            function.line.stick(usize::MAX, is_removal);
            let failed = run(&function, world.clock.now(), &[again(1, receives)], &dead_letters).await;
            assert_eq!(
                (failed, dead_letters.recorded().len()),
                (vec!["m-1".to_owned()], 0),
                "receive {receives}"
            );
            world.clock.pass(Duration::from_secs(31));
        }
        assert_eq!(script.runs(), 6);
    }
}

/// Every write about the end is refused. The environment in which the runs ended knows more than
/// the markers, and waits for none of them.
pub async fn s28_an_environment_knows_which_of_its_runs_ended(env: &impl ContractEnv) {
    for (service, name) in SERVICES {
        for pause in [0, 31] {
            let world = World::of(env).await;
            let (script, dead_letters) = (failing(), RecordedDeadLetters::default());
            let function = world.function(service(&script));
            function.line.stick(usize::MAX, is_end);
            for receives in 2..8 {
                let failed = run(&function, world.clock.now(), &[again(1, receives)], &dead_letters).await;
                assert_eq!(
                    (failed, dead_letters.recorded().len()),
                    (vec!["m-1".to_owned()], 0),
                    "receive {receives}"
                );
                world.clock.pass(Duration::from_secs(pause));
            }
            assert_eq!(script.runs(), 6, "it ran each time");
            assert!(world.item(&marker(name, 1)).await.is_some());
            // The next invocation removes it, whatever its records are.
            function.line.stick(0, is_end);
            let failed =
                run(&function, world.clock.now(), &[record("m-2", &order("o-2", 1))], &dead_letters).await;
            assert!(failed.is_empty());
            assert_eq!(world.item(&marker(name, 1)).await, None);
        }
    }
}

/// A throttled removal is tried again in the same invocation, so no other environment ever sees the
/// marker.
pub async fn s28_a_removal_is_tried_again(env: &impl ContractEnv) {
    // The smaller counts stop only the marker's own removal; with the larger ones the end of the
    // batch removes it.
    for stuck in [1, 2, 3, 5, 7] {
        let world = World::of(env).await;
        let (script, dead_letters) = (failing(), RecordedDeadLetters::default());
        let function = world.function(reserving(&script));
        function.line.stick(stuck, is_end);
        let failed = run(&function, world.clock.now(), &[again(1, 2), again(3, 2)], &dead_letters).await;
        assert_eq!(failed, ["m-1"]);
        // Where the removal failed, the marker at least states that its run ended.
        for n in [1, 3] {
            let runs = world.item(&marker("inventory", n)).await.map(|item| item.get_number("runs"));
            assert!(matches!(runs, None | Some(Some(0))), "{stuck}: {runs:?}");
        }
    }
}

/// A marker whose write got no answer may exist although nothing has run: it counts no run and is
/// removed.
pub async fn s28_a_marker_without_an_answer_is_no_run(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (script, dead_letters) = (Script::default(), RecordedDeadLetters::default());
    let function = world.function(reserving(&script));
    for receives in 2..6 {
        function.line.fail_writes([WriteFault::AnswerLost]);
        let failed = run(&function, world.clock.now(), &[again(1, receives)], &dead_letters).await;
        assert_eq!((failed, script.runs(), dead_letters.recorded().len()), (vec!["m-1".to_owned()], 0, 0));
        assert_eq!(world.item(&marker("inventory", 1)).await, None);
    }
    assert!(run(&function, world.clock.now(), &[again(1, 6)], &dead_letters).await.is_empty());
}

/// An environment that remembers markers still finds the record that kills other processes, and
/// suspects no other record.
pub async fn s28_runs_that_ended_elsewhere_are_still_counted(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let (script, dead_letters) = (Script::failing(&["o-3"]), RecordedDeadLetters::default());
    let survivor = world.function(reserving(&script));
    survivor.line.stick(usize::MAX, is_end);
    run(&survivor, world.clock.now(), &[again(3, 2)], &dead_letters).await;
    for receives in [2, 3] {
        let line = world.line();
        let script = Script::new({
            let line = line.clone();
            move |_| {
                line.cut();
                std::future::ready(Err(Fault::retry("an answer that is never sent")))
            }
        });
        let dying = world.function_on(line, reserving(&script), Settings::default());
        run(&dying, world.clock.now(), &[again(1, receives)], &RecordedDeadLetters::default()).await;
        assert_eq!(script.runs(), 1);
        world.clock.pass(Duration::from_secs(31));
    }
    for receives in [4, 5] {
        let failed =
            run(&survivor, world.clock.now(), &[again(1, receives), again(3, receives)], &dead_letters).await;
        assert_eq!(failed, ["m-3"]);
        // After a redrive the suspect gets another chance.
        assert_eq!(script.runs_of("o-1"), usize::from(receives == 5));
    }
    let kept = dead_letters.recorded();
    assert_eq!(kept.iter().map(|dead_letter| &*dead_letter.record).collect::<Vec<_>>(), ["m-1"]);
    assert!(kept[0].reason.starts_with("suspected of killing its process: 2 runs of it have no known end"));
}

/// An unanswered removal does not affect its record: it is done, and reported as done.
pub async fn s28_a_removal_without_an_answer_leaves_its_record_done(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let script = Script::default();
    let function = world.function(reserving(&script));
    function.line.hang(is_removal);
    let records = [again(1, 2), record("m-2", &order("o-2", 1))];
    let policy = policy(|it| it.isolation = true);
    let batches = Batches::new(function.engine.clone(), RecordedDeadLetters::default(), policy);
    let line = function.line.clone();
    let outcomes = answered(&batches, &records, ending(move || line.waiting() == 1)).await;
    assert!(outcomes.iter().all(|outcome| !outcome.is_failed()), "{outcomes:?}");
    assert_eq!(script.runs(), 2);
    // The environment still knows that the run ended.
    function.line.hang(|_| false);
    assert!(
        run(
            &function,
            world.clock.now(),
            &[record("m-3", &order("o-3", 1))],
            &RecordedDeadLetters::default()
        )
        .await
        .is_empty()
    );
    assert_eq!(world.item(&marker("inventory", 1)).await, None);
}

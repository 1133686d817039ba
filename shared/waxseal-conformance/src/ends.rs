//! Calls without an answer. The invocation still answers, and reports nothing as done that may not
//! be (S-20).

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    domain::{Script, announcing, charging, order_of, reserving},
    env::ContractEnv,
    world::{Delays, Function, RecordedDeadLetters, World, WriteFault, breathe, received, record},
};
use waxseal::{
    End, Fault, Outcome, Raw, Table,
    batch::{Batches, Policy, Record, RecordOutcome, failures},
};

fn order(n: usize) -> Raw {
    order_of(&format!("o-{n}"), &format!("sku-{n}"))
}

fn records(count: usize) -> Vec<Record> {
    (0..count).map(|n| received(1, record(&format!("m-{n}"), &order(n)))).collect()
}

fn ids(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
    numbers.into_iter().map(|n| format!("m-{n}")).collect()
}

/// The outcomes of a batch that ends at `end`. The machine's clock detects a batch that waits for a
/// silent call.
pub(super) async fn answered(batches: &Batches, records: &[Record], end: End<'_>) -> Vec<RecordOutcome> {
    let began = Instant::now();
    let patience = async {
        while began.elapsed() < Duration::from_secs(30) {
            breathe().await;
        }
    };
    let run = std::pin::pin!(batches.run_until(records, None, end));
    match futures_util::future::select(run, std::pin::pin!(patience)).await {
        futures_util::future::Either::Left((outcomes, _)) => outcomes,
        futures_util::future::Either::Right(_) => panic!("the batch waits for a call that is never answered"),
    }
}

/// An end whose stop is reached when `is_time` is true, and whose cutoff and answer follow.
pub(super) fn ending<'a>(is_time: impl Fn() -> bool + Send + Sync + 'a) -> End<'a> {
    let is_time = Arc::new(is_time);
    let at = |breaths| {
        let is_time = is_time.clone();
        async move {
            while !is_time() {
                breathe().await;
            }
            for _ in 0..breaths {
                breathe().await;
            }
        }
    };
    End::new(at(0), at(20), at(40))
}

/// A commit gets no answer: its record fails, and the others are done. The redelivery has one
/// effect, whether the first commit was applied or not.
pub async fn s20_a_commit_without_an_answer_fails_its_record_and_has_one_effect(env: &impl ContractEnv) {
    for applied in [true, false] {
        let world = World::of(env).await;
        let script = Script::default();
        let function = world.function(announcing(&script));
        function.line.fail_writes([WriteFault::Silent { applied }]);
        let (records, dead_letters) = (records(5), RecordedDeadLetters::default());
        let batches = Batches::new(function.engine.clone(), dead_letters.clone(), Policy::default());
        let line = function.line.clone();
        let end = ending(move || line.waiting() == 1 && line.answered() == 4);
        let outcomes = answered(&batches, &records, end).await;
        let failed = failures(&records, &outcomes).unwrap();
        assert_eq!(failed.len(), 1, "{outcomes:?}");
        let outcomes = redelivered(&world.function(announcing(&script)), &records).await;
        for (record, outcome) in records.iter().zip(outcomes) {
            let again = failed.contains(&&*record.id) && !applied;
            assert_eq!(outcome, if again { Outcome::Applied } else { Outcome::Duplicate }, "{}", record.id);
        }
        assert!(dead_letters.recorded().is_empty());
    }
}

/// The same where records share one transaction: all of them fail.
pub async fn s20_a_shared_commit_without_an_answer_fails_all_of_its_records(env: &impl ContractEnv) {
    for applied in [true, false] {
        let world = World::of(env).await;
        let script = Script::default();
        let function = world.function(reserving(&script));
        function.line.fail_writes([WriteFault::Silent { applied }]);
        let records = records(3);
        let batches =
            Batches::new(function.engine.clone(), RecordedDeadLetters::default(), Policy::default());
        let line = function.line.clone();
        let outcomes = answered(&batches, &records, ending(move || line.waiting() == 1)).await;
        assert_eq!(failures(&records, &outcomes).unwrap(), ids(0..3));
        let expected = if applied { Outcome::Duplicate } else { Outcome::Applied };
        assert_eq!(redelivered(&world.function(reserving(&script)), &records).await, [expected; 3]);
    }
}

/// A table that no longer answers: reads before a handler, the taking of leases and their releases
/// all end.
pub async fn s20_a_table_that_answers_nothing_costs_no_answer(env: &impl ContractEnv) {
    for service in [announcing, reserving, charging] {
        for receives in [1, 2] {
            let world = World::of(env).await;
            let script = Script::default();
            let function = world.function(service(&script));
            function.line.fall_silent();
            let records: Vec<_> = records(3).into_iter().map(|record| record.received(receives)).collect();
            let batches =
                Batches::new(function.engine.clone(), RecordedDeadLetters::default(), Policy::default());
            let line = function.line.clone();
            let outcomes = answered(&batches, &records, ending(move || line.waiting() > 0)).await;
            assert_eq!(failures(&records, &outcomes).unwrap(), ids(0..3));
            let outcomes = redelivered(&world.function(service(&script)), &records).await;
            assert_eq!(outcomes, [Outcome::Applied; 3], "nothing of it was written");
        }
    }
}

/// A lease that cannot be released ends by itself. The record has failed, and the invocation
/// answers.
pub async fn s20_a_release_without_an_answer_costs_no_answer(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let line = world.line();
    let script = Script::new({
        let line = line.clone();
        move |_| {
            line.fall_silent();
            std::future::pending()
        }
    });
    let function = world.function_on(line, charging(&script), waxseal::Settings::default());
    let records = records(1);
    let batches = Batches::new(function.engine.clone(), RecordedDeadLetters::default(), Policy::default());
    let entered = script.clone();
    let outcomes = answered(&batches, &records, ending(move || entered.runs() == 1)).await;
    assert_eq!(failures(&records, &outcomes).unwrap(), ids(0..1));
    assert_eq!(function.line.waiting(), 1, "the release was tried");
}

/// A dead-letter queue does not answer: its record has failed, and is not lost.
pub async fn s20_a_dead_letter_without_an_answer_fails_its_record_alone(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let script = Script::deciding(|entered| match &*entered.event {
        "o-1" => Err(Fault::permanent("the address does not exist")),
        _ => Ok(()),
    });
    let function = world.function(announcing(&script));
    let records = records(3);
    let batches = Batches::new(function.engine.clone(), RecordedDeadLetters::silent(), Policy::default());
    let line = function.line.clone();
    let outcomes = answered(&batches, &records, ending(move || line.answered() == 2)).await;
    assert_eq!(failures(&records, &outcomes).unwrap(), ids(1..2));
}

/// Queues that do not answer a visibility call change nothing of the response and do not delay it.
pub async fn s25_a_visibility_call_without_an_answer_holds_nothing_up(env: &impl ContractEnv) {
    let world = World::of(env).await;
    let script = Script::failing(&["o-0", "o-2"]);
    let function = world.function(announcing(&script));
    let records = records(3);
    let delays = Delays::silent();
    let batches = Batches::new(function.engine.clone(), RecordedDeadLetters::default(), Policy::default());
    let batches = batches.delayed(delays.clone());
    let told = delays.clone();
    let outcomes = answered(&batches, &records, ending(move || told.is_told())).await;
    assert_eq!(failures(&records, &outcomes).unwrap(), ["m-0", "m-2"]);
    assert_eq!(delays.take().len(), 2);
}

/// The outcomes of a later delivery of the same records.
async fn redelivered(function: &Function<impl Table>, records: &[Record]) -> Vec<Outcome> {
    let mut outcomes = Vec::with_capacity(records.len());
    for n in 0..records.len() {
        outcomes.push(function.deliver(&order(n)).await.unwrap());
    }
    outcomes
}

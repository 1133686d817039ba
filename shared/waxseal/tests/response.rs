//! The answer to Lambda, and the failures of a user's code that must not fail a batch.

// Helpers unwrap like the tests that they help.
#![allow(clippy::unwrap_used)]

mod support;

use std::{borrow::Cow, convert::Infallible, sync::Mutex};

use serde::{Deserialize, Serialize};
use support::{Card, PaymentRequested, engine, payment, record};
use waxseal::{
    Aggregate, Decide, Entity, Envelope, Fault, Out, Refusal, Service,
    batch::{Batches, Policy, Record, RecordOutcome, failures},
};
use waxseal_testing::{RecordedDeadLetters, block_on};

fn failed() -> RecordOutcome {
    RecordOutcome::Failed { reason: "the gateway answered 503".into(), retry_after: None }
}

fn records(ids: &[&str]) -> Vec<Record> {
    ids.iter().map(|id| record(id, payment("e-1", "{}"))).collect()
}

#[test]
fn s4_a_record_without_an_id_fails_the_invocation() {
    let error = failures(&records(&["m-1", ""]), &[RecordOutcome::Done(None), RecordOutcome::Done(None)])
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "record 1 has no id, so it cannot be reported as failed: the whole invocation fails instead"
    );
}

#[test]
fn s5_a_failed_id_appears_once_in_input_order() {
    let outcomes = [failed(), RecordOutcome::Done(None), RecordOutcome::Blocked, failed(), failed()];
    assert_eq!(failures(&records(&["c", "b", "a", "c", "b"]), &outcomes).unwrap(), ["c", "a", "b"]);
    let dead_letter = RecordOutcome::DeadLettered { reason: "no such SKU".into() };
    assert!(failures(&records(&["a", "b"]), &[RecordOutcome::Done(None), dead_letter]).unwrap().is_empty());
}

#[test]
fn s22_a_record_without_a_verdict_is_a_failure() {
    assert_eq!(failures(&records(&["a", "b", "c"]), &[RecordOutcome::Done(None)]).unwrap(), ["b", "c"]);
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Account {
    spent: u64,
}
impl Entity for Account {
    const KIND: &'static str = "account";
}

/// Books payments to one account. It panics instead of naming the account.
#[derive(Default)]
struct Book {
    fails: bool,
    runs: Mutex<Vec<String>>,
}
impl Aggregate for &'static Book {
    const NAME: &'static str = "book";
    type State = Account;
    type Decides = (PaymentRequested,);
    type Emits = ();
    type Refusal = Infallible;
}
impl Decide<PaymentRequested> for &'static Book {
    fn key(event: &PaymentRequested) -> Cow<'_, str> {
        assert!(event.amount != 666, "no account for {}", event.order);
        Cow::Borrowed("house")
    }
    fn decide(
        &self,
        account: &mut Option<Account>,
        event: &Envelope<PaymentRequested>,
        _: &mut Out<Self>,
    ) -> Result<(), Refusal<Infallible>> {
        let account = account.get_or_insert_default();
        self.runs.lock().unwrap().push(event.id.clone());
        if self.fails {
            return Err(Fault::retry("the books are closed").into());
        }
        account.spent += match event.data.card {
            Card::Visa => event.data.amount,
            Card::Amex => event.data.amount * 2,
        };
        Ok(())
    }
}

fn book(fails: bool) -> (&'static Book, Service) {
    let book: &'static Book = Box::leak(Box::new(Book { fails, runs: Mutex::default() }));
    (book, Service::new("payment").aggregate(book))
}

fn amount(id: &str, amount: u32) -> Record {
    record(&format!("m-{id}"), payment(id, &format!(r#"{{"order":"o-7","amount":{amount},"card":"visa"}}"#)))
}

#[test]
fn s6_a_panic_while_finding_the_entity_is_one_failed_record() {
    let (_, service) = book(false);
    let (engine, _) = engine(service);
    let records = [amount("e-1", 100), amount("e-2", 666), amount("e-3", 10)];
    let batches = Batches::new(engine.clone(), RecordedDeadLetters::default(), Policy::default());
    let outcomes = block_on(batches.run(&records, None));
    assert_eq!(failures(&records, &outcomes).unwrap(), ["m-e-2"]);
    let RecordOutcome::Failed { reason, .. } = &outcomes[1] else { panic!("{outcomes:?}") };
    assert_eq!(reason, "the handler panicked: [18 bytes withheld: only a dead letter shows them]");
    assert_eq!(block_on(engine.read::<Account>("house")).unwrap().unwrap().spent, 110);
}

#[test]
fn s17_copies_share_their_outcome_among_10_000_records_of_one_entity() {
    let (book, service) = book(true);
    let (engine, _) = engine(service);
    // Each event comes twice, all concern one entity, and all fail.
    let records: Vec<_> = (0..10_000).map(|n| amount(&format!("e-{}", n % 5_000), 5)).collect();
    let outcomes =
        block_on(Batches::new(engine, RecordedDeadLetters::default(), Policy::default()).run(&records, None));
    assert!(outcomes.iter().all(RecordOutcome::is_failed));
    assert_eq!(book.runs.lock().unwrap().len(), 5_000);
}

#[test]
fn s16_two_payloads_under_one_id_in_one_batch_do_not_share_an_outcome() {
    let (book, service) = book(true);
    let (engine, _) = engine(service);
    let records = [amount("e-1", 100), amount("e-1", 200), amount("e-1", 100)];
    block_on(Batches::new(engine, RecordedDeadLetters::default(), Policy::default()).run(&records, None));
    assert_eq!(book.runs.lock().unwrap().len(), 2);
}

/// Checks the bound of Lambda's runtime on futures.
fn must_be_send<T: Send>(future: T) -> T {
    future
}

#[test]
fn s23_futures_may_change_threads() {
    let (_, service) = book(false);
    let (engine, _) = engine(service);
    let raw = payment("e-1", r#"{"order":"o-7","amount":5,"card":"visa"}"#);
    assert!(block_on(must_be_send(engine.handle(&raw))).is_ok());
    assert!(block_on(must_be_send(engine.read::<Account>("house"))).unwrap().is_some());
    let batches = Batches::new(engine, RecordedDeadLetters::default(), Policy::default());
    assert_eq!(block_on(must_be_send(batches.run(&[amount("e-2", 5)], None))).len(), 1);
}

#[test]
fn s23_invocations_at_once_share_nothing_of_a_batch() {
    let (_, service) = book(false);
    let (engine, _) = engine(service);
    let batches =
        std::sync::Arc::new(Batches::new(engine.clone(), RecordedDeadLetters::default(), Policy::default()));
    let invocations: Vec<_> = (0..8)
        .map(|n| {
            let batches = batches.clone();
            std::thread::spawn(move || {
                let records: Vec<_> =
                    (0..20).map(|m| amount(&format!("e-{n}-{m}"), if m == n { 666 } else { 1 })).collect();
                let outcomes = block_on(batches.run(&records, None));
                let failed: Vec<_> =
                    failures(&records, &outcomes).unwrap().into_iter().map(str::to_owned).collect();
                (n, failed, outcomes)
            })
        })
        .collect();
    for invocation in invocations {
        let (n, failed, outcomes) = invocation.join().unwrap();
        let expected = format!("m-e-{n}-{n}");
        // Contention may fail more records, with its own reason. The record that panicked fails in
        // its own batch alone.
        assert!(failed.contains(&expected), "{failed:?}");
        let panicked = outcomes.iter().filter(|outcome| match outcome {
            RecordOutcome::Failed { reason, .. } => reason.starts_with("the handler panicked"),
            _ => false,
        });
        assert_eq!(panicked.count(), 1, "{outcomes:?}");
    }
}

//! The committed samples have the form of Lambda's deliveries, and are handled.
#![allow(clippy::unwrap_used, reason = "a panic is a test's verdict")]

use order_events::testing::Memory;
use waxseal::batch::{Batches, Policy};
use waxseal_lambda::{Function, Invocation, Invoke};

#[tokio::test]
async fn the_sample_event_sends_a_mail() {
    let (memory, mails) = (Memory::new(), notification::Memory::default());
    let sender = "orders@waxseal.example".parse().unwrap();
    let engine = memory.engine(notification::service(mails.clone(), sender));
    let function = Function::new(Batches::new(engine, memory.clone(), Policy::default()));
    let event = include_bytes!("../samples/order-confirmed.json");
    let answer = function.invoke(event, &Invocation::default()).await.unwrap();
    assert_eq!(answer, br#"{"batchItemFailures":[]}"#);
    assert!(memory.dead_letters().is_empty(), "{:?}", memory.dead_letters());
    let mails: Vec<_> = mails.mails().into_values().map(|mail| String::from_utf8(mail).unwrap()).collect();
    assert!(mails.len() == 1 && mails[0].contains("<zoe.nunez@example.es>"), "{mails:?}");
}

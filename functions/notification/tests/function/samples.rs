//! The committed samples have the form of Lambda's deliveries, and are handled.

use waxseal::batch::Policy;
use waxseal_lambda::{Function, Invocation, Invoke};
use waxseal_testing::Fixture;

#[tokio::test]
async fn the_sample_event_sends_a_mail() {
    let (fixture, mails) = (Fixture::default(), notification::Memory::default());
    let sender = "orders@waxseal.example".parse().unwrap();
    let engine = fixture.engine(notification::service(mails.clone(), sender));
    let function = Function::new(fixture.batches(engine, Policy::default()));
    let event = include_bytes!("../../samples/order-confirmed.json");
    let answer = function.invoke(event, &Invocation::default()).await.unwrap();
    assert_eq!(answer, br#"{"batchItemFailures":[]}"#);
    assert!(fixture.dead_letters.recorded().is_empty(), "{:?}", fixture.dead_letters.recorded());
    let mails: Vec<_> = mails.mails().into_values().map(|mail| String::from_utf8(mail).unwrap()).collect();
    assert!(mails.len() == 1 && mails[0].contains("<zoe.nunez@example.es>"), "{mails:?}");
}

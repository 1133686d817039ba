//! The committed sample has the form of Lambda's delivery, and is handled.

use order_events::{PackageScanned, PackageShipped, Style};
use waxseal::batch::Policy;
use waxseal_lambda::{Function, Invocation, Invoke};
use waxseal_testing::{Fixture, of_kind};

#[tokio::test]
async fn the_sample_event_ships_an_order() {
    let fixture = Fixture::default();
    let engine = fixture.engine(shipping::service(Style::Choreography));
    let function = Function::new(fixture.batches(engine, Policy::default()));
    let event = include_bytes!("../../samples/order-confirmed.json");
    let answer = function.invoke(event, &Invocation::default()).await.unwrap();
    assert_eq!(answer, br#"{"batchItemFailures":[]}"#);
    assert!(fixture.dead_letters.recorded().is_empty(), "{:?}", fixture.dead_letters.recorded());
    let emitted = fixture.table.take_emitted();
    assert_eq!(of_kind::<PackageShipped>(&emitted)[0].order_id, "ord-2026-104711");
    assert!(of_kind::<PackageScanned>(&emitted).is_empty());
}

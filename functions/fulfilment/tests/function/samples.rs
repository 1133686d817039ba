//! The committed sample has the form of Lambda's delivery, and is handled.

use fulfilment::Deadlines;
use order_events::ReserveStock;
use waxseal::batch::Policy;
use waxseal_lambda::{Function, Invocation, Invoke};
use waxseal_testing::{Fixture, of_kind};

#[tokio::test]
async fn the_sample_event_begins_an_order() {
    let fixture = Fixture::default();
    let engine = fixture.engine(fulfilment::service(Deadlines::default()));
    let function = Function::new(fixture.batches(engine, Policy::default()));
    let event = include_bytes!("../../samples/order-placed.json");
    let answer = function.invoke(event, &Invocation::default()).await.unwrap();
    assert_eq!(answer, br#"{"batchItemFailures":[]}"#);
    assert!(fixture.dead_letters.recorded().is_empty(), "{:?}", fixture.dead_letters.recorded());
    // Version 2 and version 1, with an order each.
    let commands = of_kind::<ReserveStock>(&fixture.table.take_emitted());
    let mut orders: Vec<_> = commands.iter().map(|command| &*command.order_id).collect();
    orders.sort_unstable();
    assert_eq!(orders, ["ord-2026-104711", "ord-2026-104712"]);
}

//! The committed samples have the form of Lambda's deliveries, and are handled.

use inventory::{Stock, receive, stock_file::parse_lines};
use order_events::{StockReserved, Style};
use waxseal::batch::Policy;
use waxseal_lambda::{Function, Invocation, Invoke};
use waxseal_testing::{Fixture, of_kind};

const STOCK: &[u8] = include_bytes!("../../samples/stock.jsonl");
const EVENT: &[u8] = include_bytes!("../../samples/order-placed.json");

#[tokio::test]
async fn the_sample_event_reserves_from_the_sample_stock() {
    let fixture = Fixture::default();
    let engine = fixture.engine(inventory::service(Style::Choreography));
    let lines = parse_lines(STOCK);
    assert_eq!(lines.len(), 40);
    for (number, line) in lines {
        let line = line.unwrap_or_else(|bad| panic!("line {number}: {bad}"));
        receive(&engine, &line).await.unwrap();
    }
    let before = engine.read::<Stock>("tee-organic-m").await.unwrap().unwrap().on_hand;
    let _ = fixture.table.take_emitted();
    let function = Function::new(fixture.batches(engine.clone(), Policy::default()));
    let answer = function.invoke(EVENT, &Invocation::default()).await.unwrap();
    assert_eq!(answer, br#"{"batchItemFailures":[]}"#);
    assert!(fixture.dead_letters.recorded().is_empty(), "{:?}", fixture.dead_letters.recorded());
    // Version 2 and version 1, with an order each.
    let mut orders: Vec<_> = of_kind::<StockReserved>(&fixture.table.take_emitted())
        .into_iter()
        .map(|event| (event.order_id, event.total))
        .collect();
    orders.sort();
    assert_eq!(orders, [("ord-2026-104711".to_owned(), 5230), ("ord-2026-104712".to_owned(), 5230)]);
    let after = engine.read::<Stock>("tee-organic-m").await.unwrap().unwrap();
    assert_eq!((after.on_hand, after.reserved), (before - 4, 4));
}

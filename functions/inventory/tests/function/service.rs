//! `inventory` as a whole, on a table in memory.

use std::collections::BTreeMap;

use inventory::{MOST_SKUS, Reservation, ReservationStatus, Stock, Unfit, receive, stock_file::StockLine};
use order_events::{
    CancelReason, Currency, OrderCancelled, OrderPlaced, StockLevelChanged, StockReserved, StockShort, Style,
    testing::{customer, placed},
};
use proptest::prelude::*;
use waxseal::{Engine, Failure, Outcome, Raw, Rejected, Timestamp};
use waxseal_testing::{Fixture, of_kind, raw};

fn cancelled(order_id: &str) -> OrderCancelled {
    OrderCancelled {
        order_id: order_id.to_owned(),
        reason: CancelReason::Customer,
        customer: customer(),
        total: 100,
        currency: Currency::EUR,
        cancelled_at: Timestamp::UNIX_EPOCH,
    }
}

async fn stocked(fixture: &Fixture, stock: &[(&str, u64)]) -> Engine {
    let engine = fixture.engine(inventory::service(Style::Choreography));
    for (sku, on_hand) in stock {
        receive(&engine, &StockLine { sku: (*sku).to_owned(), on_hand: *on_hand }).await.unwrap();
    }
    let _ = fixture.table.take_emitted();
    engine
}

async fn level(engine: &Engine, sku: &str) -> (u64, u64) {
    let stock = engine.read::<Stock>(sku).await.unwrap().unwrap();
    (stock.on_hand, stock.reserved)
}

#[tokio::test]
async fn an_order_is_reserved_whole_with_repeated_lines_summed() {
    let fixture = Fixture::default();
    let engine = stocked(&fixture, &[("tee", 5), ("mug-é", 1)]).await;
    let order = placed("o-1", &[("tee", 2, 1250), ("mug-é", 1, 800), ("tee", 3, 1250)]);
    let event = raw("e-1", order);
    assert_eq!(engine.handle(&event).await.unwrap(), Outcome::Applied);
    assert_eq!((level(&engine, "tee").await, level(&engine, "mug-é").await), ((0, 5), (0, 1)));
    let emitted = fixture.table.take_emitted();
    let reserved = of_kind::<StockReserved>(&emitted);
    assert_eq!(reserved.len(), 1);
    assert_eq!((reserved[0].total, reserved[0].payment_token.as_str()), (5 * 1250 + 800, "tok_visa"));
    assert_eq!(of_kind::<StockLevelChanged>(&emitted).len(), 2);
    assert_eq!(engine.handle(&event).await.unwrap(), Outcome::Duplicate);
    // A publisher sends the same order twice, under another event id.
    engine.handle(&raw("e-2", placed("o-1", &[("tee", 1, 1)]))).await.unwrap();
    assert_eq!((level(&engine, "tee").await, fixture.table.take_emitted().len()), ((0, 5), 0));
}

#[tokio::test]
async fn too_little_of_one_article_reserves_nothing_of_any() {
    let fixture = Fixture::default();
    let engine = stocked(&fixture, &[("tee", 5), ("mug", 1)]).await;
    let order = placed("o-1", &[("tee", 1, 1), ("mug", 2, 1), ("unknown", 1, 1)]);
    engine.handle(&raw("e-1", order)).await.unwrap();
    let emitted = fixture.table.take_emitted();
    let short = &of_kind::<StockShort>(&emitted)[0].short;
    let short: Vec<_> = short.iter().map(|line| (line.sku.as_str(), line.wanted, line.on_hand)).collect();
    assert_eq!(short, [("mug", 2, 1), ("unknown", 1, 0)]);
    assert_eq!((emitted.len(), level(&engine, "tee").await), (1, (5, 0)));
    engine.handle(&raw("e-2", cancelled("o-1"))).await.unwrap();
    assert!(fixture.table.take_emitted().is_empty());
}

#[tokio::test]
async fn a_cancelled_order_gives_back_what_it_had_once() {
    let fixture = Fixture::default();
    let engine = stocked(&fixture, &[("tee", 5)]).await;
    engine.handle(&raw("e-1", placed("o-1", &[("tee", 2, 1)]))).await.unwrap();
    for id in ["e-2", "e-2", "e-3"] {
        engine.handle(&raw(id, cancelled("o-1"))).await.unwrap();
    }
    assert_eq!(level(&engine, "tee").await, (5, 0));
    assert_eq!(of_kind::<StockLevelChanged>(&fixture.table.take_emitted()).len(), 2);
}

#[tokio::test]
async fn an_order_that_is_cancelled_before_it_is_known_reserves_nothing() {
    let fixture = Fixture::default();
    let engine = stocked(&fixture, &[("tee", 5)]).await;
    engine.handle(&raw("e-2", cancelled("o-1"))).await.unwrap();
    engine.handle(&raw("e-1", placed("o-1", &[("tee", 2, 1)]))).await.unwrap();
    assert_eq!((level(&engine, "tee").await, fixture.table.take_emitted().len()), ((5, 0), 0));
    let reservation = engine.read::<Reservation>("o-1").await.unwrap().unwrap();
    assert_eq!(reservation.status, ReservationStatus::CancelledFirst);
}

#[tokio::test]
async fn c2_more_skus_than_a_transaction_takes_are_refused_with_a_type() {
    let fixture = Fixture::default();
    let skus: Vec<String> = (0..=MOST_SKUS).map(|n| format!("sku-{n}")).collect();
    let stock: Vec<_> = skus.iter().map(|sku| (sku.as_str(), 1)).collect();
    let engine = stocked(&fixture, &stock).await;
    let lines: Vec<_> = skus.iter().map(|sku| (sku.as_str(), 1, 1)).collect();
    let Err(Failure::Fault(fault)) = engine.handle(&raw("e-1", placed("o-1", &lines))).await else {
        panic!("it was reserved");
    };
    assert!(fault.is_permanent());
    assert_eq!(fault.reason().downcast_ref::<Unfit>(), Some(&Unfit::TooManySkus(MOST_SKUS + 1)));
    engine.handle(&raw("e-2", placed("o-2", &lines[1..]))).await.unwrap();
    assert_eq!(level(&engine, "sku-98").await, (0, 1));
    let Err(Failure::Fault(fault)) = engine.handle(&raw("e-3", placed("o-3", &[]))).await else {
        panic!("nothing was reserved");
    };
    assert_eq!(fault.reason().downcast_ref::<Unfit>(), Some(&Unfit::Empty));
}

#[tokio::test]
async fn the_first_stock_is_taken_in_once_however_often_the_file_is_read() {
    let fixture = Fixture::default();
    let engine = stocked(&fixture, &[("tee", 5)]).await;
    let line = |on_hand| StockLine { sku: "tee".to_owned(), on_hand };
    assert!(receive(&engine, &line(5)).await.unwrap().is_repeated());
    assert!(matches!(receive(&engine, &line(6)).await, Err(Rejected::KeyReused)));
    assert_eq!(level(&engine, "tee").await, (5, 0));
}

#[tokio::test]
async fn version_1_of_order_placed_is_reserved_in_euros() {
    let fixture = Fixture::default();
    let engine = stocked(&fixture, &[("tee", 5)]).await;
    let v1 = Raw::parse(
        r#"{"eventId":"e1","eventType":"order.placed","eventVersion":1,"source":"orders","timestamp":"2026-11-21T09:30:00Z",
        "data":{"orderId":"o-1","customer":{"id":"c-1","name":"N","email":"n@example.com"},
        "lines":[{"sku":"tee","quantity":1,"unitPrice":5}],"paymentToken":"tok_visa"}}"#,
    )
    .unwrap();
    engine.handle(&v1).await.unwrap();
    assert_eq!(of_kind::<StockReserved>(&fixture.table.take_emitted())[0].currency, Currency::EUR);
}

const SKUS: [&str; 3] = ["cap", "mug", "tee"];

/// Orders of a few lines, some of them cancelled. Each event comes up to three times, under one id
/// or several, in any order.
fn story() -> impl Strategy<Value = (Vec<OrderPlaced>, Vec<bool>, Vec<Raw>)> {
    let line = (0usize..3, 1u32..4);
    let order = (proptest::collection::vec(line, 1..4), any::<bool>(), 1usize..3, any::<bool>());
    proptest::collection::vec(order, 1..6).prop_flat_map(|orders| {
        let (mut all, mut ends, mut events) = (Vec::new(), Vec::new(), Vec::new());
        for (n, (lines, ends_early, copies, same_id)) in orders.into_iter().enumerate() {
            let lines: Vec<_> = lines.into_iter().map(|(sku, quantity)| (SKUS[sku], quantity, 10)).collect();
            let order = placed(&format!("o-{n}"), &lines);
            for copy in 0..copies {
                let id = |kind: &str| format!("{kind}-{n}-{}", if same_id { 0 } else { copy });
                events.push(raw(&id("placed"), order.clone()));
                events.extend(ends_early.then(|| raw(&id("cancelled"), cancelled(&order.order_id))));
            }
            all.push(order);
            ends.push(ends_early);
        }
        (Just(all), Just(ends), Just(events).prop_shuffle())
    })
}

proptest! {
    #[test]
    fn stock_is_never_lost_whatever_comes_in_whatever_order((orders, ends, events) in story()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let fixture = Fixture::default();
            let engine = stocked(&fixture, &SKUS.map(|sku| (sku, 5))).await;
            for event in &events {
                engine.handle(event).await.unwrap();
            }
            let mut expected: BTreeMap<String, u64> = BTreeMap::new();
            for (order, ended) in orders.iter().zip(&ends) {
                let reservation = engine.read::<Reservation>(&order.order_id).await.unwrap().unwrap();
                let is_reserved = reservation.status == ReservationStatus::Reserved;
                prop_assert!(!(*ended && is_reserved), "a cancelled order holds stock");
                prop_assert!(*ended || is_reserved || reservation.status == ReservationStatus::Short);
                if is_reserved {
                    for line in &order.lines {
                        *expected.entry(line.sku.clone()).or_default() += u64::from(line.quantity);
                    }
                }
            }
            for sku in SKUS {
                let (on_hand, reserved) = level(&engine, sku).await;
                prop_assert_eq!(on_hand + reserved, 5);
                prop_assert_eq!(reserved, expected.get(sku).copied().unwrap_or(0));
            }
            let emitted = fixture.table.take_emitted();
            for order in &orders {
                let reserved = of_kind::<StockReserved>(&emitted).into_iter().filter(|e| e.order_id == order.order_id);
                let short = of_kind::<StockShort>(&emitted).into_iter().filter(|e| e.order_id == order.order_id);
                prop_assert!(reserved.count() + short.count() <= 1);
            }
            Ok(())
        })?;
    }
}

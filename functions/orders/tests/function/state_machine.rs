//! The order ends the same, whatever the order and number of what it hears.

use order_events::{
    Currency, OrderCancelled, OrderConfirmed, OrderRefundDue, PaymentCaptured, PaymentDeclined,
    StockReserved, StockShort, Style,
};
use orders::{CancelOrder, Refused, Status, Submission, find, submission::parse_line, submit};
use proptest::prelude::*;
use waxseal::{Engine, Failure, Raw};
use waxseal_testing::{Fixture, of_kind, raw};

/// The answers of the other services to an order.
#[derive(Debug, Clone, Copy)]
enum World {
    Short,
    Captured,
    Declined,
}

fn submission() -> Submission {
    parse_line(
        r#"{"key":"k-1","version":2,"order":{"orderId":"o-1","customer":{"id":"c-1","name":"Núñez","email":"n@example.com"},
        "lines":[{"sku":"tee","quantity":2,"unitPrice":1250}],"currency":"EUR","paymentToken":"tok_visa"}}"#,
    )
    .unwrap()
}

fn heard(kind: &str, id: &str) -> Raw {
    let order_id = "o-1".to_owned();
    let (currency, payment_token) = (Currency::EUR, "tok_visa".to_owned());
    match kind {
        "reserved" => raw(id, StockReserved { order_id, total: 2500, currency, payment_token }),
        "short" => raw(id, StockShort { order_id, short: vec![] }),
        "captured" => raw(id, PaymentCaptured { order_id, amount: 2500, currency, charge_id: None }),
        "declined" => raw(id, PaymentDeclined { order_id, reason: "insufficient_funds".into() }),
        "cancel" => raw(id, CancelOrder { order_id }),
        other => panic!("{other}"),
    }
}

/// All events of one order, each up to three times (under the same id or under another), in any
/// order.
fn story() -> impl Strategy<Value = (World, bool, Vec<Raw>)> {
    let world = prop_oneof![Just(World::Short), Just(World::Captured), Just(World::Declined)];
    (world, any::<bool>(), proptest::collection::vec((1usize..=3, any::<bool>()), 3)).prop_flat_map(
        |(world, cancelled, copies)| {
            let mut kinds = match world {
                World::Short => vec!["short"],
                World::Captured => vec!["reserved", "captured"],
                World::Declined => vec!["reserved", "declined"],
            };
            kinds.extend(cancelled.then_some("cancel"));
            let mut heard_of = Vec::new();
            for (kind, (count, same_id)) in kinds.into_iter().zip(copies) {
                heard_of.extend((0..count).map(|copy| {
                    heard(kind, &if same_id { kind.to_owned() } else { format!("{kind}-{copy}") })
                }));
            }
            (Just(world), Just(cancelled), Just(heard_of).prop_shuffle())
        },
    )
}

async fn tell(engine: &Engine, message: &Raw) {
    match engine.handle(message).await {
        Ok(_) => {}
        // Only a late cancellation may be refused.
        Err(Failure::Fault(fault)) if message.name == "cancel-order" => {
            assert!(fault.reason().is::<Refused>(), "{fault}");
        }
        Err(failure) => panic!("{failure}"),
    }
}

proptest! {
    #[test]
    fn an_order_ends_confirmed_or_cancelled_and_money_for_a_cancelled_one_goes_back((world, cancelled, messages) in story()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let fixture = Fixture::default();
            let engine = fixture.engine(orders::service(Style::Choreography));
            submit(&engine, &submission(), Default::default()).await.unwrap();
            for message in &messages {
                tell(&engine, message).await;
            }
            let order = find(&engine, "o-1").await.unwrap().unwrap();
            let emitted = fixture.table.take_emitted();
            let confirmed = of_kind::<OrderConfirmed>(&emitted);
            let ended = of_kind::<OrderCancelled>(&emitted);
            let refunds = of_kind::<OrderRefundDue>(&emitted);
            prop_assert_eq!(confirmed.len() + ended.len(), 1, "one end");
            prop_assert_eq!(order.status == Status::Confirmed, confirmed.len() == 1);
            let captured = matches!(world, World::Captured);
            prop_assert_eq!(refunds.len(), usize::from(captured && ended.len() == 1), "captured and cancelled");
            prop_assert_eq!(order.refund_due, refunds.len() == 1);
            if !cancelled {
                prop_assert_eq!(order.status == Status::Confirmed, captured);
            }
            let sums = confirmed.iter().map(|event| event.total).chain(refunds.iter().map(|event| event.amount));
            prop_assert!(sums.into_iter().all(|sum| sum == 2500));
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn s27_an_event_about_an_order_that_is_not_there_is_refused_for_good() {
    let engine = Fixture::default().engine(orders::service(Style::Choreography));
    let failure = engine.handle(&heard("captured", "e-1")).await.unwrap_err();
    assert!(failure.is_permanent());
    assert_eq!(failure.to_string(), "there is no order o-1");
}

#[test]
fn the_catalog_says_what_orders_does() {
    let service = orders::service(Style::Choreography);
    service.check().unwrap();
    let emits: std::collections::BTreeSet<_> =
        service.catalog().iter().flat_map(|entry| entry.emits).map(|declared| declared.name).collect();
    assert_eq!(
        emits.into_iter().collect::<Vec<_>>(),
        ["order.cancelled", "order.confirmed", "order.placed", "order.refund-due", "order.returned"]
    );
}

#[tokio::test]
async fn a_command_from_the_queue_obeys_the_rules_of_http() {
    let fixture = Fixture::default();
    let engine = fixture.engine(orders::service(Style::Choreography));
    let mut order = submission().order;
    order.lines[0].quantity = 0;
    let failure = engine.handle(&raw("c-1", order)).await.unwrap_err();
    assert!(failure.is_permanent());
    assert_eq!(failure.to_string(), "/lines/0/quantity must be a whole number from 1 to 1000000");
    engine.handle(&raw("c-2", submission().order)).await.unwrap();
    assert_eq!(find(&engine, "o-1").await.unwrap().unwrap().status, Status::Placed);
}

//! `analytics` as a whole, on a table in memory.

use analytics::{Level, Subject, Tally, total};
use order_events::{
    CancelReason, Currency, OrderCancelled, OrderConfirmed, PaymentRefunded, StockLevelChanged,
    testing::{customer, placed},
};
use proptest::prelude::*;
use waxseal::{Raw, Timestamp};
use waxseal_testing::{Fixture, raw};

fn level(id: &str, sku: &str, on_hand: u64) -> Raw {
    raw(id, StockLevelChanged { sku: sku.to_owned(), on_hand, reserved: 0 })
}

#[tokio::test]
async fn orders_are_counted_by_day_and_currency_each_once() {
    let fixture = Fixture::default();
    let engine = fixture.engine(analytics::service());
    let day: Timestamp = "2026-11-21T23:59:59.999Z".parse().unwrap();
    for n in 0..20 {
        let mut order = placed(&format!("o-{n}"), &[("tee", 2, 1250)]);
        order.placed_at = Some(day);
        let event = raw(&format!("e-{n}"), order);
        engine.handle(&event).await.unwrap();
        engine.handle(&event).await.unwrap();
    }
    let mut yen = placed("o-yen", &[("tee", 1, 980)]);
    (yen.currency, yen.placed_at) = ("JPY".parse().unwrap(), Some(day));
    engine.handle(&raw("e-yen", yen)).await.unwrap();
    let counted = total(&engine.view(), Subject::Placed(Currency::EUR), Some(day)).await.unwrap();
    assert_eq!(counted, Tally { orders: 20, pieces: 0, sum: 50_000 });
    let next = "2026-11-22T00:00:00Z".parse().unwrap();
    assert_eq!(
        total(&engine.view(), Subject::Placed(Currency::EUR), Some(next)).await.unwrap(),
        Tally::default()
    );
    // There are 21 receipts, and more than one row for each of the rest.
    assert!(fixture.table.items().iter().count() > 21 + 4, "{}", fixture.table.items().iter().count());
}

#[tokio::test]
async fn ends_are_counted_by_reason_and_revenue_is_summed() {
    let fixture = Fixture::default();
    let engine = fixture.engine(analytics::service());
    let at: Timestamp = "2026-11-21T09:30:00Z".parse().unwrap();
    let (currency, order_id) = (Currency::EUR, "o-1".to_owned());
    let confirmed = OrderConfirmed {
        order_id: order_id.clone(),
        customer: customer(),
        total: 99,
        currency,
        confirmed_at: at,
        ship_to: None,
    };
    engine.handle(&raw("e-1", confirmed)).await.unwrap();
    let reason = CancelReason::Declined;
    let cancelled =
        OrderCancelled { order_id, reason, customer: customer(), total: 7, currency, cancelled_at: at };
    engine.handle(&raw("e-2", cancelled)).await.unwrap();
    for (subject, sum) in [
        (Subject::Confirmed(currency), Some(99)),
        (Subject::Cancelled(reason, currency), Some(7)),
        (Subject::Cancelled(CancelReason::Short, currency), None),
    ] {
        let expected = Tally { orders: sum.iter().count() as u64, pieces: 0, sum: sum.unwrap_or(0) };
        assert_eq!(total(&engine.view(), subject, Some(at)).await.unwrap(), expected);
    }
}

#[tokio::test]
async fn refunds_are_summed_by_currency_each_once() {
    let engine = Fixture::default().engine(analytics::service());
    for n in 0..20 {
        let (currency, refund_id) = (Currency::EUR, Some(format!("re_{n}")));
        let refunded = PaymentRefunded { order_id: format!("o-{n}"), amount: 1250, currency, refund_id };
        let event = raw(&format!("e-{n}"), refunded);
        engine.handle(&event).await.unwrap();
        engine.handle(&event).await.unwrap();
    }
    let counted =
        total(&engine.view(), Subject::Refunded(Currency::EUR), Some(Timestamp::UNIX_EPOCH)).await.unwrap();
    assert_eq!(counted, Tally { orders: 20, pieces: 0, sum: 25_000 });
}

#[tokio::test]
async fn version_1_did_not_say_when_and_is_counted_apart() {
    let engine = Fixture::default().engine(analytics::service());
    let v1 = Raw::parse(
        r#"{"eventId":"e1","eventType":"order.placed","eventVersion":1,"source":"orders","timestamp":"2026-11-21T09:30:00Z",
        "data":{"orderId":"o-1","customer":{"id":"c-1","name":"N","email":"n@example.com"},
        "lines":[{"sku":"tee","quantity":1,"unitPrice":5}],"paymentToken":"tok_visa"}}"#,
    )
    .unwrap();
    engine.handle(&v1).await.unwrap();
    let counted = total(&engine.view(), Subject::Placed(Currency::EUR), None).await.unwrap();
    assert_eq!(counted, Tally { orders: 1, pieces: 0, sum: 5 });
}

#[tokio::test]
async fn a_sum_that_does_not_fit_is_refused_and_not_wrapped() {
    let engine = Fixture::default().engine(analytics::service());
    let confirmed = |total| OrderConfirmed {
        order_id: "o-1".to_owned(),
        customer: customer(),
        total,
        currency: Currency::EUR,
        confirmed_at: Timestamp::UNIX_EPOCH,
        ship_to: None,
    };
    engine.handle(&raw("e-1", confirmed(u64::MAX))).await.unwrap();
    let failure = engine.handle(&raw("e-2", confirmed(1))).await.unwrap_err();
    assert!(failure.is_permanent() && failure.to_string().contains("64 bits"), "{failure}");
}

proptest! {
    #[test]
    fn levels_are_the_same_in_whatever_order_and_however_often_they_are_heard(
        (levels, heard) in proptest::collection::vec(0u64..100, 1..8).prop_flat_map(|levels| {
            let twice: Vec<_> = (0..levels.len()).chain(0..levels.len()).collect();
            (Just(levels), Just(twice).prop_shuffle())
        })
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let engine = Fixture::default().engine(analytics::service());
            for index in heard {
                engine.handle(&level(&format!("e-{index}"), "tee", levels[index])).await.unwrap();
            }
            let expected = Level { changes: levels.len() as u64, lowest: levels.iter().min().copied() };
            prop_assert_eq!(engine.read::<Level>("tee").await.unwrap(), Some(expected));
            Ok(())
        })?;
    }
}

//! The committed samples have the form of Lambda's deliveries, and are handled.

use analytics::{Level, Subject, Tally, total};
use order_events::{Currency, SalesOfDay, Totals};
use waxseal::batch::Policy;
use waxseal_lambda::{Function, Invocation, Invoke};
use waxseal_testing::Fixture;

#[tokio::test]
async fn the_sample_batch_is_counted_from_bus_and_topic() {
    let fixture = Fixture::default();
    let engine = fixture.engine(analytics::service());
    let function = Function::new(fixture.batches(engine.clone(), Policy::default()));
    let event = include_bytes!("../../samples/bus-and-topic.json");
    for _ in 0..2 {
        let answer = function.invoke(event, &Invocation::default()).await.unwrap();
        assert_eq!(answer, br#"{"batchItemFailures":[]}"#);
    }
    assert!(fixture.dead_letters.recorded().is_empty(), "{:?}", fixture.dead_letters.recorded());
    let day = Some("2026-11-21T09:30:00Z".parse().unwrap());
    for subject in [Subject::Placed(Currency::EUR), Subject::Confirmed(Currency::EUR)] {
        assert_eq!(
            total(&engine.view(), subject, day).await.unwrap(),
            Tally { orders: 1, pieces: 0, sum: 5230 }
        );
    }
    let sales = engine.get("/sales/2026-11-21/EUR", "sku=mug-stoneware-gr%C3%BCn").await.unwrap();
    let sales: SalesOfDay = serde_json::from_str(&sales.body).unwrap();
    let totals = Totals { orders: 1, sum: 5230 };
    assert_eq!((sales.placed, sales.confirmed, sales.cancelled), (totals, totals, Totals::default()));
    assert_eq!(sales.article.map(|article| article.orders), Some(1));
    let odd = engine.get("/sales/yesterday/EUR", "").await.unwrap();
    assert!(odd.status == 400 && odd.body.contains("2026-11-21"), "{}", odd.body);
    let level = engine.read::<Level>("mug-stoneware-grün").await.unwrap();
    assert_eq!(level, Some(Level { changes: 1, lowest: Some(39) }));
}

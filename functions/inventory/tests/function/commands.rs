//! `inventory` in orchestration: the commands of `fulfilment`, their undos, and returns.

use inventory::{Reservation, ReservationStatus, Stock, receive, stock_file::StockLine};
use order_events::{
    Currency, OrderReturned, ReleaseStock, ReserveStock, StockReleased, StockReserved, StockRestocked,
    StockShort, Style,
    testing::{customer, placed},
};
use waxseal::{Engine, Envelope, Message, Outcome, Raw, Timestamp, UNDOES, Undoes};
use waxseal_testing::{Fixture, of_kind, raw};

async fn stocked(fixture: &Fixture) -> Engine {
    let engine = fixture.engine(inventory::service(Style::Orchestration));
    let line = StockLine { sku: "größe-m".to_owned(), on_hand: 5 };
    receive(&engine, &line).await.unwrap();
    let _ = fixture.table.take_emitted();
    engine
}

fn reserve(order_id: &str, quantity: u32) -> Raw {
    let order = placed(order_id, &[("größe-m", quantity, 1250)]);
    let (lines, currency, payment_token) = (order.lines, order.currency, order.payment_token);
    sent(
        &format!("reserve-{order_id}"),
        ReserveStock { order_id: order.order_id, lines, currency, payment_token },
    )
}

fn release(order_id: &str) -> Raw {
    let mut undo = sent(&format!("release-{order_id}"), ReleaseStock { order_id: order_id.to_owned() });
    let undoes = Undoes {
        id: format!("reserve-{order_id}"),
        source: "fulfilment".to_owned(),
        sent: Timestamp::UNIX_EPOCH,
        is_acknowledged: false,
    };
    undo.metadata.insert(UNDOES.to_owned(), serde_json::to_value(undoes).unwrap());
    undo
}

fn sent<M: Message>(id: &str, data: M) -> Raw {
    Envelope::starting(id, "fulfilment", Timestamp::UNIX_EPOCH, data).into_raw().unwrap()
}

fn returned(id: &str, order_id: &str) -> Raw {
    let returned_at = Timestamp::UNIX_EPOCH;
    let (order_id, currency) = (order_id.to_owned(), Currency::EUR);
    raw(id, OrderReturned { order_id, customer: customer(), total: 2500, currency, returned_at })
}

async fn level(engine: &Engine) -> (u64, u64) {
    let stock = engine.read::<Stock>("größe-m").await.unwrap().unwrap();
    (stock.on_hand, stock.reserved)
}

#[tokio::test]
async fn a_command_reserves_as_the_event_does_and_its_undo_gives_back_once() {
    let fixture = Fixture::default();
    let engine = stocked(&fixture).await;
    engine.handle(&reserve("o-1", 2)).await.unwrap();
    assert_eq!(level(&engine).await, (3, 2));
    assert_eq!(of_kind::<StockReserved>(&fixture.table.take_emitted())[0].total, 2500);
    engine.handle(&reserve("o-2", 4)).await.unwrap();
    assert_eq!(of_kind::<StockShort>(&fixture.table.take_emitted())[0].short[0].wanted, 4);

    // Both are undone: one reservation held something.
    for order in ["o-1", "o-1", "o-2"] {
        engine.handle(&release(order)).await.unwrap();
    }
    assert_eq!(level(&engine).await, (5, 0));
    let released = of_kind::<StockReleased>(&fixture.table.take_emitted());
    assert_eq!(released.iter().map(|event| &*event.order_id).collect::<Vec<_>>(), ["o-1", "o-2"]);
}

#[tokio::test]
async fn s72_a_release_that_overtakes_its_command_answers_and_nothing_is_reserved_later() {
    let fixture = Fixture::default();
    let engine = stocked(&fixture).await;
    engine.handle(&release("o-1")).await.unwrap();
    assert_eq!(of_kind::<StockReleased>(&fixture.table.take_emitted()).len(), 1);
    assert_eq!(engine.handle(&reserve("o-1", 2)).await.unwrap(), Outcome::Duplicate);
    assert_eq!(level(&engine).await, (5, 0));
    assert!(fixture.table.take_emitted().is_empty());
}

#[tokio::test]
async fn a_returned_order_is_on_the_shelf_again_once() {
    let fixture = Fixture::default();
    let engine = stocked(&fixture).await;
    engine.handle(&reserve("o-1", 2)).await.unwrap();
    let _ = fixture.table.take_emitted();
    for id in ["r-1", "r-1", "r-2"] {
        engine.handle(&returned(id, "o-1")).await.unwrap();
    }
    assert_eq!(level(&engine).await, (5, 0));
    assert_eq!(of_kind::<StockRestocked>(&fixture.table.take_emitted()).len(), 1);
    let reservation = engine.read::<Reservation>("o-1").await.unwrap().unwrap();
    assert_eq!(reservation.status, ReservationStatus::Restocked);

    let failure = engine.handle(&returned("r-3", "o-2")).await.unwrap_err();
    assert!(failure.is_permanent());
    assert_eq!(failure.to_string(), "order o-2 was returned, but nothing was set aside for it");
}
